"""Unused imports, declarations, steps and parameters; how names are written, and names that hide others."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.diagnostics.select import Policy, selected
from mloc.driver import analyse
from tests.lint.programs import codes, findings

SHARED = """mlp 1

enum Mode: fast, slow

const SIZE = 3

record Point:
    x: int = 1

step inc(x: int) -> int:
    run inline "return x + 1"
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('from "shared.mlp" import SIZE\n\npipeline p() -> int:\n    return SIZE\n', []),
        ('from "shared.mlp" import SIZE as S\n\npipeline p(n: int = 1 in 0..S) -> int:\n    return n\n', []),
        ('from "shared.mlp" import Point\n\ntype Points = list[Point]\n', []),
        ('from "shared.mlp" import Point\n\npipeline p(q: Point = Point()) -> int:\n    return q.x\n', []),
        ('from "shared.mlp" import inc\n\npipeline p() -> int:\n    inc = inc(x=1)\n    return inc\n', []),
        ('import "shared.mlp" as lib\n\npipeline p() -> int:\n    return lib.SIZE\n', []),
        ('import "shared.mlp" as lib\n\npipeline p(m: lib.Mode = lib.Mode.fast) -> str:\n    return f"{m}"\n', []),
        ('import "shared.mlp" as lib\n\npipeline p() -> int:\n    a = lib.inc(x=1)\n    return a\n', []),
        ('import "shared.mlp" as lib\n\nstep s(lib: int) -> int:\n    run inline "return lib"\n', ["W0107"]),
        ('from "shared.mlp" import SIZE\n\npipeline p(SIZE: int = 1) -> int:\n    return SIZE\n', ["W0107", "W0112"]),
    ],
)
def test_imports(text: str, expected: list[str]) -> None:
    assert codes(f"mlp 1\n\n{text}", shared=SHARED) == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('from "shared.mlp" import Mode, SIZE, inc\n', 'from "shared.mlp" import SIZE\n'),
        ('from "shared.mlp" import Mode as M, SIZE\n', 'from "shared.mlp" import SIZE\n'),
        ('import "shared.mlp" as lib\nfrom "shared.mlp" import SIZE\n', 'from "shared.mlp" import SIZE\n'),
        ('from "shared.mlp" import Mode, inc\nfrom "shared.mlp" import SIZE\n', 'from "shared.mlp" import SIZE\n'),
    ],
)
def test_imports_are_taken_out(before: str, after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mloc.cli.app import main

    monkeypatch.chdir(tmp_path)
    rest = "\npipeline p() -> int:\n    return SIZE\n"
    Path("shared.mlp").write_text(SHARED)
    Path("test.mlp").write_text(f"mlp 1\n\n{before}{rest}")
    assert main(["check", "--fix", "test.mlp"]) == 0
    assert Path("test.mlp").read_text() == f"mlp 1\n\n{after}{rest}"


def test_a_file_of_declarations_has_nothing_unused() -> None:
    assert codes(SHARED) == []


def test_declarations_beside_a_pipeline() -> None:
    assert codes(SHARED + "\npipeline p():\n    inc(x=1)\n") == ["W0108", "W0108", "W0108"]
    assert codes(SHARED + "\npipeline p() -> int:\n    return SIZE\n") == ["W0108", "W0108", "W0109"]
    assert codes(SHARED.replace("step inc", "step _inc") + "\npipeline p(m: Mode, q: Point = Point()) -> int:\n    return q.x\n") == [
        "W0108",
        "W0110",
    ]


def test_what_another_file_of_the_project_imports_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("lib.mlp").write_text(SHARED + "\npipeline p() -> int:\n    return SIZE\n")
    assert [d.rule.code for d in analyse("lib.mlp").diagnostics] == ["W0108", "W0108", "W0109"]
    Path("pyproject.toml").write_text("")
    Path("sub").mkdir()
    Path("sub/user.mlp").write_text('mlp 1\n\nimport "../lib.mlp" as lib\n\npipeline q() -> int:\n    a = lib.inc(x=1)\n    return a\n')
    Path("broken.mlp").write_bytes(b"\xff")
    assert [d.rule.code for d in analyse("lib.mlp").diagnostics] == ["W0108", "W0108"]
    Path("other.mlp").write_text('mlp 1\n\nfrom "lib.mlp" import Mode, Point\n\ntype Both = {m: Mode, p: Point}\n')
    assert analyse("lib.mlp").diagnostics == ()


@pytest.mark.parametrize(
    ("run", "used"),
    [
        ('inline "return name"', True),
        ('inline "return 1 + 1"', False),
        ('inline "return locals()"', True),
        ('inline "raise NotImplementedError"', True),
        ('inline "return None"', True),
        ('inline """\n        # to do\n        pass\n        """', True),
        ('shell """echo "$name" """', True),
        ('shell """echo "${name}" > x"""', True),
        ('shell """echo hello"""', False),
        ('shell "true"', True),
        ('shell "printenv > x"', True),
    ],
)
def test_inputs_of_code_that_stands_here(run: str, used: bool) -> None:
    assert codes(f"mlp 1\n\nstep s(name: str):\n    run {run}\n") == ([] if used else ["W0110"])


def test_parameters() -> None:
    assert codes("mlp 1\n\npipeline p(a: int = 1, b: int = 2, _c: int = 3) -> int:\n    return a\n") == ["W0110"]
    text = 'mlp 1\n\nstep s():\n    run inline "pass"\n    retry 1\n\npipeline p(xs: list[int] = [1]):\n    for _ in xs:\n        s()\n'
    assert codes(text) == []


def test_styles_are_told_to_those_who_ask() -> None:
    text = 'mlp 1\n\nconst depth = 3\n\nstep TrainModel(maxDepth: int in 0..depth) -> int:\n    run inline "return maxDepth"\n'
    found = findings(text)
    assert [d.help for d in found] == ["call it `DEPTH`", "call it `train_model`", "call it `max_depth`"]
    assert selected(found, Policy()) == ()
    assert selected(found, Policy(select=("W", "W01"))) == ()
    assert [d.rule.code for d in selected(found, Policy(select=("W", "W0111")))] == ["W0111"] * 3
    assert [d.rule.severity for d in selected(found, Policy(deny=("W0111",)))] == ["error"] * 3
    assert selected(found, Policy(deny=("W",))) == ()


def test_names_that_hide() -> None:
    steps = 'const LIMIT = 1\n\nstep inc(x: int) -> int:\n    run inline "return x"\n\n'
    assert "W0112" in codes(f"mlp 1\n\n{steps}pipeline p(LIMIT: int = 1) -> int:\n    return LIMIT\n")
    assert codes(f"mlp 1\n\n{steps}pipeline p(inc: int = LIMIT) -> int:\n    a = inc(x=inc)\n    return a\n") == []
    assert "W0112" in codes(f"mlp 1\n\n{steps}pipeline p(x: int = LIMIT) -> list[int]:\n    a = inc(x=x)\n    return [x for x in [a]]\n")
    assert codes(f"mlp 1\n\n{steps}pipeline p(x: int = LIMIT) -> list[int]:\n    a = inc(x=x)\n    return [y for y in [a]]\n") == []
