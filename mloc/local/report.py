"""The run report (ruling 2): what happened to every step, assembled from the runner's records, the same for every engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal, TypeAlias, assert_never

from mloc import patterns
from mloc.ir.model import Branch, Call, FanOut, Pipeline, Region, Step
from mloc.ir.program import unit_ids
from mloc.ir.tolerance import untolerated
from mloc.ir.walk import every_call, every_node, nodes
from mloc.local.history import History
from mloc.local.plan import Place
from mloc.runner.api import Records
from mloc.runner.jsons import Json, NotCanonical, parse
from mloc.runner.units import place
from mloc.types.model import ListOf, MapOf, Metrics, Optional, Record, Scalar, Type

SCHEMA = "mloc-report/1"

Status: TypeAlias = Literal["succeeded", "failed", "cancelled"]

_LATER_ROUND = patterns.of(r"\[[1-9][0-9]*\]")


def report(
    pipeline: Pipeline,
    records_folder: Path,
    *,
    engine: tuple[str, str],
    status: Status,
    error: str | None,
    started: str,
    finished: str,
    run_id: str,
    params: Mapping[str, str],
    blamed: tuple[str, int | None] = ("", None),
) -> dict[str, Json]:
    """The report of a run, as JSON of `mloc/schemas/report.schema.json`.

    `engine` is a name and a version; `started` and `finished` are RFC 3339 in UTC; `params` are the wire texts that were given,
    shown when the records do not hold the checked ones. `error` counts when the records hold no failure: then `blamed` is the step's id
    and line, if one step is to blame.
    """
    history = History(Records(records_folder).events())
    found = None if status == "succeeded" else error_of(pipeline, history, status, error, blamed)
    return {
        "schema": SCHEMA,
        "run": run_id,
        "pipeline": pipeline.name,
        "source": {"file": pipeline.source, "sha256": pipeline.source_sha256},
        "engine": {"name": engine[0], "version": engine[1]},
        "params": _params(pipeline, history, params),
        "status": status,
        "outputs": _values({r.name: r.type for r in pipeline.results}, history.outputs if status == "succeeded" else {}),
        "error": found,
        "steps": _steps(pipeline, history),
        "started": started,
        "finished": finished,
    }


def _steps(pipeline: Pipeline, history: History) -> dict[str, Json]:
    declared = {step.name: step for step in pipeline.steps}
    ordinals = {node.id: ordinal for ordinal, node in enumerate(every_node(pipeline))}
    places = [*_places(pipeline.region, (), False, history)]
    # Where nothing failed, `on failure` is like an arm that was not taken.
    places += _places(pipeline.on_failure, (), _body_failure(pipeline, history) is None, history)
    places += _places(pipeline.final, (), False, history)
    found = sorted(places, key=lambda spot: (ordinals[spot[0].id], spot[1]))
    entries = {
        place(call.id, list(at)): (call, _entry(declared[call.step], place(call.id, list(at)), untaken, history))
        for call, at, untaken in found
    }
    return {id_: entry for id_, (call, entry) in entries.items() if not _is_round_not_reached(call.id, entry)}


def _is_round_not_reached(static_id: str, entry: Json) -> bool:
    """Rounds of a loop after the first that were not reached are absent: that many were never promised."""
    assert isinstance(entry, dict)
    return entry["status"] in ("skipped", "not_run") and _LATER_ROUND.search(static_id) is not None


def _places(region: Region, at: Place, untaken: bool, history: History) -> Iterator[tuple[Call, Place, bool]]:
    """Every call at every known place, with whether it stands in an arm not taken. A fan-out of unknown length has no places."""
    for node in region.nodes:
        node_id = place(node.id, list(at))
        match node:
            case Call():
                yield node, at, untaken
            case Branch():
                taken = history.arms.get(node_id)
                none_taken = untaken or node_id in history.skipped
                for arm in node.arms:
                    yield from _places(arm.region, at, none_taken or (taken is not None and taken != arm.label), history)
            case FanOut():
                for index in range(history.counts.get(node_id, 0)):
                    yield from _places(node.region, (*at, index), untaken, history)
            case _:
                assert_never(node)


def _entry(step: Step, step_id: str, untaken: bool, history: History) -> Json:
    attempts = history.attempts(step_id)
    last = history.last(step_id)
    status = history.status(step_id) or ("skipped" if untaken else "not_run")
    outputs = last.get("outputs") if last is not None and status in ("succeeded", "cached") else None
    return {
        "step": step.name,
        "status": status,
        "attempts": attempts.count,
        "started": attempts.started,
        "finished": attempts.finished,
        "error": history.error(step_id) if status == "failed" else None,
        "outputs": _values({o.name: o.type for o in step.outputs}, outputs if isinstance(outputs, dict) else {}),
        "cache": history.cache(step_id),
    }


def error_of(
    pipeline: Pipeline, history: History, status: Status, error: str | None, blamed: tuple[str, int | None] = ("", None)
) -> dict[str, Json]:
    """Why a run did not succeed: the first failure in time of its body, else what `finally` failed of, else what the caller says.

    What fails in `on failure` masks nothing.
    """
    first = _body_failure(pipeline, history)
    if first is None and status == "failed":
        first = history.first(history.failures(_units(pipeline.final).__contains__))
    if first is not None:
        unit, unit_id, said = first
        is_step = any(call.id == unit for call in every_call(pipeline))
        return {"step": unit_id if is_step else None, "message": said["message"], "line": said["line"]}
    unsaid = "the run was cancelled" if status == "cancelled" else "the run failed, and no record says why"
    return {"step": blamed[0] or None, "message": error or unsaid, "line": blamed[1]}


def body_failed(pipeline: Pipeline, history: History) -> bool:
    """Whether something in the body of a pipeline has failed for good."""
    return _body_failure(pipeline, history) is not None


def _body_failure(pipeline: Pipeline, history: History) -> tuple[str, str, dict[str, Json]] | None:
    of_handlers = _units(pipeline.on_failure) | _units(pipeline.final)
    failures = history.failures(lambda unit: unit not in of_handlers)
    return history.first(untolerated(pipeline, failures, history.counts))


def _units(region: Region) -> frozenset[str]:
    """The units of a region's nodes."""
    return frozenset(unit for node in nodes(region) for unit in unit_ids(node))


def _params(pipeline: Pipeline, history: History, given: Mapping[str, str]) -> Json:
    if history.parameters is None:
        return _values({p.name: p.type for p in pipeline.parameters}, {name: _parsed(text) for name, text in given.items()})
    return _values({p.name: p.type for p in pipeline.parameters}, history.parameters)


def _parsed(text: str) -> Json:
    # A text that is not JSON is why such a run was refused: it is shown as it was given.
    try:
        return parse(text)
    except NotCanonical:
        return text


def _values(types: Mapping[str, Type], wires: Mapping[str, Json]) -> Json:
    return {name: _plain(types[name], wire) if name in types else wire for name, wire in wires.items()}


def _plain(type_: Type, wire: Json) -> Json:
    """A value on the wire as it stands in a report: the same, but for big integers, which are exact there too."""
    match type_:
        case Scalar("int" | "bytes" | "duration") if isinstance(wire, str) and wire.startswith("i:"):
            return int(wire.removeprefix("i:"))
        case Optional(item):
            return _plain(item, wire)
        case ListOf(item) if isinstance(wire, list):
            return [_plain(item, one) for one in wire]
        case MapOf(value) if isinstance(wire, dict):
            return {key: _plain(value, one) for key, one in wire.items()}
        case Record(fields) | Metrics(fields) if isinstance(wire, dict):
            return _values({field.name: field.type for field in fields}, wire)
        case _:
            return wire
