"""What is said when a target cannot express a construct that a pipeline uses."""

from __future__ import annotations

from mloc.backend import PART_OF, Backend, Feature, Level, refusal
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import CACHE_NOT_CARRIED, IGNORED_BY_SERVER, NOT_EXPRESSIBLE
from mloc.ir.model import Pipeline
from mloc.passes.features import features
from mloc.source import Span
from mloc.targets.model import AttributeTable
from mloc.targets.versions import at_least


def check(pipeline: Pipeline, backend: Backend, bag: Bag) -> None:
    """Report every feature used that the target refuses, where it is first used."""
    for use in features(pipeline, backend.name):
        if use.feature is Feature.CACHE and _is_ignored(backend, use.feature) and not _has_its_own(pipeline, backend.name):
            message = f"target `{backend.name}` does not carry `cache`: there `{use.node}` runs every time"
            help_ = "its results are right, and cost what they cost; `mloc run` on this machine keeps them"
            bag.report(CACHE_NOT_CARRIED, use.span or pipeline.span or Span(pipeline.source, 0, 0), message, help=help_)
        refused, whole = refusal(backend, use.feature), PART_OF.get(use.feature)
        if refused is None or (whole is not None and refusal(backend, whole) is not None):
            continue  # who cannot have the whole need not be told of its parts
        span = use.span or pipeline.span or Span(pipeline.source, 0, 0)
        message = f"target `{backend.name}` cannot express {use.feature.value}: {refused.reason}"
        bag.report(NOT_EXPRESSIBLE, span, message, label=f"`{use.node}`", help=refused.alternative)


def _has_its_own(pipeline: Pipeline, target: str) -> bool:
    """Whether the target's block asks for the engine's own cache, by whatever rules that has."""
    return any(a.name == "engine_cache" and a.value == "true" for t in pipeline.targets if t.name == target for a in t.attributes)


def _is_ignored(backend: Backend, feature: Feature) -> bool:
    return feature in backend.capabilities and backend.capabilities[feature].level is Level.IGNORED


def check_version(pipeline: Pipeline, table: AttributeTable, version: str, bag: Bag) -> None:
    """Report every feature used that this version of a target's server refuses, or accepts and ignores."""
    gates = {each.feature: each for each in table.capabilities if not at_least(version, each.since)}
    for use in features(pipeline, table.target) if gates else ():
        gate = gates.get(use.feature.name)
        if gate is None:
            continue
        span = use.span or pipeline.span or Span(pipeline.source, 0, 0)
        server = f"version {version} of target `{table.target}`"
        help_ = f'{gate.alternative}, or say `version "{gate.since}"` or later in the target block where the server is'
        if gate.level == "refused":
            message = f"{server} cannot express {use.feature.value}: {gate.reason}"
            bag.report(NOT_EXPRESSIBLE, span, message, label=f"`{use.node}`", help=help_)
        else:
            message = f"{server} ignores {use.feature.value}: {gate.reason}"
            bag.report(IGNORED_BY_SERVER, span, message, label=f"`{use.node}`", help=help_)
