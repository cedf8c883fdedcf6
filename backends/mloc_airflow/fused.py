"""The plan of the bodies and handlers that run as one task (`bodies.json`): their units, and what each waits for."""

from __future__ import annotations

from typing import assert_never

from mloc.ir.handlers import handlers
from mloc.ir.model import Branch, Call, FanOut, Node, Pipeline, Region
from mloc.ir.program import collect_id, merge_id, yield_id
from mloc.ir.walk import nodes, predecessors
from mloc.types.encode import Json
from mloc_airflow.wiring import is_fused


def plan(pipeline: Pipeline) -> dict[str, Json]:
    """The fused fan-outs by id, and the handlers. A fused one within a fused one is part of its plan, not an entry."""
    found: dict[str, Json] = {}
    for node in nodes(pipeline.region):
        if isinstance(node, FanOut) and is_fused(node) and not any(node.id.startswith(f"{outer}[].") for outer in found):
            found[node.id] = _node(node, ())
    return found | {kind: {"id": kind, "body": _region(region)} for kind, region in handlers(pipeline)}


def _region(region: Region) -> list[Json]:
    siblings = frozenset(node.id for node in region.nodes)
    return [_node(node, predecessors(node, siblings)) for node in region.nodes]


def _node(node: Node, after: tuple[str, ...]) -> Json:
    common: dict[str, Json] = {"id": node.id, "after": list(after)}
    match node:
        case Call():
            return common
        case Branch():
            merge = merge_id(node) if node.merged else None
            return {**common, "arms": [_region(arm.region) for arm in node.arms], "merge": merge}
        case FanOut():
            gives = node.result is not None
            last: dict[str, Json] = {"yield": yield_id(node) if gives else None, "collect": collect_id(node) if gives else None}
            return {**common, "body": _region(node.region), **last}
        case _:
            assert_never(node)
