"""What programs are built to, and what one pass makes of them: `golden/ir/*.mlp` and `golden/passes/<pass>/*.mlp`, with their `.ir`."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.diagnostics.model import Bag
from mloc.elaborate.program import elaborate
from mloc.ir.model import Pipeline
from mloc.ir.text import parse, show
from mloc.passes import PIPELINE, name_of, run
from mloc.source import load
from tests.conftest import Golden

FOLDER = Path(__file__).parents[2] / "golden"
BUILT = sorted((FOLDER / "ir").glob("*.mlp"))
PASSED = sorted((FOLDER / "passes").glob("*/*.mlp"))


def elaborated(path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Pipeline, ...]:
    monkeypatch.chdir(path.parent)
    bag = Bag()
    found = elaborate(path.name, load, bag)
    assert [d.message for d in bag if d.rule.severity == "error"] == []
    return found.pipelines


def printed(pipelines: tuple[Pipeline, ...]) -> str:
    """The printed forms one below the other, each read back."""
    texts = [show(pipeline) for pipeline in pipelines]
    assert tuple(parse(text) for text in texts) == pipelines
    return "\n\n".join(texts)


@pytest.mark.parametrize("path", BUILT, ids=lambda path: path.stem)
def test_built(path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    golden.check(path.with_suffix(".ir"), printed(elaborated(path, monkeypatch)))


@pytest.mark.parametrize("path", PASSED, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_passed(path: Path, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    passes = [pass_ for pass_ in PIPELINE if name_of(pass_) == path.parent.name]
    assert len(passes) == 1
    found = elaborated(path, monkeypatch)
    golden.check(path.with_suffix(".ir"), printed(tuple(run(pipeline, Bag(), passes) for pipeline in found)))


def test_every_pass_has_a_case_and_every_file_a_program() -> None:
    assert {path.parent.name for path in PASSED} == {name_of(pass_) for pass_ in PIPELINE}
    programs = {path.with_suffix("") for path in (*BUILT, *PASSED)}
    assert {path.with_suffix("") for path in (*FOLDER.glob("ir/*.ir"), *FOLDER.glob("passes/*/*.ir"))} == programs
