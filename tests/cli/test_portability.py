"""`mloc check --all-targets`: how what a file uses arrives on each target."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from mloc.backend import Backend, BackendError, Feature, Refusal, load
from mloc.cli import main

PROGRAM = """mlp 1

import "steps.mlp" as s

pipeline p(n: int = 2) -> (most: int):
    xs = for i in [n, 1]:
        x = s.double(n=i)
        yield x
    last = s.double(n=xs[0])
    return most=last
"""
STEPS = """mlp 1

step double(n: int) -> int:
    run inline "return n * 2"
    retry 1
    resources gpu=1
"""
SCHEMA = json.loads((files("mloc") / "schemas" / "portability.schema.json").read_text())

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three targets: one of ours, one that refuses, one that does not load."""
    monkeypatch.chdir(tmp_path)
    Path("p.mlp").write_text(PROGRAM)
    Path("steps.mlp").write_text(STEPS)
    real = load

    def found(name: str) -> Backend:
        if name == "odd":
            raise BackendError("target `odd` does not load: no reason")
        refused = {Feature.FAN_OUT: Refusal("its rules are fixed", "write the calls out")}
        return replace(real("kfp"), name=name, refused=refused) if name == "make" else real(name)

    monkeypatch.setattr("mloc.cli.portability.load", found)
    monkeypatch.setattr("mloc.cli.portability.names", lambda: ("airflow", "make", "odd"))


def test_the_table(capsys: Capture) -> None:
    assert main(["check", "--all-targets", "p.mlp"]) == 0
    said = capsys.readouterr()
    rows = [line.split("  ") for line in said.out.splitlines()]
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert cells == [
        ["p.mlp", "line", "airflow", "make"],
        ["a pipeline parameter", "5", "native", "native"],
        ["an expression of step outputs", "9", "by the runner", "by the runner"],
        ["run inline", "steps.mlp:4", "native", "native"],
        ["for", "6", "native", "refused"],
        ["yield", "6", "lowered", "refused"],
        ["retry", "steps.mlp:5", "native", "by the runner"],
        ["resources gpu", "steps.mlp:6", "not carried over", "native"],
        ["make refuses for (line 6): its rules are fixed; write the calls out"],
    ]
    assert "mloc: target `odd` does not load: no reason" in said.err


def test_as_json(capsys: Capture) -> None:
    assert main(["check", "--all-targets", "p.mlp", "--output-format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    (file,) = found["files"]
    uses = {each["construct"]: each["targets"] for each in file["constructs"]}
    assert uses["for"]["make"] == {"level": "refused", "how": "its rules are fixed", "instead": "write the calls out"}
    assert uses["for"]["airflow"]["level"] == "native"


def test_a_file_with_errors_has_no_table(capsys: Capture) -> None:
    Path("p.mlp").write_text(PROGRAM.replace("n=i", "n=j"))
    assert main(["check", "--all-targets", "p.mlp", "steps.mlp"]) == 1
    out = capsys.readouterr().out
    assert "error[E0101]" in out
    assert "p.mlp: has errors, so what it uses is not known" in out
    assert main(["check", "--all-targets", "p.mlp", "--output-format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert found["files"] == [{"file": "p.mlp", "constructs": None}]
    assert [each["code"] for each in found["diagnostics"]] == ["E0101"]


def test_a_file_that_is_not_there(capsys: Capture) -> None:
    assert main(["check", "--all-targets", "nowhere.mlp"]) == 2
    assert "nowhere.mlp" in capsys.readouterr().err


def test_other_formats_have_no_place_for_it(capsys: Capture) -> None:
    assert main(["check", "--all-targets", "p.mlp", "--output-format", "sarif"]) == 2
    assert "--all-targets: the format sarif has no place for a table; use full or json" in capsys.readouterr().err


def test_the_places_of_what_is_imported(capsys: Capture) -> None:
    inner = "pipeline inner(n: int) -> int:\n    r = double(n=n) with timeout(1s)\n    return r\n"
    Path("steps.mlp").write_text(f"{STEPS}\n{inner}")
    Path("p.mlp").write_text(PROGRAM.replace("    last =", "    s.inner(n=1)\n    last ="))
    assert main(["check", "--all-targets", "p.mlp"]) == 0
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("  timeout")]
    assert line.split()[1] == "steps.mlp:9"
