"""What every task of a PipelineSpec stands for in the program: for `trace.json`, and as comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc.backend import Request
from mloc.emit.trace import Traced, note
from mloc.emit.yaml import Notes
from mloc.frozen import dataclass, replace
from mloc.ir.program import OUTPUTS, step_line, unit_nodes
from mloc.ir.walk import calls
from mloc.runner.jsons import as_object, as_text, parse
from mloc.types.encode import Json
from mloc_kfp.naming import Names
from mloc_kfp.spec import UNIT, Doc
from mloc_kfp.vendored.handover import FIRST, LAST

# The name of a node of Argo's (`flights-x7k2p.root.winner.executor`), which its pod has as an annotation.
SPELLINGS = (r"(?:\S*\.)?(?P<task>(?!executor$)[a-z0-9-]+?)(?:-driver)?(?:\.executor)?",)


@dataclass(frozen=True, slots=True)
class _Task:
    """A task of the DAG of a component ("" for the root's), what it runs, and the node that is for; a DAG runs no unit.

    `is_own` says that its executor is that of a step: not so of what stands before and after a container.
    """

    dag: str
    label: str
    component: str
    executor: str | None
    unit: str | None
    node: str | None
    is_own: bool


def traced(spec: Doc, names: Names, request: Request) -> tuple[Traced, ...]:
    """Every task, with its component and executor as names that it may share; an alias that is the own name of a task means that alone."""
    found = tuple(_tasks(spec, names, request))
    own = {task.label for task in found}
    entries = []
    known = unit_nodes(request.pipeline)
    for task in found:
        # `kfp.local` calls a task by its component.
        aliases = (task.component, task.component.removeprefix("comp-"), *((task.executor,) if task.executor else ()))
        entry = Traced((task.label, *(name for name in aliases if name not in own)), ())
        if task.unit in known:
            entries.append(replace(entry, units=(str(task.unit),)))
        else:
            # What stands around the body of a pipeline with handlers is of no node.
            entries.append(replace(entry, units=(task.node if task.node in known else OUTPUTS,), role="a DAG"))
    return tuple(entries)


def notes(spec: Doc, names: Names, request: Request) -> Notes:
    """Comments: at a task the line of its node, at a step's component and executor that of its declaration."""
    steps = {call.id: call.step for call in calls(request.pipeline.region)}
    tasks: dict[str, dict[str, Notes | str]] = {}
    components: dict[str, str] = {}
    executors: dict[str, str] = {}
    for task in _tasks(spec, names, request):
        if task.node is None:
            continue
        place = note(request.lines.get(task.node))
        tasks.setdefault(task.dag, {})[task.label] = {"": place}
        is_step = task.unit is not None and task.unit in steps
        declared = note(request.lines.get(step_line(steps[task.unit]))) if is_step and task.unit is not None else place
        components.setdefault(task.component, declared)
        if is_step and task.is_own and task.executor is not None:
            executors.setdefault(task.executor, declared)
    inner: dict[str, Notes | str] = {name: {"": text, "dag": {"tasks": tasks.get(name, {})}} for name, text in components.items()}
    return {"root": {"dag": {"tasks": tasks.get("", {})}}, "components": inner, "deploymentSpec": {"executors": executors}}


def _tasks(spec: Doc, names: Names, request: Request) -> Iterator[_Task]:
    nodes = unit_nodes(request.pipeline)
    components = {name: as_object(content, name) for name, content in as_object(spec["components"], "components").items()}
    for place, content in (("", as_object(spec["root"], "the root")), *components.items()):
        if "dag" not in content:
            continue
        for label, each in as_object(as_object(content["dag"], place)["tasks"], place).items():
            task = as_object(each, label)
            component = as_text(as_object(task["componentRef"], label)["name"], label)
            executor = components[component].get("executorLabel")
            call = _call(task)
            unit = None if call is None else as_text(call["unit"], "a unit")
            is_own = call is None or call.get("part") not in (FIRST, LAST)
            node = nodes.get(unit or "", names.nodes.get(label))
            yield _Task(place, label, component, executor if isinstance(executor, str) else None, unit, node, is_own)


def _call(task: Mapping[str, Json]) -> dict[str, Json] | None:
    """What a task's constant input says; none for a DAG."""
    parameters = as_object(as_object(task.get("inputs", {}), "inputs").get("parameters", {}), "parameters")
    if UNIT not in parameters:
        return None
    given = as_object(as_object(parameters[UNIT], UNIT)["runtimeValue"], UNIT)
    return as_object(parse(as_text(given["constant"], UNIT)), UNIT)
