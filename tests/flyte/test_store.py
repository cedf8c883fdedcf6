"""Artifacts by flytekit's own file access, on a file system that is not the disk's."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("flytekit")

from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.data_persistence import FileAccessProvider

from mloc.runner.store import FileStore, StoreError
from mloc_flyte.vendored.store import FlyteStore

pytestmark = pytest.mark.engine


@pytest.fixture(params=["memory://bucket/raw", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[FlyteStore]:
    prefix = str(tmp_path / "raw") if request.param == "disk" else request.param
    access = FileAccessProvider(local_sandbox_dir=str(tmp_path / "sandbox"), raw_output_prefix=prefix)
    with FlyteContextManager.with_context(FlyteContextManager.current_context().with_file_access(access)):
        yield FlyteStore()


def test_a_file_comes_back(store: FlyteStore, tmp_path: Path) -> None:
    source = tmp_path / "näme.csv"
    source.write_bytes(b"\x00\xff" * 1000)
    kept = store.put(source, {"file": "csv"})
    assert kept["digest"] == FileStore(tmp_path / "other").put(source, {"file": "csv"})["digest"]
    assert (kept["size"], kept["type"]) == (2000, {"file": "csv"})
    assert store.get(kept, tmp_path).read_bytes() == source.read_bytes()


def test_a_folder_comes_back_with_its_executable_bits(store: FlyteStore, tmp_path: Path) -> None:
    source = tmp_path / "tree"
    (source / "in ner").mkdir(parents=True)
    (source / "in ner" / "run").write_text("#!/bin/sh\n")
    (source / "in ner" / "run").chmod(0o755)
    (source / "plain").write_text("")
    kept = store.put(source, "dir")
    assert kept["digest"] == FileStore(tmp_path / "other").put(source, "dir")["digest"]
    copy = store.get(kept, tmp_path)
    assert sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*")) == ["in ner", "in ner/run", "plain"]
    assert os.access(copy / "in ner" / "run", os.X_OK)
    assert not os.access(copy / "plain", os.X_OK)


def test_what_was_changed_is_refused(store: FlyteStore, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_text("x")
    kept = store.put(source, {"file": None})
    with pytest.raises(StoreError, match="no longer has the digest"):
        store.get({**kept, "digest": "sha256:0"}, tmp_path)


def test_what_is_not_there_is_said(store: FlyteStore, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be fetched"):
        store.get({"uri": str(tmp_path / "nowhere"), "digest": "sha256:0", "size": 0}, tmp_path)


def test_another_thread_uses_the_same_place(store: FlyteStore, tmp_path: Path) -> None:
    source = tmp_path / "file"
    source.write_text("x")
    uris: list[object] = []
    thread = threading.Thread(target=lambda: uris.append(store.put(source, {"file": None})["uri"]))
    thread.start()
    thread.join()
    prefix = str(store.put(source, {"file": None})["uri"]).rsplit("/", 2)[0]
    assert str(uris[0]).startswith(prefix)
