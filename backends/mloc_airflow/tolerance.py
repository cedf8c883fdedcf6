"""The end of a fan-out that tolerates failures: a task that runs whatever became of the items, counts those that failed, and collects."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.emit.python import Bracket, Code, call, literal
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import FanOut
from mloc.ir.program import collect_id, key
from mloc.ir.walk import refs
from mloc_airflow.graph import Argument, Task
from mloc_airflow.wiring import Reads, Scope, Wiring, inside, is_fused

_ANY_END = ("trigger_rule", "TriggerRule.ALL_DONE")
_OF_ITEMS = "Sequence[Outputs] | Outputs | None"


def judge(wiring: Wiring, node: FanOut, scope: Scope, items: str, steps: Iterable[str], leaves: Iterable[str]) -> str:
    """Bind the task; gives its variable. `steps` are those of the tasks of the body, `leaves` of what ends it."""
    last, names = node.id.rpartition(".")[2], wiring.names
    arguments = {items: Argument(items, items, "list[str] | None")} | {step: Argument(step, step, _OF_ITEMS) for step in steps}
    asked: list[Code] = [literal(node.id), items, Bracket("[", tuple(("", step) for step in arguments if step != items), "]")]
    given: dict[str, Code] = {}
    if node.result is not None and is_fused(node):
        given["results"] = call("by_item", [wiring.variables[f"{node.id}[]"], literal("result")])
    elif node.result is not None:
        reads = _yielded(wiring, node, arguments)
        given["captures"] = reads.code()
        arguments = reads.arguments
    variable = names.python(last, f"{last}_list", node.id) if node.result is not None else names.python(f"{last}_judged")
    wiring.variables[collect_id(node)] = variable
    does = f"Collect what `for {node.item} in …` yields, null for the items that failed," if node.result is not None else "Go on,"
    task = Task(
        names.task(collect_id(node)),
        names.python(f"collect_{last}" if node.result is not None else f"judge_{last}", f"judge_{variable}"),
        variable,
        f"{does} where no more failed than are tolerated.",
        wiring.line(node.id),
        tuple(arguments.values()),
        call("tolerated", asked, given),
        options=(_ANY_END,),
        notes="It runs however the items ended; an item that failed shows as such.",
    )
    wiring.bind(task, scope, (items, *leaves))
    return variable


def _yielded(wiring: Wiring, node: FanOut, arguments: dict[str, Argument]) -> Reads:
    """What `yield` reads: of the body by item, of all else what there is."""
    reads, within = Reads(dict(arguments)), inside(node)
    for ref in refs(node.result):
        if ref.node in (node.id, RUN_NODE):
            continue
        variable, output = wiring.variable(ref), literal(ref.output)
        if ref.node in within:
            reads.add(key(ref), f"by_item({variable}, {output})", Argument(variable, variable, _OF_ITEMS))
        else:
            reads.add(key(ref), f"output({variable}, {output})", Argument(variable, variable, "Outputs | None"))
    return reads
