"""`mloc blame`: from a task on an engine back to the line of the program."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator

from mloc.cli.arguments import Blame
from mloc.cli.codes import FAILED, OK
from mloc.cli.traces import Task, Trace, Unit, traces
from mloc.diagnostics.display import clean
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass

_DOES = {
    "parameters": "checks the pipeline's parameters",
    "items": "lists the items",
    "collect": "collects what the items yield",
    "decide": "decides which arm is taken",
    "merge": "gives the values of the arm that was taken",
}
_MOST_LISTED = 20


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the program: the id of a step, branch or fan-out as in a run report.

    `does` says what the task does there, where it does not run the step.
    """

    task: str
    file: str
    line: int | None
    id: str
    does: str | None
    text: str


def blame(command: Blame) -> int:
    known = traces(command.bundle)
    found = {trace.place: given for trace in known if (given := places(trace, command.task))}
    if not found:
        print(f"mloc: {clean(_unknown(known, command.task))}", file=sys.stderr)
        return FAILED
    if command.output_format == "json":
        print(json.dumps([_json(bundle, each) for bundle, given in found.items() for each in given], indent=2))
        return OK
    for bundle, given in found.items():
        if len(found) > 1:
            print(clean(f"{bundle}:"))
        for each in given:
            _show(each)
    return OK


def _json(bundle: str, found: Found) -> dict[str, object]:
    return {"bundle": bundle, **{name: getattr(found, name) for name in ("task", "file", "line", "id", "does", "text")}}


def _show(found: Found) -> None:
    line = "" if found.line is None else f":{found.line}"
    print(clean(f"{found.file}{line}: {found.id}{f' ({found.does})' if found.does else ''}"))
    if found.text:
        print(clean(f"    {found.text}"))


def places(trace: Trace, text: str) -> tuple[Found, ...]:
    """The places that a task stands for, in the order of the source; none when the bundle has no such task."""
    for name, indices in _candidates(trace, text):
        tasks = [(task, indices) for task in trace.tasks if task.names[:1] == (name,)]
        tasks = tasks or [(task, indices) for task in trace.tasks if name in task.names] or list(_matching(trace, name))
        if tasks:
            found = [_found(trace, name, task, trace.units[unit], at) for task, at in tasks for unit in task.units]
            return tuple(dict.fromkeys(found))
    # Not the engine's name for it but ours, as in a run report.
    node = re.sub(r"\[\d+\]", "[]", text)
    indices = tuple(int(index) for index in re.findall(r"\[(\d+)\]", text))
    steps = [unit for unit in trace.units.values() if unit.node == node and unit.id == node]
    return tuple(_found(trace, text, None, unit, indices) for unit in steps)


def _candidates(trace: Trace, text: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """What a text may name: all of it or what a spelling finds in it, with or without an index behind and the pipeline before."""
    texts: list[tuple[str, tuple[int, ...]]] = [(text, ())]
    for spelling in trace.spellings:
        match = re.fullmatch(spelling, text)
        if match is not None:
            index = match.groupdict().get("index")
            texts.append((match["task"], () if index is None else (int(index),)))
    for each, given in texts:
        bare = re.sub(r"(\[\d+\])+$", "", each)
        indices = given or tuple(int(index) for index in re.findall(r"\d+", each[len(bare) :]))
        for name in dict.fromkeys((each, bare, bare.removeprefix(f"{trace.pipeline}."))):
            yield name, indices


def _matching(trace: Trace, name: str) -> Iterator[tuple[Task, tuple[int, ...]]]:
    for task in trace.tasks:
        for pattern in task.patterns:
            match = re.fullmatch(pattern, name)
            if match is not None:
                yield task, tuple(int(index) for index in match.groups() if index is not None)
                break


def _found(trace: Trace, name: str, task: Task | None, unit: Unit, indices: tuple[int, ...]) -> Found:
    does = None if task is None else task.role or _does(unit)
    id_ = unit.node or trace.pipeline
    for index in indices:
        id_ = id_.replace("[]", f"[{index}]", 1)
    if unit.line is None:
        return Found(name, trace.file, None, id_, does, "")
    return Found(name, unit.line.file, unit.line.number, id_, does, unit.line.text)


def _does(unit: Unit) -> str | None:
    if unit.kind == "eval":
        return "gives what an item yields" if unit.node else "gives the pipeline's outputs"
    return _DOES.get(unit.kind)


def _unknown(known: tuple[Trace, ...], text: str) -> str:
    names = [name for trace in known for task in trace.tasks for name in task.names]
    own = list(dict.fromkeys(task.names[0] for trace in known for task in trace.tasks if task.names))
    if len(known) == 1:
        said = f"the bundle of `{known[0].pipeline}` for {known[0].target} has no task `{text}`"
    else:
        said = f"none of the {len(known)} bundles has a task `{text}`"
    near = suggest(text, names)
    if near:
        return f"{said}; did you mean `{near}`?"
    listed = ", ".join(own[:_MOST_LISTED]) + (" …" if len(own) > _MOST_LISTED else "")
    return f"{said}; it has {listed}" if len(known) == 1 else f"{said}; they have {listed}"
