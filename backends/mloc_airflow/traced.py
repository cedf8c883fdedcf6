"""What every task and group of a DAG stands for in the program, for `trace.json`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from mloc.emit.trace import Traced
from mloc.ir.program import OUTPUTS, PARAMETERS
from mloc.types.encode import Json
from mloc_airflow.graph import Arms, Bind, Body, Graph, Join, Statement, Task

# The path of a task's log, and how Airflow's messages show a task.
SPELLINGS = (
    r".*\btask_id=(?P<task>[^/\s]+)(?:.*\bmap_index=(?P<index>\d+))?.*",
    r".*<TaskInstance: (?P<task>\S+)(?: [^>]*\bmap_index=(?P<index>\d+))?[^>]*>.*",
)


def traced(graph: Graph, bodies: Mapping[str, Json]) -> Iterator[Traced]:
    """The tasks in the order in which the DAG makes them. One that runs a whole body stands for all the units in it."""
    yield from _statements(graph.statements, bodies)


def _statements(statements: Iterable[Statement], bodies: Mapping[str, Json]) -> Iterator[Traced]:
    for statement in statements:
        match statement:
            case Bind(task):
                yield Traced((task.task_id,), _units(task, bodies))
            case Join():
                yield Traced((statement.task_id,), (statement.node or OUTPUTS,), "a task that only waits")
            case Arms() | Body():
                yield Traced((statement.group_id,), (statement.node,), "a group of tasks")
                yield from _statements(statement.statements, bodies)
            case _:
                pass


def _units(task: Task, bodies: Mapping[str, Json]) -> tuple[str, ...]:
    """The units that a task runs, or all those of a body that it runs whole: what its function calls names them first, or not at all."""
    if isinstance(task.result, str) or not task.result.items:
        return (PARAMETERS,)
    unit = str(json.loads(str(task.result.items[0][1])))
    return tuple(_calls(bodies[unit])) if task.result.opening in ("run_body(", "run_handler(") else (unit,)


def _calls(node: Json) -> Iterator[str]:
    """The steps of a fused body, in the order of the source."""
    if not isinstance(node, dict):
        return
    for inner in (*_nodes(node.get("body")), *(each for arm in _nodes(node.get("arms")) for each in _nodes(arm))):
        if isinstance(inner, dict) and not {"arms", "body"} & inner.keys():
            yield str(inner["id"])
        yield from _calls(inner)


def _nodes(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
