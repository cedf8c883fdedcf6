"""What is said when a target cannot express a construct that a pipeline uses."""

from __future__ import annotations

from mloc.backend import PART_OF, Backend, refusal
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_EXPRESSIBLE
from mloc.ir.model import Pipeline
from mloc.passes.features import features
from mloc.source import Span


def check(pipeline: Pipeline, backend: Backend, bag: Bag) -> None:
    """Report every feature used that the target refuses, where it is first used."""
    for use in features(pipeline, backend.name):
        refused, whole = refusal(backend, use.feature), PART_OF.get(use.feature)
        if refused is None or (whole is not None and refusal(backend, whole) is not None):
            continue  # who cannot have the whole need not be told of its parts
        span = use.span or pipeline.span or Span(pipeline.source, 0, 0)
        message = f"target `{backend.name}` cannot express {use.feature.value}: {refused.reason}"
        bag.report(NOT_EXPRESSIBLE, span, message, label=f"`{use.node}`", help=refused.alternative)
