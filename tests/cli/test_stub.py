"""`mloc stub`: what is printed is a program that fits the function it was made from."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.cli import main

Capture = pytest.CaptureFixture[str]

MODULE = '''
from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypedDict

import pandas as pd
from sklearn.linear_model import LogisticRegression


class Kind(Enum):
    tree = 1
    linear = 2


@dataclass
class Optimiser:
    rate: float
    momentum: float | None = None


@dataclass
class Options:
    kind: Kind
    optimiser: Optimiser
    names: list[str]


class Fitted(NamedTuple):
    model: LogisticRegression
    scores: dict[str, float]
    report: Path | None


class Shape(TypedDict):
    rows: int
    columns: int


def train(
    rows: pd.DataFrame,
    options: Options,
    kind: Kind = Kind.tree,
    depth: int = 3,
    rate: float = -0.5,
    name: str = "a \\"quoted\\" one",
    mode: Literal["fast", "exact"] = "fast",
    seeds: list[int] = [1, 2],
    verbose: bool = False,
    extra: Path | None = None,
    *,
    day: date,
    wait: timedelta = timedelta(seconds=3),
    weights: dict[str, int | float] | None = None,
) -> Fitted:
    """Fits a model.

    In some way.
    """
    return Fitted(LogisticRegression(), {}, None)


def shape(rows: pd.DataFrame) -> Shape:
    return {"rows": 1, "columns": 1}


def split(rows: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    return rows, 1


def write(rows: pd.DataFrame, to: Path) -> None: ...


def model() -> LogisticRegression:
    return LogisticRegression()


def mystery(a, b: Any = 1, c: bytes = b"", d: Unknown = None):
    return a


def numbers(x: int) -> list[int]:
    return [x]


def values():
    yield 1
'''
TRAIN = """\
enum Kind: tree, linear

record Optimiser:
    rate: float
    momentum: float?

record Options:
    kind: Kind
    optimiser: Optimiser
    names: list[str]

# the default of `wait` is left to Python: `timedelta(seconds=3)` is no constant here
## Fits a model.
step train(
    rows: Table{...},
    options: Options,
    kind: Kind = Kind.tree,
    depth: int = 3,
    rate: float = -0.5,
    name: str = "a \\"quoted\\" one",
    mode: str = "fast" in ["fast", "exact"],
    seeds: list[int] = [1, 2],
    verbose: bool = false,
    extra: File? = null,
    day: date,
    wait: duration,
    weights: map[str, float]? = null,
) -> (model: Model[sklearn], scores: map[str, float], report: File?):
    run python "steps.fit:train"
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\ndependencies = ["pandas", "scikit-learn"]\n')
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps" / "__init__.py").write_text("")
    (tmp_path / "steps" / "fit.py").write_text(MODULE)
    return tmp_path


def test_what_is_printed(capsys: Capture) -> None:
    assert main(["stub", "steps.fit:train"]) == 0
    assert capsys.readouterr() == (TRAIN, "")


@pytest.mark.parametrize("function", ["train", "shape", "split", "write", "model", "mystery", "numbers"])
def test_what_is_printed_is_right(function: str, capsys: Capture) -> None:
    assert main(["stub", f"steps.fit:{function}"]) == 0
    Path("p.mlp").write_text(f"mlp 1\n\n{capsys.readouterr().out}")
    assert main(["check", "p.mlp"]) == 0, capsys.readouterr().out
    assert main(["fmt", "--check", "p.mlp"]) == 0


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("shape", "step shape(rows: Table{...}) -> Shape:"),
        ("split", "step split(rows: Table{...}) -> (out1: Table{...}, out2: int):"),
        ("write", "step write(rows: Table{...}, to: File):"),
        ("model", "step model() -> Model[sklearn]:"),
    ],
)
def test_outputs(function: str, line: str, capsys: Capture) -> None:
    assert main(["stub", f"steps.fit:{function}"]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_guesses_are_told(capsys: Capture) -> None:
    assert main(["stub", "steps.fit:mystery", "--name", "guess"]) == 0
    out = capsys.readouterr().out
    assert "# `a` has no annotation that tells its type: `str` is a guess\n" in out
    assert "# `c` is annotated `bytes`, which is no type of the language: `Model` is a guess\n" in out
    assert "step guess(a: str, b: int = 1, c: Model, d: Model? = null) -> str:" in out


@pytest.mark.parametrize(
    ("target", "code", "message"),
    [
        ("steps.fit", 2, "write it as package.module:function"),
        ("steps.fit:trian", 1, "did you mean `train`?"),
        ("step.fit:train", 1, "there is no Python module `step.fit`"),
        ("steps.fit:values", 1, "is a generator"),
    ],
)
def test_functions_that_are_not_there(target: str, code: int, message: str, capsys: Capture) -> None:
    assert main(["stub", target]) == code
    assert message in capsys.readouterr().err
