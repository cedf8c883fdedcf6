"""The content-addressed store and the folder of records."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
from pathlib import Path

import pytest

from mloc.runner import FileStore, Records, StoreError
from mloc.runner import store as store_module
from mloc.runner.failures import StepFailed
from mloc.runner.jsons import Json


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    (folder / "sub").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "sub" / "run").write_text("#!/bin/sh\n")
    (folder / "sub" / "run").chmod(0o755)
    (folder / "é\n").write_text("x")
    (folder / "link").symlink_to("é\n")
    return folder


def test_a_file_by_its_content(store: FileStore, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"hello")
    kept = store.put(path, {"file": "txt"})
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    assert kept == {
        "uri": (tmp_path / "store" / "objects" / digest[:2] / digest[2:]).as_uri(),
        "digest": f"sha256:{digest}",
        "size": 5,
        "type": {"file": "txt"},
    }
    assert store.put(path, {"file": "txt"}) == kept
    copy = store.get(kept, tmp_path)
    copy.write_text("changed")
    assert store.get(kept, tmp_path).read_text() == "hello"
    assert list((tmp_path / "store" / "unfinished").iterdir()) == []


def test_a_tree_keeps_names_and_executable_bits(store: FileStore, tree: Path, tmp_path: Path) -> None:
    kept = store.put(tree, "dir")
    copy = store.get(kept, tmp_path)
    assert sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*")) == ["link", "sub", "sub/run", "é\n"]
    assert os.access(copy / "sub" / "run", os.X_OK)
    assert store.put(copy, "dir") == kept
    (tree / "sub" / "run").chmod(0o644)
    assert store.put(tree, "dir")["digest"] != kept["digest"]


def test_what_no_tree_can_hold(store: FileStore, tree: Path) -> None:
    (tree / "loop").symlink_to(tree, target_is_directory=True)
    with pytest.raises(StoreError, match="loop is a link to a directory"):
        store.put(tree, "dir")
    (tree / "loop").unlink()
    os.mkfifo(tree / "pipe")
    with pytest.raises(StoreError, match="pipe is neither a file nor a directory"):
        store.put(tree, "dir")
    assert list((store.root / "unfinished").iterdir()) == []


def test_a_full_disk_is_said_clearly(store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    path.write_text("x")
    monkeypatch.setattr(store_module, "_pour", full)
    with pytest.raises(StoreError) as caught:
        store.put(path, {"file": None})
    assert str(caught.value) == f"`a` cannot be kept in the store {store.root}: No space left on device"
    assert list((store.root / "unfinished").iterdir()) == []


def test_a_changed_or_lost_object_is_noticed(store: FileStore, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("x")
    kept = store.put(path, {"file": None})
    target = store_module.file_path(str(kept["uri"]))
    target.chmod(0o644)
    target.write_text("y")
    with pytest.raises(StoreError, match="was changed: its content no longer has the digest"):
        store.get(kept, tmp_path)
    target.unlink()
    with pytest.raises(StoreError, match="is not in the store"):
        store.get(kept, tmp_path)
    with pytest.raises(StoreError, match="s3://x is not a file:// URI"):
        store.get({**kept, "uri": "s3://x"}, tmp_path)


def test_many_writers_of_one_object(store: FileStore, tree: Path) -> None:
    found: list[dict[str, Json]] = []
    threads = [threading.Thread(target=lambda: found.append(store.put(tree, "dir"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(each == found[0] for each in found)


def test_the_store_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOC_STORE", (tmp_path / "a b").as_uri())
    assert FileStore.from_environment().root == tmp_path / "a b"
    monkeypatch.delenv("MLOC_STORE")
    with pytest.raises(StoreError, match="MLOC_STORE does not name a store"):
        FileStore.from_environment()


def test_records_sort_by_time_and_never_collide(tmp_path: Path) -> None:
    records = Records(tmp_path / "r")
    threads = [threading.Thread(target=lambda: [records.skipped(f"s{n}", "s") for n in range(50)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records.attempt_failed("trials[3].fit", "trials[].fit", 2, "2024-01-01T00:00:00Z", StepFailed("oom", "m", 4), None)
    events = records.events()
    assert len(events) == 201
    assert {key: value for key, value in events[-1].items() if key != "finished"} == {
        "event": "attempt",
        "id": "trials[3].fit",
        "unit": "trials[].fit",
        "attempt": 2,
        "started": "2024-01-01T00:00:00Z",
        "status": "failed",
        "error": {"kind": "oom", "message": "m", "line": 4},
        "outputs": None,
        "log": None,
    }
    assert not list((tmp_path / "r").glob(".*"))
    assert all(json.loads(path.read_text()) for path in (tmp_path / "r").glob("*.json"))


def test_the_records_of_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLOC_RECORDS", raising=False)
    assert Records.from_environment().folder is None
    monkeypatch.setenv("MLOC_RECORDS", str(tmp_path / "x"))
    Records.from_environment().outputs({"n": 1})
    assert [event["event"] for event in Records(tmp_path / "x").events()] == ["outputs"]
    shutil.rmtree(tmp_path / "x")
