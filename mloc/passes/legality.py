"""Which constructs a pipeline uses, and what is said when a target cannot express one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple, assert_never

from mloc.backend import Feature, Refusal
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_EXPRESSIBLE
from mloc.ir.called import is_called
from mloc.ir.model import Branch, Call, FanOut, Node, Pipeline, Region, RunShell
from mloc.ir.walk import regions
from mloc.source import Span
from mloc.types.model import holds_artifact


class Use(NamedTuple):
    """A feature with the first place that uses it; `node` is the id of a node, or `$name` for a parameter."""

    feature: Feature
    span: Span | None
    node: str


def features(pipeline: Pipeline) -> tuple[Use, ...]:
    """Every feature a pipeline uses, once, in order of first use."""
    first: dict[Feature, Use] = {}
    for use in _uses(pipeline):
        first.setdefault(use.feature, use)
    return tuple(first.values())


def check(pipeline: Pipeline, backend_name: str, refused: Mapping[Feature, Refusal], bag: Bag) -> None:
    """Report every feature used that the target refuses, where it is first used."""
    for use in features(pipeline):
        refusal = refused.get(use.feature)
        if refusal is None:
            continue
        span = use.span or pipeline.span or Span(pipeline.source, 0, 0)
        message = f"target `{backend_name}` cannot express {use.feature.value}: {refusal.reason}"
        bag.report(NOT_EXPRESSIBLE, span, message, label=f"`{use.node}`", help=refusal.alternative)


def _uses(pipeline: Pipeline) -> Iterator[Use]:
    for parameter in pipeline.parameters:
        if holds_artifact(parameter.type):
            yield Use(Feature.ARTIFACT_PARAMETER, parameter.span, f"${parameter.name}")
    shells = frozenset(step.name for step in pipeline.steps if isinstance(step.run, RunShell))
    for node, in_branch, in_fan_out in _placed(pipeline.region):
        for feature in _of(node, shells, in_branch, in_fan_out):
            yield Use(feature, node.span, node.id)


def _placed(region: Region, in_branch: bool = False, in_fan_out: bool = False) -> Iterator[tuple[Node, bool, bool]]:
    """Every node, and whether a branch or a fan-out is somewhere around it."""
    for node in region.nodes:
        yield node, in_branch, in_fan_out
        is_choice = isinstance(node, Branch) and not is_called(node)
        for inner in regions(node):
            yield from _placed(inner, in_branch or is_choice, in_fan_out or isinstance(node, FanOut))


def _of(node: Node, shells: frozenset[str], in_branch: bool, in_fan_out: bool) -> Iterator[Feature]:
    match node:
        case Call(settings=settings):
            if settings.retry.count > 0:
                yield Feature.RETRY
            if settings.timeout_ms is not None:
                yield Feature.TIMEOUT
            if node.step in shells:
                yield Feature.SHELL
            return
        case Branch():
            if not is_called(node):
                yield Feature.BRANCH
                if in_branch:
                    yield Feature.BRANCH_IN_BRANCH
                if in_fan_out:
                    yield Feature.BRANCH_IN_FAN_OUT
        case FanOut():
            yield Feature.FAN_OUT
            if in_branch:
                yield Feature.FAN_OUT_IN_BRANCH
            if in_fan_out:
                yield Feature.NESTED_FAN_OUT
            if node.limit is not None:
                yield Feature.FAN_OUT_LIMIT
        case _:
            assert_never(node)
    if node.after:
        yield Feature.ORDER_ON_REGION
