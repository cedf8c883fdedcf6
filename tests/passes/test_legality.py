"""What is said of a construct that a target refuses."""

from __future__ import annotations

from dataclasses import replace

from mloc.backend import Feature, Refusal, refusal
from mloc.diagnostics.model import Bag
from mloc.passes.legality import check
from mloc_kfp import Kfp
from tests.elaborate.programs import body, pipeline

CRON = replace(Kfp(), name="cron", refused={Feature.RETRY: Refusal("it starts a job once", "make the step try again")})
RETRIED = body("a = number(x=n)", "b = number(x=a) with retry(1)", "c = number(x=b) with retry(2)")


def test_a_refused_feature_is_reported_where_it_is_used_first() -> None:
    bag = Bag()
    check(pipeline(RETRIED), CRON, bag)
    (found,) = bag
    assert (found.rule.code, found.message) == ("E1120", "target `cron` cannot express retry: it starts a job once")
    assert found.help == "make the step try again"
    assert RETRIED[found.primary.span.start : found.primary.span.end].startswith("retry(1)")


def test_what_is_not_refused_is_not_reported() -> None:
    bag = Bag()
    check(pipeline(body("a = number(x=n)")), CRON, bag)
    assert len(bag) == 0


def test_what_a_backend_says_nothing_of_is_refused() -> None:
    silent = replace(CRON, capabilities={k: v for k, v in CRON.capabilities.items() if k is not Feature.PARAMETER})
    bag = Bag()
    check(pipeline(body("a = number(x=n)")), silent, bag)
    (found,) = bag
    assert found.message == "target `cron` cannot express a pipeline parameter: its backend does not say how"
    assert refusal(CRON, Feature.PARAMETER) is None


def test_one_refusal_for_a_construct_and_its_parts() -> None:
    text = body("m = many(n=n)", "ys = for x in m.xs limit 2:", "    y = number(x=x)", "    yield y")
    refused = {feature: Refusal("the graph is fixed", "write the calls out") for feature in (Feature.FAN_OUT, Feature.COLLECT)}
    bag = Bag()
    check(pipeline(text), replace(CRON, refused=refused), bag)
    assert [found.message for found in bag] == ["target `cron` cannot express for: the graph is fixed"]


def test_a_part_that_alone_is_refused() -> None:
    text = body("m = many(n=n)", "for x in m.xs limit 2:", "    number(x=x)")
    bag = Bag()
    check(pipeline(text), replace(CRON, refused={Feature.FAN_OUT_LIMIT: Refusal("it counts nothing", "leave it out")}), bag)
    assert [found.message for found in bag] == ["target `cron` cannot express for … limit: it counts nothing"]
