"""Corrections that are applied unseen: what they correct is gone, and what they leave is still a program."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from mloc.diagnostics.fixes import compatible, corrected
from mloc.diagnostics.model import Bag, Diagnostic, Edit, Fix, Label, Rule
from mloc.diagnostics.suggest import correction
from mloc.driver import analyse
from mloc.source import SourceFile, Span, load
from mloc.syntax.parse import parse

FOLDER = Path(__file__).parents[2] / "golden" / "errors"
CASES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
FIXED = {"E0002", "E0003", "E0005", "E0101", "E0202", "E0215", "E0303", "E0307", "E0702", "E0720", "W0012", "W0013"}
"""The rules whose golden case must show a correction that is applied unseen."""


def fixable(case: str) -> list[Diagnostic]:
    found = analyse(str(FOLDER / case / "input.mlp")).diagnostics
    return [d for d in found if d.fix is not None and d.fix.applicability == "machine-applicable"]


def test_the_rules_that_correct() -> None:
    assert {d.rule.code for case in CASES for d in fixable(case)} >= FIXED


@pytest.mark.parametrize("case", [case for case in CASES if fixable(case)])
def test_what_is_corrected_is_gone_and_the_rest_still_parses(case: str, tmp_path: Path) -> None:
    shutil.copytree(FOLDER / case, tmp_path, dirs_exist_ok=True)
    path = str(tmp_path / "input.mlp")
    before = analyse(path)
    errors = Bag()
    parse(load(path), errors)
    for diagnostic in before.diagnostics:
        chosen = compatible([diagnostic], {path})
        if not chosen:
            continue
        text = corrected({path: before.files[path].text}, chosen)[path]
        after = analyse(path, read=lambda name, text=text: SourceFile(name, text) if name == path else load(name))  # type: ignore[misc]
        assert (
            count(after.diagnostics)[diagnostic.rule.code, diagnostic.message]
            < count(before.diagnostics)[diagnostic.rule.code, diagnostic.message]
        )
        left = Bag()
        parse(SourceFile(path, text), left)
        # Indentation hides everything else, so that correcting it may show more.
        assert len(left) <= len(errors) or diagnostic.rule.code == "E0003"


def count(diagnostics: tuple[Diagnostic, ...]) -> Counter[tuple[str, str]]:
    return Counter((d.rule.code, d.message) for d in diagnostics)


NESTED = """mlp 1

step double(x: int) -> int:
    run inline "return 2 * x"

step split(x: int) -> (low: int, high: int):
    run inline "return {'low': 0, 'high': x}"

step name(x: int) -> (text: str):
    run inline "return str(x)"

pipeline p(x: int, xs: list[int]) -> (y: int, t: str):
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("y = double(x=double(x=double(x=x)))", "double_2 = double(x=x)\n    double = double(x=double_2)\n    y = double(x=double)"),
        ("y = double(\n        x=double(x=x))", "double = double(x=x)\n    y = double(\n        x=double)"),
        ("y = 1 + double(x=x)", "double = double(x=x)\n    y = 1 + double"),
        ("y = double(x=x)\n    return y=y, t=name(x=y)", "y = double(x=x)\n    name = name(x=y)\n    return y=y, t=name.text"),
        ("if double(x=x) > 3:\n        y = 1", "double = double(x=x)\n    if double > 3:\n        y = 1"),
        # which output is meant is for a person to say
        ("y = double(x=split(x=x))", None),
        # a line before does not have the names of a projection, and is not subject to a condition
        ("y = [double(x=z) for z in xs]", None),
    ],
)
def test_nested_calls_are_bound_before(body: str, expected: str | None, tmp_path: Path) -> None:
    path = str(tmp_path / "p.mlp")
    text = f"{NESTED}    {body}\n"
    for _ in range(5):
        found = analyse(path, read=lambda name, text=text: SourceFile(name, text)).diagnostics  # type: ignore[misc]
        nested = [d for d in found if d.rule.code in ("E0307", "E0308")]
        if not compatible(nested, {path}):
            break
        text = corrected({path: text}, compatible(nested, {path}))[path]
    if expected is None:
        assert nested
    else:
        assert (nested, text) == ([], f"{NESTED}    {expected}\n")


RULE, WARNING = Rule("E0303", "x", "error", ""), Rule("W0012", "y", "warning", "")


def finding(rule: Rule, *edits: tuple[int, int, str], file: str = "a", applicability: str = "machine-applicable") -> Diagnostic:
    made = tuple(Edit(Span(file, start, end), text) for start, end, text in edits)
    return Diagnostic(rule, "m", Label(made[0].span), fix=Fix(applicability, made))  # type: ignore[arg-type]


def test_only_what_is_certain_and_does_not_touch_is_taken_together() -> None:
    first, inside, beside = finding(WARNING, (0, 4, "x")), finding(RULE, (2, 3, "y")), finding(WARNING, (4, 6, ""))
    assert compatible([first, inside, beside], {"a"}) == (inside, beside)
    assert compatible([first, beside], {"a"}) == (first, beside)
    at_the_edge = finding(RULE, (4, 4, "z"))
    assert compatible([first, at_the_edge], {"a"}) == (at_the_edge,)
    two = finding(RULE, (0, 1, ""), (9, 9, "end"))
    assert compatible([two, finding(RULE, (9, 9, "other"))], {"a"}) == (two,)
    assert compatible([finding(RULE, (0, 1, ""), file="b"), finding(RULE, (0, 1, ""), applicability="maybe-incorrect")], {"a"}) == ()


def test_edits_are_made_at_the_places_of_the_old_text() -> None:
    found = [finding(RULE, (0, 1, "AA"), (3, 3, "!")), finding(RULE, (5, 6, ""))]
    assert corrected({"a": "abcdef", "b": "x"}, found) == {"a": "AAbc!de"}


def test_a_correction_is_certain_when_one_name_is_nearest() -> None:
    place = Span("a", 0, 1)
    assert correction(place, "frction", ["fraction", "friction"]) == Fix("maybe-incorrect", (Edit(place, "fraction"),))
    assert correction(place, "fracton", ["fraction", "friction"]) == Fix("machine-applicable", (Edit(place, "fraction"),))
    assert correction(place, "other", ["fraction"]) is None
