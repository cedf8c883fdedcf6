"""Finds what is wrong with a PipelineSpec: Kubeflow itself says so only when a run is on its way, or never."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from mloc import patterns
from mloc.types.encode import Json
from mloc_kfp.spec import Doc, producer

_CONDITION = patterns.of(r"inputs\.parameter_values\['([^']+)'\] == '\"[a-z0-9]+\"'")
_LABEL = patterns.of(r"[a-z0-9](?:[-a-z0-9]*[a-z0-9])?")


def verify(spec: Doc) -> tuple[str, ...]:
    """What is wrong, each with its place; nothing for a sound document.

    Every component and executor exists and is used, every input is given once with the type it wants, by a task or an input that is there,
    every output is made, no two interfaces share a container, tasks wait for what they read from and no task for itself, and a condition
    reads an input of its own task.
    """
    components, executors = _part(spec, "components"), _part(_part(spec, "deploymentSpec"), "executors")
    root = _part(spec, "root")
    dags = {"root": root} | {name: _map(found) for name, found in components.items() if "dag" in _map(found)}
    faults = [fault for name, dag in dags.items() for fault in _dag(name, dag, components)]
    used = {str(_part(_map(task), "componentRef").get("name")) for dag in dags.values() for task in _tasks(dag).values()}
    labels = {str(_map(found)["executorLabel"]) for found in components.values() if "executorLabel" in _map(found)}
    faults += [f"component {name} is used by no task" for name in components if name not in used]
    faults += [f"there is no executor {name}" for name in sorted(labels - set(executors))]
    faults += [f"executor {name} is used by no component" for name in executors if name not in labels]
    return (*faults, *_shared(components, executors))


def _shared(components: Doc, executors: Doc) -> Iterator[str]:
    """Kubeflow keeps one interface for each container, whichever components run in it: the others would be taken for that one."""
    first: dict[str, tuple[str, Json]] = {}
    for name, found in components.items():
        label = _map(found).get("executorLabel")
        if label is None:
            continue
        container = json.dumps(_part(_map(executors.get(str(label), {})), "container"), sort_keys=True)
        interface = {key: value for key, value in _map(found).items() if key != "executorLabel"}
        other, known = first.setdefault(container, (name, interface))
        if known != interface:
            yield f"components {other} and {name} share a container and differ in inputs or outputs"


def _dag(name: str, dag: Doc, components: Mapping[str, Json]) -> Iterator[str]:
    tasks = _tasks(dag)
    for label, found in tasks.items():
        task, place = _map(found), f"{name}/{label}"
        if not _LABEL.fullmatch(label) or len(label) > 63:
            yield f"{place}: no name for a task"
        reference = str(_part(task, "componentRef").get("name"))
        if reference not in components:
            yield f"{place}: there is no component {reference}"
            continue
        yield from _inputs(place, task, _map(components[reference]), dag, components)
        yield from _order(place, label, task, tasks)
        condition = _part(task, "triggerPolicy").get("condition")
        if condition is not None:
            match = _CONDITION.fullmatch(str(condition))
            if match is None or match[1] not in _part(_part(task, "inputs"), "parameters"):
                yield f"{place}: the condition {condition} reads nothing that the task is given"
    yield from _cycles(name, tasks)
    yield from _outputs(name, dag, components)


def _inputs(place: str, task: Doc, wanted: Doc, dag: Doc, components: Mapping[str, Json]) -> Iterator[str]:
    iterator = _part(task, "parameterIterator")
    for side in ("parameters", "artifacts"):
        given, declared = _part(_part(task, "inputs"), side), _part(_part(wanted, "inputDefinitions"), side)
        item = {str(iterator["itemInput"])} if iterator and side == "parameters" else set()
        yield from (f"{place}: {name} is given and not declared" for name in given if name not in declared)
        yield from (f"{place}: {name} is not given" for name in declared if name not in given and name not in item)
        for name, source in given.items():
            found = _type_of(_map(source), side, dag, components)
            expected = _shape(_map(declared.get(name, {})))
            if found is None:
                yield f"{place}: {name} comes from nowhere: {source}"
            elif found != expected and "runtimeValue" not in _map(source):
                yield f"{place}: {name} is {found} and should be {expected}"
    if iterator:
        items = str(_part(iterator, "items").get("inputParameter"))
        if _shape(_map(_part(_part(wanted, "inputDefinitions"), "parameters").get(items, {}))) != "LIST":
            yield f"{place}: {items} is no list to loop over"


def _type_of(source: Doc, side: str, dag: Doc, components: Mapping[str, Json]) -> str | None:
    """The type of what an input is given; None when there is no such thing."""
    if "runtimeValue" in source:
        return "constant"
    if "taskFinalStatus" in source:
        return "TASK_FINAL_STATUS" if str(_part(source, "taskFinalStatus").get("producerTask")) in _tasks(dag) else None
    parent = source.get("componentInputParameter" if side == "parameters" else "componentInputArtifact")
    if parent is not None:
        found = _part(_part(dag, "inputDefinitions"), side).get(str(parent))
        return None if found is None else _shape(_map(found))
    made = _map(source.get("taskOutputParameter" if side == "parameters" else "taskOutputArtifact", {}))
    key = made.get("outputParameterKey" if side == "parameters" else "outputArtifactKey")
    return _output_type(str(made.get("producerTask")), str(key), side, dag, components)


def _output_type(task: str, key: str, side: str, dag: Doc, components: Mapping[str, Json]) -> str | None:
    reference = _part(_map(_tasks(dag).get(task, {})), "componentRef").get("name")
    found = _part(_part(_map(components.get(str(reference), {})), "outputDefinitions"), side).get(key)
    return None if found is None else _shape(_map(found))


def _shape(definition: Doc) -> str:
    schema = _part(definition, "artifactType").get("schemaTitle")
    return str(schema or definition.get("parameterType"))


def _order(place: str, label: str, task: Doc, tasks: Mapping[str, Json]) -> Iterator[str]:
    waits = _list(task.get("dependentTasks", []))
    yield from (f"{place}: waits for {other}, which is not there" for other in waits if other not in tasks)
    for side in ("parameters", "artifacts"):
        for source in _part(_part(task, "inputs"), side).values():
            maker = producer(source)
            if maker is not None and maker not in waits:
                yield f"{place}: reads from {maker} without waiting for it"


def _cycles(name: str, tasks: Mapping[str, Json]) -> Iterator[str]:
    waits = {label: [str(other) for other in _list(_map(task).get("dependentTasks", []))] for label, task in tasks.items()}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        yield f"{name}: these tasks wait for each other: {', '.join(error.args[1])}"


def _outputs(name: str, dag: Doc, components: Mapping[str, Json]) -> Iterator[str]:
    declared = _part(_part(dag, "outputDefinitions"), "parameters")
    made = _part(_part(_part(dag, "dag"), "outputs"), "parameters")
    yield from (f"{name}: the output {key} is declared and not made, or the reverse" for key in set(declared) ^ set(made))
    for key, found in made.items():
        selector = _map(found)
        chosen = _list(_part(selector, "valueFromOneof").get("parameterSelectors", []))
        for source in [_map(one) for one in chosen] or [_part(selector, "valueFromParameter")]:
            task, output = str(source.get("producerSubtask")), str(source.get("outputParameterKey"))
            if _output_type(task, output, "parameters", dag, components) is None:
                yield f"{name}: the output {key} is to come from {task}.{output}, which is not there"


def _tasks(dag: Doc) -> Doc:
    return _part(_part(dag, "dag"), "tasks")


def _part(document: Doc, name: str) -> Doc:
    return _map(document.get(name, {}))


def _map(value: Json) -> Doc:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
