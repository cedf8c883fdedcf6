"""Artifacts in a pod: found where the launcher put them, placed where it uploads them from, and the same when they come back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mloc.runner.jsons import Json
from mloc.runner.store import StoreError
from mloc.runner.types import Dir, File, ListOf, Model, Optional, Type, type_json
from mloc_kfp.vendored.pods import PodStore, Slot, slots

URI = "minio://mlpipeline/v2/artifacts/p/1/task/out"


def _slot(path: Path, uri: str = URI) -> Slot:
    return Slot("out-artifact", uri, path, {})


def _tree(folder: Path, *, executable: bool) -> Path:
    tree = folder / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "run").write_text("#!/bin/sh\n", encoding="ascii")
    (tree / "bin" / "run").chmod(0o755 if executable else 0o644)
    (tree / "naïve name").write_text("x", encoding="ascii")
    return tree


def _through_a_bucket(source: Path, target: Path) -> None:
    """What an object store keeps of a file or tree: the files and their names, nothing else."""
    if source.is_file():
        shutil.copyfile(source, target)
        return
    for path in source.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def _sent(type_: Type, wire: Json, store: PodStore, tmp_path: Path) -> tuple[Json, PodStore]:
    """The value as the next task gets it, and that task's store."""
    made, given = tmp_path / "made", tmp_path / "given"
    placed = store.place(type_, wire, _slot(made))
    _through_a_bucket(made, given)
    return placed, PodStore({"in": _slot(given)}, tmp_path / "other")


def _store(tmp_path: Path) -> PodStore:
    return PodStore({}, tmp_path / "staging")


@pytest.mark.parametrize("executable", [False, True])
@pytest.mark.parametrize("type_", [Dir(), Model(None)])
def test_a_tree_comes_back_the_same(type_: Type, executable: bool, tmp_path: Path) -> None:
    store = _store(tmp_path)
    kept = store.put(_tree(tmp_path, executable=executable), type_json(type_))
    placed, next_store = _sent(type_, kept, store, tmp_path)
    assert placed == {**kept, "uri": URI}
    found = next_store.get({**kept, "uri": URI}, tmp_path)
    assert (found / "naïve name").read_text(encoding="ascii") == "x"
    assert bool((found / "bin" / "run").stat().st_mode & 0o100) == executable


def test_an_empty_tree_comes_back(tmp_path: Path) -> None:
    store = _store(tmp_path)
    (tmp_path / "empty").mkdir()
    kept = store.put(tmp_path / "empty", "dir")
    _, next_store = _sent(Dir(), kept, store, tmp_path)
    assert list(next_store.get({**kept, "uri": URI}, tmp_path).iterdir()) == []


def test_files_in_a_list_go_below_the_artifact(tmp_path: Path) -> None:
    store = _store(tmp_path)
    kept = []
    for text in ("a", "b", "a"):
        (tmp_path / "file").write_text(text, encoding="ascii")
        kept.append(store.put(tmp_path / "file", {"file": None}))
    placed, next_store = _sent(ListOf(File(None)), list(kept), store, tmp_path)
    assert isinstance(placed, list)
    found = [next_store.get(one, tmp_path).read_text(encoding="ascii") for one in placed if isinstance(one, dict)]
    assert found == ["a", "b", "a"]
    assert all(isinstance(one, dict) and str(one["uri"]).startswith(f"{URI}/") for one in placed)


def test_null_is_an_empty_artifact(tmp_path: Path) -> None:
    assert _store(tmp_path).place(Optional(File(None)), None, _slot(tmp_path / "made")) is None
    assert (tmp_path / "made").read_bytes() == b""


def test_one_content_for_two_outputs(tmp_path: Path) -> None:
    store = _store(tmp_path)
    (tmp_path / "file").write_text("a", encoding="ascii")
    kept = store.put(tmp_path / "file", {"file": None})
    for name in ("one", "two"):
        store.place(File(None), kept, _slot(tmp_path / name))
        assert (tmp_path / name).read_text(encoding="ascii") == "a"


def test_content_that_was_changed_is_refused(tmp_path: Path) -> None:
    store = _store(tmp_path)
    (tmp_path / "file").write_text("a", encoding="ascii")
    kept = store.put(tmp_path / "file", {"file": None})
    _, next_store = _sent(File(None), kept, store, tmp_path)
    (tmp_path / "given").write_text("b", encoding="ascii")
    with pytest.raises(StoreError, match="was changed"):
        next_store.get({**kept, "uri": URI}, tmp_path)


def test_where_the_launcher_puts_things() -> None:
    def listed(uri: str, **more: str) -> Json:
        return {"artifacts": [{"uri": uri, **more}]}

    given: dict[str, Json] = {
        "artifacts": {
            "a": listed("minio://bucket/x"),
            "b": listed("gs://bucket/x"),
            "c": listed("/here/x y"),
            "d": listed("s3://bucket/x", customPath="/custom"),
        }
    }
    found = slots(given)
    assert {key: slot.path.as_posix() for key, slot in found.items()} == {
        "a": "/minio/bucket/x",
        "b": "/gcs/bucket/x",
        "c": "/here/x y",
        "d": "/custom",
    }
    assert found["c"].uri == "file:///here/x%20y"


def test_what_nobody_localised_needs_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(StoreError, match="needs the Python package s3fs"):
        _store(tmp_path).get({"uri": "minio://bucket/x", "digest": "", "size": 0, "type": {"file": None}}, tmp_path)


def test_what_nobody_localised_is_fetched(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    store = _store(tmp_path)
    (tmp_path / "file").write_text("far", encoding="ascii")
    kept = store.put(tmp_path / "file", {"file": None})
    with fsspec.open("memory://bucket/x", "w") as file:
        file.write("far")
    assert store.get(json.loads(json.dumps({**kept, "uri": "memory://bucket/x"})), tmp_path).read_text(encoding="ascii") == "far"
