"""What the handlers of a pipeline, `on failure` and `finally`, read: values of the body that may be absent, and what became of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from mloc.ir.model import RUN, Pipeline, Region
from mloc.types.model import INT, STR, Field, Optional, Record, Type, optional

Kind: TypeAlias = Literal["on_failure", "finally"]
"""How the ids of a handler's nodes begin."""

RUN_NODE = "run"
"""The node that says what is known of the run, and in handlers what became of it; no node of the user's can be called so."""

ERROR = Record((Field("step", Optional(STR)), Field("message", STR), Field("line", Optional(INT))), "run error")
"""The first failure in time: the step's id, null when it was none, and the source line where it is known."""


def handlers(pipeline: Pipeline) -> tuple[tuple[Kind, Region], ...]:
    """The handlers that a pipeline has, in the order in which they run."""
    every: tuple[tuple[Kind, Region], ...] = (("on_failure", pipeline.on_failure), ("finally", pipeline.final))
    return tuple((kind, region) for kind, region in every if region.nodes)


def run_outputs(kind: Kind) -> Mapping[str, Type]:
    """What the node `run` gives in a handler. There is an error in `on failure` only: in `finally` the run may have succeeded."""
    always = {**RUN, "status": STR}
    return {**always, "error": ERROR} if kind == "on_failure" else always


def seen_after(type_: Type) -> Type:
    """The type that a value of the body has in a handler, where it may be absent."""
    return optional(type_)
