"""`mloc verify`: engines that agree, differ, refuse the program or are not there, each told and counted as what it is."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from mloc.backend import Backend, BackendError, Difference, Feature, Refusal
from mloc.cli import main
from mloc_kfp import backend as kfp

PROGRAM = """mlp 1

step double(n: int) -> int:
    run inline "return n * 2"

pipeline p(n: int = 2) -> (twice: int):
    twice = double(n=n)
    return twice=twice
"""
# A launcher that runs nothing and says that it failed, and one of an engine that is not installed.
LAUNCHER = """import json, sys
out = sys.argv[sys.argv.index("--result") + 1]
with open(out, "w") as file:
    json.dump({"status": "failed", "engine": {"name": "broken", "version": "7"}, "error": "out of order"}, file)
sys.exit(1)
"""
ABSENT = "import sys\nprint('nothing is here: pip install it', file=sys.stderr)\nsys.exit(2)\n"
SCHEMA = json.loads((files("mloc") / "schemas" / "verify.schema.json").read_text())

Capture = pytest.CaptureFixture[str]


@dataclass
class Engines:
    """Targets as if they were installed, by name."""

    known: dict[str, Backend]

    def load(self, name: str) -> Backend:
        if name == "odd":
            raise BackendError("target `odd` does not load: no reason")
        return self.known[name]

    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self.known))


@pytest.fixture(autouse=True)
def engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engines:
    monkeypatch.chdir(tmp_path)
    Path("p.mlp").write_text(PROGRAM)
    Path("launch_broken.py").write_text(LAUNCHER)
    Path("launch_absent.py").write_text(ABSENT)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    differences = (Difference("It never succeeds.", "seen"),)
    found = Engines(
        {
            "broken": replace(kfp, name="broken", launcher="launch_broken", differences=differences),
            "absent": replace(kfp, name="absent", launcher="launch_absent"),
            "strict": replace(kfp, name="strict", refused={Feature.INLINE: Refusal("it runs no code", "write a module")}),
        }
    )
    for module in ("mloc.cli.verify", "mloc.driver"):
        monkeypatch.setattr(f"{module}.load", found.load)
    monkeypatch.setattr("mloc.cli.verify.names", found.names)
    return found


def test_an_engine_that_differs(capsys: Capture) -> None:
    assert main(["verify", "p.mlp", "--engines", "broken"]) == 1
    out = capsys.readouterr().out
    head, native, broken, *rest = out.splitlines()
    assert head.split() == ["engine", "version", "status", "time"]
    assert native.split()[0:3:2] == ["native", "succeeded"]
    assert broken.split()[:3] == ["broken", "7", "failed"]
    assert broken.endswith("different (7)")
    assert rest[:4] == [
        "",
        "broken differs from native:",
        '  status: "failed", native "succeeded"',
        '  error: message: "out of order", native null',
    ]
    assert '  step `twice`: status: "not_run", native "succeeded"' in rest
    assert rest[-1] == "  known of its local mode: It never succeeds."


def test_an_engine_that_refuses_is_no_difference(capsys: Capture) -> None:
    assert main(["verify", "p.mlp", "--engines", "strict"]) == 4
    out = capsys.readouterr().out
    assert out.splitlines()[2].split(maxsplit=4) == ["strict", "-", "-", "-", "refused: the target cannot express the program"]
    assert "strict refuses:\n  p.mlp:4: E1120: target `strict` cannot express run inline: it runs no code" in out


def test_an_engine_that_is_not_there_is_named(capsys: Capture) -> None:
    assert main(["verify", "p.mlp", "--engines", "absent,strict"]) == 2
    said = capsys.readouterr()
    assert "absent was not run:\n  nothing is here: pip install it" in said.out
    assert said.err.endswith("mloc: nothing was compared\n")


def test_what_is_not_asked_for_need_not_be_there(engines: Engines, capsys: Capture) -> None:
    engines.known = {"absent": engines.known["absent"], "strict": engines.known["strict"]}
    assert main(["verify", "p.mlp"]) == 4
    engines.known = {"absent": engines.known["absent"]}
    assert main(["verify", "p.mlp"]) == 2
    assert "nothing was compared" in capsys.readouterr().err


def test_a_broken_backend_does_not_keep_others_from_being_compared(engines: Engines, capsys: Capture) -> None:
    engines.known["odd"] = engines.known["absent"]
    assert main(["verify", "p.mlp"]) == 1
    out = capsys.readouterr().out
    assert "odd was not run:\n  target `odd` does not load: no reason" in out
    assert "broken differs" in out


def test_as_json(capsys: Capture) -> None:
    assert main(["verify", "p.mlp", "--output-format", "json", "--set", "n=5"]) == 1
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    jsonschema.validate(found, SCHEMA)
    assert [(each["engine"], each["outcome"]) for each in found["engines"]] == [
        ("native", "reference"),
        ("absent", "unusable"),
        ("broken", "different"),
        ("strict", "refused"),
    ]
    assert found["same"] is False
    assert found["engines"][0]["report"]["outputs"] == {"twice": 10}
    assert {"what": "output `twice`", "native": 10, "engine": None} in found["engines"][2]["differences"]
    assert found["engines"][2]["known"] == ["It never succeeds."]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--engines", "brokn"], "`brokn` is no installed target; did you mean `broken`?"),
        (["--set", "m=1"], "has no parameter `m`"),
        (["--pipeline", "q"], "has no pipeline `q`"),
    ],
)
def test_wrong_usage(options: list[str], message: str, capsys: Capture) -> None:
    assert main(["verify", "p.mlp", *options]) == 2
    assert message in capsys.readouterr().err


def test_a_wrong_program(capsys: Capture) -> None:
    Path("p.mlp").write_text(PROGRAM.replace("double(n=n)", "double(n=m)"))
    assert main(["verify", "p.mlp"]) == 1
    assert "E0101" in capsys.readouterr().err


def test_the_reports_are_kept(capsys: Capture) -> None:
    main(["verify", "p.mlp", "--engines", "broken", "--store", "kept"])
    for engine in ("native", "broken"):
        (report,) = Path("kept/verify", engine, "runs").glob("*/report.json")
        assert json.loads(report.read_text())["engine"]["name"] == engine


@pytest.mark.engine
def test_real_engines_agree(tmp_path: Path) -> None:
    hello = Path(__file__).parents[2] / "examples" / "hello" / "hello.mlp"
    command = [sys.executable, "-m", "mloc", "verify", str(hello), "--engines", "flyte,kfp", "--output-format", "json"]
    done = subprocess.run([*command, "--store", str(tmp_path / "store")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    jsonschema.validate(found, SCHEMA)
    assert found["same"] is True
    assert [each["outcome"] for each in found["engines"]] == ["reference", "same", "same"]
