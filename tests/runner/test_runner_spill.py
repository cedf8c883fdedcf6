"""Values that an engine does not carry: kept from one byte over the limit on, read unchanged, and said when not to be had."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mloc.runner import FileStore, Program, Records, Spill, StepFailed, gather, run_unit
from mloc.runner.jsons import Json

TEXT = "str"


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store")


def _document(units: Json) -> Program:
    source: Json = {"file": "p.mlp", "sha256": ""}
    return Program({"schema": "mloc-program/1", "mloc": "0", "pipeline": "p", "source": source, "steps": {}, "secrets": {}, "units": units})


def _program(kind: str, **body: Json) -> Program:
    unit: Json = {"kind": kind, "line": 3, "captures": [["a.x", body.pop("type", TEXT)]], **body}
    return _document({"u": unit})


def _same(type_: Json = TEXT) -> Program:
    return _program("eval", values=[["x", type_, ["ref", type_, "a.x"]]], type=type_)


def _run(program: Program, text: str, store: FileStore, limit: int, records: Records | None = None) -> dict[str, str]:
    return run_unit(
        program, "u", {"a.x": text}, store=store, records=records or Records(None), spill=Spill(store, limit, "a matchbox"), guards=False
    )


@pytest.mark.parametrize(("size", "travels"), [(99, True), (100, True), (101, False), (20 << 20, False)])
def test_one_byte_over_the_limit_is_kept(size: int, travels: bool, store: FileStore) -> None:
    text = json.dumps("x" * (size - 2))
    sent = _run(_same(), text, store, 100)["x"]
    assert (sent == text) == travels
    assert len(sent) < 400
    assert _run(_same(), sent, store, 1 << 30) == {"x": text}


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        ({"list": "float"}, '["f:nan","f:-inf",-0.0,5.0]'),
        ({"list": "int"}, '["i:9223372036854775807","i:-9223372036854775808",9007199254740991]'),
        ({"map": {"optional": "str"}}, '{"a":null,"b":"mloc-spill:{}","c":"\\u00e9\\ud83d\\ude00"}'),
        ("str", '"mloc-spill:{\\"uri\\":\\"file:///etc/passwd\\"}"'),
    ],
)
def test_nothing_is_changed_on_the_way(type_: Json, text: str, store: FileStore) -> None:
    sent = _run(_same(type_), text, store, 10)["x"]
    assert sent.startswith("mloc-spill:")
    assert _run(_same(type_), sent, store, 1 << 30) == {"x": text}


def test_a_list_of_what_was_kept_and_what_was_not(store: FileStore) -> None:
    long = _run(_same(), json.dumps("x" * 200), store, 100)["x"]
    listed = gather(['"short"', long])
    assert json.loads(_run(_same({"list": TEXT}), listed, store, 1 << 30)["x"]) == ["short", "x" * 200]
    assert gather(['"a"', '"b"']) == '["a","b"]'


def test_long_items_of_a_fan_out_are_kept_and_short_ones_are_not(store: FileStore) -> None:
    program = _program("items", source=["ref", {"list": TEXT}, "a.x"], item_type=TEXT, type={"list": TEXT})
    words = json.dumps(["short", "x" * 5000])
    whole = json.loads(_run(program, words, store, 1 << 20)["items"])
    short, long = (json.loads(item) for item in json.loads(_run(program, words, store, 2000)["items"]))
    assert whole[0] == json.dumps(short, separators=(",", ":"))
    assert (long["at"], set(long)) == ([1], {"at", "kept"})
    body: Json = {"u": {"kind": "items", "line": 1, "captures": [], "source": ["const", {"list": TEXT}, "[]"], "item_type": TEXT}}
    assert isinstance(body, dict)
    body["u[].y"] = {"kind": "eval", "line": 1, "captures": [["u.item", TEXT]], "values": [["result", TEXT, ["ref", TEXT, "u.item"]]]}
    inside = _document(body)
    found = run_unit(inside, "u[].y", {"u.item": json.dumps(long)}, store=store, records=Records(None), guards=False)
    assert json.loads(found["result"]) == "x" * 5000


def test_what_was_deleted_is_said(store: FileStore) -> None:
    sent = _run(_same(), json.dumps("x" * 200), store, 100)["x"]
    for path in store.root.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(store.root)
    with pytest.raises(StepFailed, match=r"`a.x`: its value was too large to travel, and is not to be had: .*it was deleted") as error:
        _run(_same(), sent, store, 100)
    assert error.value.kind == "store"


def test_what_can_be_neither_carried_nor_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    records = Records(tmp_path / "records")
    with pytest.raises(StepFailed) as error:
        _run(_same(), json.dumps("x" * 200), FileStore(tmp_path / "file" / "store"), 100, records)
    said = "`x` has 202 bytes as JSON, more than the 100 that a matchbox carries, and cannot be kept in the store: "
    assert error.value.message.startswith(said)
    assert error.value.message.endswith("an output that is a `File` or `Table` has no such limit")
    assert (error.value.kind, error.value.line) == ("store", 3)
    assert [event["event"] for event in records.events()] == ["failed"]


@pytest.mark.parametrize("size", [200, 201])
def test_what_cannot_be_kept_may_travel_up_to_a_bound(size: int, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spill = Spill(FileStore(tmp_path / "file" / "store"), 100, "a matchbox", at_most=200)
    text = json.dumps("x" * (size - 2))

    def sent() -> dict[str, str]:
        return run_unit(_same(), "u", {"a.x": text}, store=spill.store, records=Records(None), spill=spill, guards=False)

    if size <= 200:
        assert sent() == {"x": text}
    else:
        with pytest.raises(StepFailed, match="201 bytes as JSON, more than the 100 that a matchbox carries"):
            sent()
