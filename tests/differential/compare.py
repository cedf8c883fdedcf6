"""What must be the same about two runs of one program, and the one place where it is said what need not be.

Everything is compared: the status, the outputs, the error, and of every step its status, attempts, error and outputs.
Beyond that nothing may begin before what it waits for has ended, and no more items of a fan-out be in progress than its limit says.

What need not be the same:

* Times, the run's id, the engine's name, and where a file is kept.
* Which of several failures was the first: engines run what is independent in an order of their own, so the error of a run must be that
  of one of its failures, the same one where there is one only.
* What `on failure` does where several failed: it may be told of another failure.
* On Flyte (backends/mloc_flyte/README.md): its local run ends at the first failure. What it ran must have gone as it went elsewhere;
  what it did not run is `not_run`, or is absent where it did not learn how many items there are, and what handlers do may depend on that.
* What a run with `fail fast` has still begun when something failed, and so which of its failures there were.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from mloc.ir.model import Call, FanOut, Node, Pipeline, Region
from mloc.ir.walk import calls, every_node, every_region, predecessors, regions

Observed: TypeAlias = Mapping[str, Any]

ENDS_AT_FIRST_FAILURE = frozenset({"flyte"})
HANDLERS = ("on_failure.", "finally.")
"""How the ids of what handlers do begin, in the order in which they run."""


def differences(pipeline: Pipeline, native: Observed, other: Observed, engine: str) -> list[str]:
    """How an engine's run of a program differs from the native one."""
    if "crash" in other:
        return [f"crash: {other['crash']}"]
    ours, theirs = native["report"], other["report"]
    ended = [failure for failure in native["failures"] if not failure[0].startswith(HANDLERS)]
    hasty = pipeline.options.fail_fast and ours["status"] == "failed"
    partial = hasty or (engine in ENDS_AT_FIRST_FAILURE and ours["status"] == "failed")
    found = [
        f"{key}: {_short(theirs[key])}, natively {_short(ours[key])}"
        for key in ("status", "outputs", "params")
        if not _same(ours[key], theirs[key])
    ]
    loose = HANDLERS if partial else HANDLERS[:1] if len(ended) > 1 and ours["status"] == "failed" else ()
    failures = [[each for each in seen["failures"] if not each[0].startswith(loose)] for seen in (native, other)]
    found += _failures(*failures, partial=partial, hasty=hasty)
    if hasty:
        ended = [failure for failure in other["failures"] if not failure[0].startswith(HANDLERS)]
    if ours["status"] == theirs["status"]:
        found += _error(ours["error"], theirs["error"], ended or native["failures"], hasty=hasty)
    elif theirs["error"] is not None:
        found.append(f"error: {_short(theirs['error'])}")
    compared = ({id_: step for id_, step in each["steps"].items() if not id_.startswith(loose)} for each in (ours, theirs))
    found += _steps(*compared, partial=partial, hasty=hasty)
    return found + disorder(pipeline, theirs)


def disorder(pipeline: Pipeline, report: Observed) -> list[str]:
    """What began before it might."""
    steps = {id_: step for id_, step in report["steps"].items() if step["started"] is not None}
    parts = [[id_ for id_ in steps if not id_.startswith(HANDLERS)], *([id_ for id_ in steps if id_.startswith(kind)] for kind in HANDLERS)]
    waits = [(id_, before) for at, part in enumerate(parts) for id_ in part for others in parts[:at] for before in others]
    for region in every_region(pipeline):
        waits += _waits(region, list(steps))
    late = [(id_, before) for id_, before in waits if (steps[before]["finished"] or "") > steps[id_]["started"]]
    found = [f"order: {id_} began before {before} had ended" for id_, before in late]
    crowds = [*_crowds(pipeline, steps), *_crowd(pipeline.options.max_parallel, steps)]
    return found + [f"limit: {text}" for text in crowds]


def _failures(ours: list[Any], theirs: list[Any], *, partial: bool, hasty: bool) -> list[str]:
    if hasty:
        ids = {failure[0] for failure in ours} & {failure[0] for failure in theirs}
        ours, others = ([failure for failure in each if failure[0] in ids] for each in (ours, theirs))
        return [] if theirs and ours == others else [f"failures: {_short(theirs)}, natively {_short(ours)}"]
    if ours == theirs or (partial and theirs and all(failure in ours for failure in theirs)):
        return []
    return [f"failures: {_short(theirs)}, {'which must be some of' if partial else 'natively'} {_short(ours)}"]


def _error(ours: Observed | None, theirs: Observed | None, failures: list[Any], *, hasty: bool) -> list[str]:
    """`failures` are those that the run may be said to have failed by."""
    if ours is None or theirs is None or (len(failures) == 1 and not hasty):
        return [] if _same(ours, theirs) or not failures else [f"error: {_short(theirs)}, natively {_short(ours)}"]
    if theirs["message"] not in [failure[2] for failure in failures]:
        return [f"error: {_short(theirs)}, which is none of the failures"]
    return []


def _steps(ours: Mapping[str, Any], theirs: Mapping[str, Any], *, partial: bool, hasty: bool) -> list[str]:
    found = []
    for id_, step in ours.items():
        have = theirs.get(id_)
        if hasty and step["status"] == "not_run":
            continue
        if have is None or (have["status"] == "not_run" != step["status"]):
            if not partial:
                found.append(f"step {id_}: {'absent' if have is None else 'not_run'}, natively {step['status']}")
            continue
        unlike = [key for key in ("step", "status", "attempts", "error", "outputs") if not _same(step[key], have[key])]
        found += [f"step {id_}: {key} is {_short(have[key])}, natively {_short(step[key])}" for key in unlike]
    return found + [f"step {id_}: natively there is none" for id_ in theirs if id_ not in ours and not hasty]


def _waits(region: Region, ids: list[str]) -> Iterator[tuple[str, str]]:
    """Every pair of steps that ran of which the first must not begin before the second has ended."""
    inside = {node.id: _matching(node, ids) for node in region.nodes}
    for node in region.nodes:
        for before in predecessors(node, frozenset(inside)):
            for id_, at in inside[node.id]:
                yield from ((id_, other) for other, other_at in inside[before] if _around(node.id, at) == _around(before, other_at))
        for inner in regions(node):
            yield from _waits(inner, ids)


def _matching(node: Node, ids: list[str]) -> list[tuple[str, tuple[int, ...]]]:
    """The steps of a report that are in a node, with the indices of the fan-outs around them."""
    found = []
    for call in [node] if isinstance(node, Call) else [each for region in regions(node) for each in calls(region)]:
        pattern = re.compile(re.escape(call.id).replace(r"\[\]", r"\[(\d+)\]"))
        found += [(id_, tuple(int(index) for index in match.groups())) for id_ in ids if (match := pattern.fullmatch(id_))]
    return found


def _around(node_id: str, at: tuple[int, ...]) -> tuple[int, ...]:
    """Which items of the fan-outs around a node a step belongs to."""
    return at[: node_id.count("[]")]


def _crowds(pipeline: Pipeline, steps: Mapping[str, Any]) -> Iterator[str]:
    for node in every_node(pipeline):
        if not isinstance(node, FanOut) or node.limit is None:
            continue
        spans: dict[tuple[int, ...], tuple[str, str]] = {}
        depth = node.id.count("[]") + 1
        for id_, at in _matching(node, list(steps)):
            item, step = at[:depth], steps[id_]
            begun, ended = spans.get(item, (step["started"], step["finished"]))
            spans[item] = (min(begun, step["started"]), max(ended, step["finished"]))
        for item, (begun, _) in spans.items():
            together = sum(1 for other, (start, end) in spans.items() if other[:-1] == item[:-1] and start <= begun < end)
            if together > node.limit:
                yield f"{together} items of {node.id} at a time, where {node.limit} may be"
                break


def _crowd(most: int | None, steps: Mapping[str, Any]) -> Iterator[str]:
    for step in steps.values() if most is not None else ():
        together = sum(1 for other in steps.values() if other["started"] <= step["started"] < (other["finished"] or ""))
        if together > (most or 0):
            yield f"{together} steps at a time, where {most} may be"
            break


def _same(a: object, b: object) -> bool:
    """Equality that tells -0.0 from 0.0 and 1 from 1.0 and true."""
    return json.dumps(_bare(a), sort_keys=True) == json.dumps(_bare(b), sort_keys=True)


def _bare(value: object) -> object:
    """A value without the places of files: their digests say that the contents are the same."""
    if isinstance(value, dict):
        is_file = value.keys() >= {"uri", "digest", "size", "type"}
        return {key: _bare(item) for key, item in value.items() if not (is_file and key == "uri")}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) < 400 else f"{text[:400]}…"
