"""`on failure` and `finally` as Airflow tasks: teardowns, which run when all else has ended, and what makes the run's state the right one.

outputs = give_outputs(...)
after_failure = handle_failure(..., outputs)       a teardown, which Airflow does not ask when it judges the run
at_end(after_failure)
cleanup = clean_up(..., outputs)                   another one
at_end(cleanup)
[outputs, cleanup] >> ended                        the one leaf that it asks: it fails with the body, and with `finally`
"""

from __future__ import annotations

from collections.abc import Iterator

from mloc.backend import Attributes
from mloc.emit.python import call as called
from mloc.emit.python import literal
from mloc.ir.handlers import RUN_NODE, Kind
from mloc.ir.handlers import handlers as handlers_of
from mloc.ir.model import Pipeline, Region
from mloc.ir.program import key
from mloc.ir.walk import calls, closing_exprs, nodes, own_exprs, refs
from mloc_airflow.attributes import of_task, shared
from mloc_airflow.graph import Argument, AtEnd, Bind, Join, Order, Section, Statement, Task
from mloc_airflow.settings import WHOLE_BODY
from mloc_airflow.wiring import Reads, Wiring

_FUNCTIONS: dict[Kind, tuple[str, str, str]] = {
    "on_failure": ("handle_failure", "after_failure", "What `on failure` does, when the run has failed."),
    "finally": ("clean_up", "cleanup", "What `finally` does, at the end of every run."),
}
_NOTE = "The steps run one after another in this task, each with its own retries."


def handlers(wiring: Wiring, attributes: Attributes, pipeline: Pipeline, outputs: str) -> Iterator[Statement]:
    """The statements at the end of a DAG; `outputs` is the variable of the task that succeeds when the body does."""
    for kind, region in handlers_of(pipeline):
        task = _task(wiring, attributes, kind, region, outputs)
        yield Section(kind.replace("_", " "), wiring.line(region.nodes[0].id))
        yield Bind(task)
        yield AtEnd(task.variable)
        if kind == "finally":
            ended = wiring.names.python("ended", "all_ended")
            yield Join("", ended, wiring.names.task("ended"), skips=False)
            yield Order((outputs, task.variable), (ended,))


def _task(wiring: Wiring, attributes: Attributes, kind: Kind, region: Region, outputs: str) -> Task:
    function, variable, doc = _FUNCTIONS[kind]
    reads, own = Reads(), {node.id for node in nodes(region)}
    reads.arguments[outputs] = Argument(outputs, outputs, "Outputs | None")
    for ref in refs(*(expr for node in nodes(region) for expr in (*own_exprs(node), *closing_exprs(node)))):
        if ref.node not in own and ref.node != RUN_NODE:
            given = wiring.variable(ref)
            reads.add(key(ref), f"output({given}, {literal(ref.output)})", Argument(given, given, "Outputs | None"))
    return Task(
        wiring.names.task(kind),
        wiring.names.python(function, f"{function}_of_run"),
        wiring.names.python(variable, f"{variable}_of_run"),
        doc,
        wiring.line(region.nodes[0].id),
        tuple(reads.arguments.values()),
        called("run_handler", [literal(kind), reads.code(), outputs]),
        returns="None",
        # What is said of some of its steps alone is reported by `review`.
        options=(*WHOLE_BODY, *of_task(shared(attributes.of(call.id) for call in calls(region)))),
        notes=_NOTE,
    )
