"""Whether every step of a run waited for what it needs, by the times in its report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from mloc.frozen import dataclass
from mloc.ir.model import Call, Expr, Node, Pipeline, Region
from mloc.ir.walk import captured, nodes, own_exprs, refs, regions
from mloc.runner.jsons import Json


@dataclass(frozen=True, slots=True)
class _Place:
    """A call, and the nodes that it waits for: those it reads or comes after, and those of the regions around it."""

    call: Call
    needs: tuple[str, ...]


def out_of_order(pipeline: Pipeline, steps: Mapping[str, Json]) -> tuple[tuple[str, str], ...]:
    """The pairs of steps of a report whose second began before the first had ended, though it needs it."""
    inside = {node.id: _calls(node) for region in _regions(pipeline) for node in nodes(region)}
    instances = _instances(pipeline, steps)
    indices = {id_: place for of_call in instances.values() for id_, place in of_call.items()}
    found: dict[tuple[str, str], None] = {}
    for place in _places(pipeline):
        for needed in place.needs:
            shared = needed.count("[]")
            for before in (id_ for call in inside.get(needed, ()) for id_ in instances.get(call, {})):
                for after in instances.get(place.call.id, {}):
                    if indices[before][:shared] == indices[after][:shared] and _began_early(steps[before], steps[after]):
                        found[before, after] = None
    return tuple(found)


def _regions(pipeline: Pipeline) -> tuple[Region, ...]:
    return pipeline.region, pipeline.on_failure, pipeline.final


def _places(pipeline: Pipeline) -> Iterator[_Place]:
    # A handler begins when all before it has ended.
    earlier: tuple[str, ...] = ()
    for region in _regions(pipeline):
        yield from _within(region, earlier, frozenset())
        earlier = (*earlier, *(node.id for node in region.nodes))


def _within(region: Region, needs: tuple[str, ...], around: frozenset[str]) -> Iterator[_Place]:
    for node in region.nodes:
        own = (*needs, *_read(own_exprs(node)), *node.after)
        if isinstance(node, Call):
            yield _Place(node, tuple(dict.fromkeys(id_ for id_ in own if id_ not in around)))
            continue
        within = (*own, *(ref.node for ref in captured(node)))
        for inner in regions(node):
            yield from _within(inner, within, around | {node.id})


def _read(exprs: tuple[Expr, ...]) -> tuple[str, ...]:
    return tuple(ref.node for ref in refs(*exprs))


def _calls(node: Node) -> tuple[str, ...]:
    """The calls of a node, itself included."""
    if isinstance(node, Call):
        return (node.id,)
    return tuple(inner.id for region in regions(node) for inner in nodes(region) if isinstance(inner, Call))


def _instances(pipeline: Pipeline, steps: Mapping[str, Json]) -> dict[str, dict[str, tuple[str, ...]]]:
    """For each call the steps of the report that are runs of it, with their places in the fan-outs around it."""
    patterns = {
        node.id: re.compile(re.escape(node.id).replace(re.escape("[]"), r"\[(\d+)\]"))
        for region in _regions(pipeline)
        for node in nodes(region)
        if isinstance(node, Call)
    }
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for call, pattern in patterns.items():
        matches = ((id_, pattern.fullmatch(id_)) for id_ in steps)
        found[call] = {id_: match.groups() for id_, match in matches if match is not None}
    return found


def _began_early(before: Json, after: Json) -> bool:
    match before, after:
        case {"finished": str(finished)}, {"started": str(started)}:
            return started < finished
        case _:
            return False
