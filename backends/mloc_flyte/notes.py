"""What handlers read of the body, which its tasks note on a board; and the keys of what is no value of the program."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.ir.handlers import RUN_NODE, handlers
from mloc.ir.model import RUN, Expr, Node, Pipeline
from mloc.ir.walk import closing_exprs, every_node, nodes, own_exprs, refs

# No name of the user's has a `$`.
BOARD = "board$"
"""The place of the board, as if it were a capture."""
STATUS = f"{RUN_NODE}.status"
ERROR = f"{RUN_NODE}.error"


def state_key(node: str) -> str:
    """What is read of a node that is only waited for, where failures are values."""
    return f"{node}.after$"


def results_key(fan_out: str) -> str:
    """What the items of a fan-out gave, failures among them."""
    return f"{fan_out}.results$"


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
    later = refs(*(expr for _, region in handlers(pipeline) for node in nodes(region) for expr in _exprs(node)))
    if any(ref.node in made_before or (ref.node, ref.output) == (RUN_NODE, "error") for ref in later):
        return True
    return not asked_of_run(pipeline).isdisjoint(RUN)


def asked_of_run(pipeline: Pipeline) -> frozenset[str]:
    """What the body, the handlers and the results ask of the run."""
    exprs = [*(result.value for result in pipeline.results), *(expr for node in every_node(pipeline) for expr in _exprs(node))]
    return frozenset(ref.output for ref in refs(*exprs) if ref.node == RUN_NODE)


def _exprs(node: Node) -> tuple[Expr, ...]:
    """All that is computed for a node."""
    return (*own_exprs(node), *closing_exprs(node))
