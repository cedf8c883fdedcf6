"""What a user reads for every rule: `golden/errors/<CODE>-<what>/` holds a program, and the rendering of what is found in it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from mloc.backend import Feature, Refusal
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.render import full
from mloc.diagnostics.rules import RULES
from mloc.driver import analyse
from mloc.passes import legality
from mloc_kfp import Kfp
from tests.conftest import Golden

FOLDER = Path(__file__).parents[2] / "golden" / "errors"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
# What our own targets refuse becomes less, so that this one stands for those that do.
REFUSED = {Feature.NESTED_FAN_OUT: Refusal("its tasks are expanded once", "make one list of all the pairs in a step")}
REFUSING = replace(Kfp(), name="example", refused=REFUSED)


@pytest.mark.parametrize("case", CASES)
def test_rendering(case: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER / case)
    analysis = analyse("input.mlp", for_targets=True)
    found: list[Diagnostic] = [*analysis.diagnostics]
    code = case.partition("-")[0]
    if code == "E1120":
        bag = Bag()
        legality.check(analysis.pipelines[0], REFUSING, bag)
        found += bag.sorted()
    # Which Python reads the user's code is the one that runs the tests.
    texts = (re.sub(r"Python 3\.\d+,", "Python 3.x,", full(diagnostic, analysis.files)) for diagnostic in found)
    golden.check(FOLDER / case / "expected.txt", "\n".join(texts))
    assert code in {diagnostic.rule.code for diagnostic in found}


def test_every_rule_has_a_case() -> None:
    assert RULES.keys() == {case.partition("-")[0] for case in CASES}
