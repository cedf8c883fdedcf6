"""Where a failure is said to be: the step's call, and the line of the file that it is in, also in a program of several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.backend import Attributes, load
from mloc.cli import main
from mloc.driver import analyse, request
from mloc.runner.api import FileStore, Program, Records, StepFailed, run_unit

LIBRARY = '''mlp 1
step inverse(x: int) -> float:
    run inline """
        return 1 / x
        """

pipeline twice(x: int) -> (r: float):
    first = inverse(x=x)
    return r=first
'''
PROGRAM = """mlp 1
from "lib/inverse.mlp" import twice

pipeline main(x: int = 0) -> (r: float):
    called = twice(x=x)
    return r=called.r / x
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "inverse.mlp").write_text(LIBRARY, encoding="utf-8")
    (tmp_path / "main.mlp").write_text(PROGRAM, encoding="utf-8")
    return tmp_path / "main.mlp"


def document(path: Path) -> Program:
    analysis = analyse(str(path))
    (pipeline,) = analysis.pipelines
    found = request(analysis, pipeline, load("kfp"), Attributes("1.0")).program
    assert isinstance(found, dict)
    return Program(found)


def failure(program: Program, unit: str, store: Path, **captures: str) -> StepFailed:
    with pytest.raises(StepFailed) as caught:
        run_unit(
            program,
            unit,
            {f"${name}": text for name, text in captures.items()},
            store=FileStore(store),
            records=Records(None),
            guards=False,
        )
    return caught.value


def test_a_step_of_another_file_fails_there(program: Path, tmp_path: Path) -> None:
    found = failure(document(program), "called.first", tmp_path / "store", x="0")
    assert str(found) == "called.first (lib/inverse.mlp:8): exception: ZeroDivisionError: division by zero (lib/inverse.mlp:4)"
    assert (found.file, found.line) == ("lib/inverse.mlp", 4)


def test_what_has_no_code_fails_where_it_stands(program: Path, tmp_path: Path) -> None:
    checked = document(program)
    found = failure(checked, "called.first", tmp_path / "store", x='"one"')
    assert str(found).startswith("called.first (lib/inverse.mlp:8): decoding: ")
    assert str(failure(checked, "$parameters", tmp_path / "store", x="1.5")).startswith("$parameters (main.mlp:4): decoding: ")
    assert str(failure(checked, "$outputs", tmp_path / "store", x="0")).startswith("$outputs (main.mlp:4): decoding: ")


def test_the_command_line_names_the_path_of_the_file(program: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(program), "--store", str(tmp_path / "store")]) == 1
    assert f"called.first failed for good at {tmp_path / 'lib' / 'inverse.mlp'}:4\n" in capsys.readouterr().err
