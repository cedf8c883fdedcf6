"""Which features a pipeline uses, and what is said of one that a target refuses."""

from __future__ import annotations

import pytest

from mloc.backend import Feature, Refusal
from mloc.diagnostics.model import Bag
from mloc.passes.legality import check, features
from tests.elaborate.programs import body, pipeline
from tests.elaborate.programs import check as check_program

FOR = ["m = many(n=n)", "ys = for x in m.xs:", "    y = number(x=x)", "    yield y"]


def used(*lines: str, signature: str = "(n: int = 1)") -> dict[Feature, str]:
    """The features of a program, each with the node that uses it first."""
    return {use.feature: use.node for use in features(pipeline(body(*lines, signature=signature)))}


def within(head: str, lines: list[str]) -> list[str]:
    return [head, *(f"    {line}" for line in lines)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a = number(x=n)"], {}),
        (["a = number(x=n) with retry(1)"], {Feature.RETRY: "a"}),
        (["a = number(x=n)", "b = number(x=n) with timeout(1s)"], {Feature.TIMEOUT: "b"}),
        (FOR, {Feature.FAN_OUT: "ys"}),
        (["m = many(n=n)", "for x in m.xs limit 2:", "    number(x=x)"], {Feature.FAN_OUT: "for#1", Feature.FAN_OUT_LIMIT: "for#1"}),
        (within("if n > 1:", ["a = number(x=n)"]), {Feature.BRANCH: "if#1"}),
        (
            within("if n > 1:", within("if n > 2:", ["a = number(x=n)"])),
            {Feature.BRANCH: "if#1", Feature.BRANCH_IN_BRANCH: "if#2"},
        ),
        (
            within("if n > 1:", FOR),
            {Feature.BRANCH: "if#1", Feature.FAN_OUT: "ys", Feature.FAN_OUT_IN_BRANCH: "ys"},
        ),
        (
            ["k = many(n=n)", *within("for a in k.xs:", FOR)],
            {Feature.FAN_OUT: "for#1", Feature.NESTED_FAN_OUT: "for#1[].ys"},
        ),
        (
            ["m = many(n=n)", *within("for a in m.xs:", within("if a > 1:", ["b = number(x=a)"]))],
            {Feature.FAN_OUT: "for#1", Feature.BRANCH: "for#1[].if#1", Feature.BRANCH_IN_FAN_OUT: "for#1[].if#1"},
        ),
    ],
)
def test_features(lines: list[str], expected: dict[Feature, str]) -> None:
    assert used(*lines) == expected


def test_a_parameter_that_is_a_file() -> None:
    assert used("a = number(x=n)", signature="(n: int, f: list[File[csv]])") == {Feature.ARTIFACT_PARAMETER: "$f"}


def test_a_called_pipeline_is_no_branch() -> None:
    text = body("a = inner(n=n)", "b = number(x=a)")
    inner = "pipeline inner(n: int) -> int:\n    r = number(x=n)\n    return r\n\n"
    found, _ = check_program(text.replace("pipeline p", f"{inner}pipeline p"))
    assert features(next(p for p in found if p.name == "p")) == ()


def test_a_refused_feature_is_reported_where_it_is_used_first() -> None:
    text = body("a = number(x=n)", "b = number(x=a) with retry(1)", "c = number(x=b) with retry(2)")
    bag = Bag()
    check(pipeline(text), "cron", {Feature.RETRY: Refusal("it starts a job once", "make the step try again")}, bag)
    (found,) = bag
    assert (found.rule.code, found.message) == ("E1120", "target `cron` cannot express retry: it starts a job once")
    assert found.help == "make the step try again"
    assert text[found.primary.span.start : found.primary.span.end].startswith("b = number(x=a) with retry(1)")


def test_what_is_not_refused_is_not_reported() -> None:
    bag = Bag()
    check(pipeline(body(*FOR)), "cron", {Feature.RETRY: Refusal("", "")}, bag)
    assert len(bag) == 0
