"""How large a pipeline may get, as far as the program says: what backends hold against the limits of their engines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from mloc.backend import Attributes
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import FAN_OUT_TOO_LONG, NAME_SHORTENED, RAW_PATCH
from mloc.ir.constant import whole
from mloc.ir.model import Call, Const, Expr, FanOut, MakeList, Node, Pipeline, Ref, Region, Widen
from mloc.ir.walk import nodes, regions
from mloc.source import Span
from mloc.types.model import Bounds, Domain


def place(pipeline: Pipeline, node: str = "") -> Span:
    """Where a node stands, or the pipeline."""
    found = next((each.span for each in _all(pipeline) if each.id == node), None) if node else None
    return found or pipeline.span or Span(pipeline.source, 0, 0)


def setting_place(pipeline: Pipeline, call: Call, setting: str, attributes: Attributes) -> Span:
    """Where a setting of a call was declared: in a target block, in the step or at the call."""
    of_target = next((span for (path, name), span in attributes.spans.items() if path in ("", call.id) and _of(name, setting)), None)
    return of_target or dict(call.spans).get(setting) or place(pipeline, call.id)


def _of(name: str, setting: str) -> bool:
    return name.partition(".")[0] == setting


def outer_fan_outs(region: Region) -> Iterator[FanOut]:
    """The fan-outs that stand in no other one."""
    for node in region.nodes:
        if isinstance(node, FanOut):
            yield node
        else:
            for inner in regions(node):
                yield from outer_fan_outs(inner)


def most_items(pipeline: Pipeline, source: Expr) -> int | None:
    """How many items a list may have by its domain, or has when it stands in the program; None when nothing says."""
    match source:
        case Widen(_, value):
            return most_items(pipeline, value)
        case Const(_, text):
            return len(json.loads(text))
        case MakeList(_, items):
            return len(items)
        case Ref(_, "$", name):
            return _most(next((p.domain for p in pipeline.parameters if p.name == name), None))
        case Ref(_, node, output):
            steps = {call.id: call.step for call in _all(pipeline) if isinstance(call, Call)}
            declared = next((step for step in pipeline.steps if step.name == steps.get(node)), None)
            return None if declared is None else _most(next((o.domain for o in declared.outputs if o.name == output), None))
        case _:
            return None


def report_long_fan_outs(pipeline: Pipeline, fan_outs: Iterable[FanOut], limit: int, what: str, help_: str, bag: Bag) -> None:
    """Report the fan-outs whose lists may have more than `limit` items; `what` says in a few words whose limit that is."""
    for fan_out in fan_outs:
        most = most_items(pipeline, fan_out.source)
        if most is not None and most > limit:
            message = f"`for {fan_out.item} in …` may have {most} items: {what} takes at most {limit}"
            bag.report(FAN_OUT_TOO_LONG, place(pipeline, fan_out.id), message, help=help_)


def report_shortened(pipeline: Pipeline, names: Mapping[str, str], engine: str, limit: int, bag: Bag) -> None:
    """Report the names of nodes, and of the pipeline, that are others on an engine because they are too long."""
    for id_, name in names.items():
        what = "pipeline" if id_ == pipeline.name else "step"
        message = f"the name of {what} `{id_}` is too long for {engine}, where it is `{name}`"
        help_ = f"{engine} has room for {limit} characters; `names.json` in the bundle has both names"
        bag.report(NAME_SHORTENED, place(pipeline, "" if what == "pipeline" else id_), message, help=help_)


def report_raw(attributes: Attributes, pipeline: Pipeline, engine: str, bag: Bag) -> None:
    """Report every `raw`: what it puts into the bundle is neither checked nor portable."""
    seen: set[Span] = set()
    for path, said in (("", attributes.pipeline), *attributes.calls.items()):
        span = attributes.spans.get((path, "raw"), place(pipeline, path))
        if "raw" in said and span not in seen:
            seen.add(span)
            message = f"`raw` puts what it says into the bundle for {engine} as it is: mloc checks none of it"
            bag.report(RAW_PATCH, span, message, help="use an attribute of the target where there is one")


def _all(pipeline: Pipeline) -> Iterator[Node]:
    for region in (pipeline.region, pipeline.on_failure, pipeline.final):
        yield from nodes(region)


def _most(domain: Domain | None) -> int | None:
    return whole(domain.high) if isinstance(domain, Bounds) else None
