"""Container steps whose container is started by somebody else: their words, what they leave, and the same records as of a native run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mloc.ir.program import program
from mloc.runner.api import FileStore, Program, Records, Spill, StepFailed
from mloc.runner.elsewhere import Around, Ended, container_results, container_words
from mloc.runner.jsons import Json, as_object, canonical, parse
from mloc.version import VERSION
from tests.elaborate.programs import pipeline

BEGAN = "2026-01-31T00:00:00Z"
SOURCE = """mlp 1

step tool(rows: File[csv], tag: str?, n: int in 1..9, parts: list[int]) -> (count: int in 0..20, copy: File[csv], said: str):
    run container command=["/bin/sh", "-c"], args=[
        "cat $1 > $2; wc -l < $1 | tr -d ' ' > $3; printf '%s' \\"$5\\" > $4",
        "sh", rows, out(copy), out(count), out(said), ["tag=", tag], f"{10 / n}", parts[0] + n,
    ]
    image "tool@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    retry 2
    timeout 1min

pipeline p(rows: File[csv], tag: str? = null, n: int = 2) -> (count: int):
    a = tool(rows=rows, tag=tag, n=n, parts=[n])
    return count=a.count
"""


@pytest.fixture
def compiled() -> Program:
    return Program(dict(program(pipeline(SOURCE), VERSION, {})))


def captures(store: FileStore, tmp_path: Path, **values: Json) -> dict[str, str]:
    rows = tmp_path / "given.csv"
    rows.write_text("a\n1\n")
    given: dict[str, Json] = {"$rows": store.put(rows, {"file": "csv"}), "$tag": None, "$n": 2}
    return {key: canonical(value) for key, value in {**given, **{f"${name}": value for name, value in values.items()}}.items()}


def around(tmp_path: Path, **more: object) -> Around:
    return Around(FileStore(tmp_path / "store"), Records(tmp_path / "records"), **more)  # type: ignore[arg-type]


def folders(tmp_path: Path) -> tuple[Path, Path]:
    given, out = tmp_path / "in", tmp_path / "out"
    given.mkdir()
    out.mkdir()
    return given, out


def test_a_container_started_by_somebody_else(compiled: Program, tmp_path: Path) -> None:
    place, (given, out) = around(tmp_path), folders(tmp_path)
    told = captures(FileStore(tmp_path / "store"), tmp_path, tag="$(x) {{y}}")
    line = container_words(compiled, "a", told, place, folder=given, out=out)
    assert line.command == ("/bin/sh", "-c")
    assert line.args[-4:] == ("tag=", "$(x) {{y}}", "5.0", "4")
    assert subprocess.run([*line.command, *line.args], check=False).returncode == 0
    ends = [Ended(3, False, BEGAN), Ended(0, True, BEGAN), Ended(0, False, BEGAN)]
    made = container_results(compiled, "a", {}, place, ends, out=out)
    assert (made["count"], made["said"]) == ("2", '"tag="')
    assert as_object(parse(made["copy"]), "a file")["type"] == {"file": "csv"}
    attempts = [event for event in place.records.events() if event["event"] == "attempt"]
    assert [(event["attempt"], event["status"], as_object(event["error"] or {}, "an error").get("kind")) for event in attempts] == [
        (1, "failed", "exception"),
        (2, "failed", "timeout"),
        (3, "succeeded", None),
    ]


@pytest.mark.parametrize(
    ("ended", "written", "kind", "message"),
    [
        (Ended(2, False, BEGAN), "1", "exception", "the container ended with exit status 2"),
        (Ended(137, False, BEGAN), "1", "oom", "killed (SIGKILL) before the step returned"),
        (Ended(143, True, BEGAN), "1", "timeout", "the step ran longer than its timeout of 60 s"),
        (Ended(0, False, BEGAN), "21", "domain", "`count`"),
        (Ended(0, False, BEGAN), "x", "contract", "`count`"),
        (Ended(0, False, BEGAN), None, "contract", "the container wrote no file to `out(count)` (step `tool`)"),
    ],
)
def test_failures(compiled: Program, tmp_path: Path, ended: Ended, written: str | None, kind: str, message: str) -> None:
    place, (_, out) = around(tmp_path), folders(tmp_path)
    if written is not None:
        (out / "count").write_text(written)
    (out / "copy.csv").write_text("")
    (out / "said").write_text("")
    with pytest.raises(StepFailed) as found:
        container_results(compiled, "a", {}, place, [ended], out=out, first=2)
    assert (found.value.kind, found.value.attempts, found.value.step) == (kind, 1, "a")
    assert message in found.value.message
    (event,) = (event for event in place.records.events() if event["event"] == "attempt")
    assert (event["attempt"], event["status"]) == (2, "failed")


def test_words_that_have_no_value(compiled: Program, tmp_path: Path) -> None:
    place, (given, out) = around(tmp_path), folders(tmp_path)
    told = captures(FileStore(tmp_path / "store"), tmp_path)
    with pytest.raises(StepFailed) as outside:
        container_words(compiled, "a", {**told, "$n": "10"}, place, folder=given, out=out)
    assert outside.value.kind == "domain"
    with pytest.raises(StepFailed) as lost:
        container_words(compiled, "a", {**told, "$rows": told["$rows"].replace("objects", "nothing")}, place, folder=given, out=out)
    assert lost.value.kind == "store"
    assert [event["event"] for event in place.records.events()] == ["failed", "started", "attempt"]


def test_secrets_and_large_values(compiled: Program, tmp_path: Path) -> None:
    (_, out), large = folders(tmp_path), "x" * 2000
    for name, text in {"count": "1", "copy.csv": "", "said": large}.items():
        (out / name).write_text(text)
    values = FileStore(tmp_path / "values")
    spilling = around(tmp_path, spill=Spill(values, 1000, "a test"))
    assert container_results(compiled, "a", {}, spilling, [Ended(0, False, BEGAN)], out=out)["said"].startswith("mloc-spill:")
    with pytest.raises(StepFailed, match="holds the value of a secret"):
        container_results(compiled, "a", {}, around(tmp_path, secrets={"TOKEN": "x" * 8}), [Ended(0, False, BEGAN)], out=out)
