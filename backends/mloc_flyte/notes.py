"""What handlers read of the body: its tasks note it on a board, since a failure node is given no more than the body is."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.ir.handlers import RUN_NODE, handlers
from mloc.ir.model import RUN, Branch, Expr, FanOut, Node, Pipeline
from mloc.ir.walk import every_node, nodes, own_exprs, refs

# No name of the user's has a `$`.
BOARD = "board$"
"""The place of the board, as if it were a capture."""
STATUS = f"{RUN_NODE}.status"
ERROR = f"{RUN_NODE}.error"


def noted(pipeline: Pipeline, units: Mapping[str, object]) -> frozenset[str]:
    """The keys of what handlers read of the body, what failed included."""
    made_before = {node.id for node in nodes(pipeline.region)}
    found = set()
    for unit in units.values():
        pairs = unit.get("captures") if isinstance(unit, dict) and "handler" in unit else None
        for capture, *_ in pairs if isinstance(pairs, list) else ():
            if capture == ERROR or str(capture).rpartition(".")[0] in made_before:
                found.add(str(capture))
    return frozenset(found)


def needs_launch(pipeline: Pipeline) -> bool:
    """Whether something reads what the task `launch` says: a value of the run, or the board."""
    made_before = {node.id for node in nodes(pipeline.region)}
    later = {(ref.node, ref.output) for _, region in handlers(pipeline) for node in nodes(region) for ref in refs(*_exprs(node))}
    if any(node in made_before or (node, output) == (RUN_NODE, "error") for node, output in later):
        return True
    read = refs(*(result.value for result in pipeline.results), *(expr for node in every_node(pipeline) for expr in _exprs(node)))
    return any(ref.node == RUN_NODE and ref.output in RUN for ref in read)


def _exprs(node: Node) -> tuple[Expr, ...]:
    """All that is computed for a node."""
    match node:
        case Branch(merged=merged):
            return (*own_exprs(node), *(value for each in merged for value in each.values))
        case FanOut(result=result) if result is not None:
            return (*own_exprs(node), result)
        case _:
            return own_exprs(node)
