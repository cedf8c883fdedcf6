"""Notebooks as the code of steps: what is read of them, and what is said of wrong ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.ir.model import RunNotebook

PROGRAM = """mlp 1

step report(n: int) -> (page: str):
    run notebook "daily.ipynb"

pipeline p(n: int) -> (page: str):
    a = report(n=n)
    return page=a.page
"""


def cell(source: str, *tags: str, kind: str = "code") -> dict[str, object]:
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source.splitlines(keepends=True)}


def notebook(*cells: dict[str, object], language: str = "python") -> str:
    return json.dumps({"cells": cells, "metadata": {"kernelspec": {"language": language}}, "nbformat": 4})


USUAL = cell("n = 1", "parameters")


def codes(folder: Path, text: str | None) -> list[str]:
    (folder / "p.mlp").write_text(PROGRAM)
    if text is not None:
        (folder / "daily.ipynb").write_text(text)
    return [d.rule.code for d in analyse(str(folder / "p.mlp")).diagnostics]


def test_what_is_read(tmp_path: Path) -> None:
    cells = cell("# a title", kind="markdown"), cell("import json\n"), USUAL, cell("page = str(n)\n")
    assert codes(tmp_path, notebook(*cells)) == []
    (step,) = analyse(str(tmp_path / "p.mlp")).pipelines[0].steps
    assert step.run == RunNotebook("daily.ipynb", ("import json\n", "n = 1", "page = str(n)\n"), 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, ["E0618"]),
        ("{", ["E0618"]),
        ("[]", ["E0618"]),
        ('{"cells": []}', ["E0618"]),
        ('{"worksheets": [{"cells": []}]}', ["E0618"]),
        (notebook(cell("only text", kind="markdown")), ["E0618"]),
        (notebook(USUAL, cell("page <- 1"), language="R"), ["E0618"]),
        (notebook(USUAL, cell("page = (")), ["E0618"]),
        (notebook(cell("page = str(n)")), ["W0619"]),
        (notebook(USUAL, cell("pages = str(n)")), ["E0617"]),
        (notebook(USUAL, cell("%run other.py")), []),
        (notebook(USUAL, cell("from other import *")), []),
        (notebook(USUAL, cell("for page in ['a']:\n    pass")), []),
    ],
)
def test_one_mistake_is_one_finding(tmp_path: Path, text: str | None, expected: list[str]) -> None:
    assert codes(tmp_path, text) == expected


def test_the_project_folder_comes_first(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "daily.ipynb").write_text(notebook(USUAL, cell("page = 'of the project'")))
    inner = tmp_path / "inner"
    inner.mkdir()
    assert codes(inner, notebook(USUAL, cell("page = 'beside'"))) == []
    (step,) = analyse(str(inner / "p.mlp")).pipelines[0].steps
    assert isinstance(step.run, RunNotebook)
    assert "of the project" in step.run.cells[1]


def test_a_misspelt_notebook(tmp_path: Path) -> None:
    (tmp_path / "dayly.ipynb").write_text(notebook(USUAL, cell("page = 'x'")))
    (tmp_path / "p.mlp").write_text(PROGRAM)
    (found,) = analyse(str(tmp_path / "p.mlp")).diagnostics
    assert found.help == "did you mean `dayly.ipynb`?"
