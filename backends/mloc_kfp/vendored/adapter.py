"""Runs one unit as a Kubeflow task: from the executor input to the output files, with the runner in between."""

from __future__ import annotations

import json
import math
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mloc.runner.api import BadProgram, Program, Spill, StepFailed, StoreError, gather, load_program, run_unit
from mloc.runner.jsons import Json, as_array, as_object, as_text, canonical, parse
from mloc.runner.program import Input, Unit, parse_inputs
from mloc.runner.records import Records
from mloc.runner.types import Metrics, Type

from .guard import guarded
from .handover import COMMAND, FIRST, LEFT
from .launched import LAUNCH_INPUT, LAUNCH_UNIT, known_of_run
from .lenient import (
    CLOSING,
    JUDGE,
    OK,
    RUN_UNIT,
    STATE,
    VERDICT_UNIT,
    Failed,
    check_before,
    closed,
    error_of,
    judged,
    kind_of,
    of_run,
    texts_of_failure,
    tolerated_by,
    verdict,
)
from .natural import OF_SCHEDULE, form, to_natural, to_wire
from .outside import results, write_idle, write_script
from .pods import PlacingRecords, PodStore, Slot, ValueStore, output_slots, slots

# A task is described in one argument of its container, 128 KiB, with all its parameters as JSON in JSON; what a loop yields is one of many.
_MOST, _MOST_OF_MANY, _MOST_ALONE = 16 << 10, 1 << 10, 96 << 10

UNIT = "mloc-unit"
BUNDLE = "mloc-bundle"


def main(executor_input: dict[str, Json], folder: str, archive: bytes) -> int:
    """Run the unit that the task names; gives the exit code. `folder` is where the bundle `archive` was unpacked."""
    given, wanted = as_object(executor_input.get("inputs", {}), "inputs"), as_object(executor_input.get("outputs", {}), "outputs")
    parameters = as_object(given.get("parameterValues", {}), "parameter values")
    call = as_object(parse(as_text(parameters.get(UNIT), UNIT)), UNIT)
    unit = as_text(call.get("unit"), "a unit")
    if unit in (LAUNCH_UNIT, RUN_UNIT, VERDICT_UNIT):
        return _about(unit, parameters, wanted)
    program, made = load_program(Path(__file__).parent / "program.json"), slots(wanted)
    names = as_object(wanted.get("parameters", {}), "parameters")
    is_lenient = call.get("lenient") is True
    try:
        if is_lenient:
            check_before(parameters)
        with tempfile.TemporaryDirectory(prefix="mloc-", dir=_staging_parent(made)) as staging:
            found = slots(given)
            store = PodStore(found, Path(staging))
            # Large values go beside the bundle, which is in the run's own part of the pipeline root.
            root = {**found, **made}[BUNDLE].uri.rpartition("/")[0]
            values = ValueStore(f"{root}/mloc-values")
            texts = _made(program, call, _Task(parameters, names, store, values, found, made, folder, archive))
    except (StepFailed, StoreError, Failed) as failure:
        print(f"failed: {failure}", file=sys.stderr, flush=True)
        if not is_lenient:
            return 1
        texts = texts_of_failure(names, unit, kind_of(program, unit), error_of(failure, unit))
        described = {key: _empty(slot) for key, slot in made.items()}
        if call.get("part") == FIRST:
            write_idle(made[COMMAND].path)
    else:
        texts = {STATE: OK, **texts}
        numbers = {} if call.get("part") == FIRST else _metrics(program, unit, texts)
        described = {key: _artifact(slot, texts, numbers) for key, slot in made.items()}
    is_loop = kind_of(program, unit) == "items"
    _write(wanted, {name: text if is_loop and name == "items" else guarded(text) for name, text in texts.items()}, described)
    return 0


@dataclass(frozen=True)
class _Task:
    """What a task was given, and where what it makes goes."""

    parameters: dict[str, Json]
    names: Mapping[str, Json]
    store: PodStore
    values: ValueStore
    given: Mapping[str, Slot]
    made: Mapping[str, Slot]
    folder: str
    archive: bytes


def _made(program: Program, call: dict[str, Json], task: _Task) -> dict[str, str]:
    """What the task gives, as wire texts. Raises StepFailed, StoreError and Failed."""
    name, captures = as_text(call.get("unit"), "a unit"), as_object(call.get("captures"), "captures")
    if name == CLOSING:
        return closed(task.names)
    values = {as_text(key, "a key"): task.parameters[input_] for input_, key in captures.items()}
    if name == JUDGE:
        for value in values.values():
            judged(_items(value), tolerated_by(program, as_text(call.get("of"), "a fan-out")))
        return closed(task.names)
    unit = program.unit(name)
    spill = Spill(task.values, _MOST_OF_MANY if name.endswith(".yield") else _MOST, "a parameter of Kubeflow", _MOST_ALONE)
    if unit.kind == "parameters":
        texts = _parameters(program, unit, task.parameters, task.store, task.made, spill)
        task.made[BUNDLE].path.write_bytes(task.archive)
        return texts
    tolerate = tolerated_by(program, name) if unit.kind == "collect" else None
    lists = {key: gather(judged(_items(value), tolerate)) for key, value in values.items() if isinstance(value, list)}
    captured = {key: str(value) for key, value in values.items()} | lists
    if call.get("part") is not None:
        return _contained(program, unit, call, captured, task, spill)
    texts = _unit(program, unit, captured, task.store, task.made, task.folder, spill)
    return _loop(texts["items"]) if unit.kind == "items" else texts


def _contained(
    program: Program, unit: Unit, call: dict[str, Json], captures: Mapping[str, str], task: _Task, spill: Spill
) -> dict[str, str]:
    """What the tasks before and after a container give."""
    records = PlacingRecords(Records.from_environment().folder, task.store, output_slots(_output_types(program, unit), task.made))
    if call["part"] == FIRST:
        write_script(program, unit.id, captures, task.store, records, spill, task.made[COMMAND].path, call.get("lenient") is True)
        return {}
    return records.shown(results(program, unit.id, captures, task.store, records, spill, task.given[LEFT].path))


def _items(value: Json) -> list[str]:
    return [str(item) for item in as_array(value, "what was collected")]


def _about(unit: str, parameters: dict[str, Json], wanted: dict[str, Json]) -> int:
    """Do what a unit does that is about the run as a whole; gives the exit code."""
    texts: dict[str, str] = {}
    if unit == VERDICT_UNIT:
        why = verdict(parameters)
    else:
        why = None
        try:
            texts = known_of_run(parameters) if unit == LAUNCH_UNIT else of_run(parameters)
        except StepFailed as failure:
            Records.from_environment().failed(unit, unit, failure)
            why = str(failure)
    if why is not None:
        print(f"failed: {why}", file=sys.stderr, flush=True)
        return 1
    _write(wanted, {name: guarded(text) for name, text in texts.items()}, {})
    return 0


def _staging_parent(made: Mapping[str, Slot]) -> Path | None:
    """A folder on the volume that outputs are uploaded from, so that they need only be renamed; None when there are none."""
    for slot in made.values():
        slot.path.parent.mkdir(parents=True, exist_ok=True)
        return slot.path.parent
    return None


def _parameters(
    program: Program, unit: Unit, given: dict[str, Json], store: PodStore, made: Mapping[str, Slot], spill: Spill
) -> dict[str, str]:
    """Kubeflow's arguments checked and as wire texts; files among them become outputs of this task, for later ones to be given."""
    declared = {parameter.name: parameter for parameter in parse_inputs(unit.body.get("parameters"))}
    records = Records.from_environment()
    into = output_slots({name: parameter.type for name, parameter in declared.items()}, made)
    captures: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="mloc-") as fetched:
        for name, parameter in declared.items():
            if name not in given and parameter.default is None:
                continue
            wire = _given(parameter, _computed(program, parameter, given, store), store, Path(fetched), records)
            captures[f"${name}"] = canonical(store.place(parameter.type, wire, into[name][1]) if name in into else wire)
    return run_unit(program, unit.id, captures, store=store, records=records, spill=spill)


def _computed(program: Program, parameter: Input, given: dict[str, Json], store: PodStore) -> dict[str, Json]:
    """The arguments, this one computed where it names a schedule: what that binds is known when its run has started."""
    said = given.get(parameter.name)
    if not (isinstance(said, str) and said.startswith(OF_SCHEDULE)):
        return given
    asked = {name.removeprefix(LAUNCH_INPUT): value for name, value in given.items() if name.startswith(LAUNCH_INPUT)}
    captures = {f"run.{name}": text for name, text in known_of_run(asked).items()}
    unit = program.unit(f"$launch.{said.removeprefix(OF_SCHEDULE)}")
    text = run_unit(program, unit.id, captures, store=store, records=Records(None))[parameter.name]
    return {**given, parameter.name: to_natural(parameter.type, form(parameter.type, parameter.domain), text)}


def _given(parameter: Input, given: dict[str, Json], store: PodStore, folder: Path, records: Records) -> Json:
    wire = to_wire(parameter.type, given[parameter.name]) if parameter.name in given else parse(str(parameter.default))
    try:
        return store.adopt(parameter.type, wire, folder)
    except (StoreError, TypeError, BadProgram) as error:
        failure = StepFailed("store", f"`{parameter.name}`: {error}")
        records.failed("$parameters", "$parameters", failure)
        raise failure from error


def _unit(
    program: Program, unit: Unit, captures: Mapping[str, str], store: PodStore, made: Mapping[str, Slot], folder: str, spill: Spill
) -> dict[str, str]:
    """What the unit gives, as wire texts that say where Kubeflow will have put the artifacts."""
    records = PlacingRecords(Records.from_environment().folder, store, output_slots(_output_types(program, unit), made))
    code = [str(Path(folder, "code"))]
    return records.shown(
        run_unit(program, unit.id, captures, store=store, records=records, code=code, guards=False, on_log=_log, spill=spill)
    )


def _log(line: str) -> None:
    print(line, flush=True)


def _output_types(program: Program, unit: Unit) -> dict[str, Type]:
    if unit.kind != "step":
        return {}
    return {output.name: output.type for output in program.step(as_text(unit.body.get("step"), "a step")).outputs}


def _loop(items: str) -> dict[str, str]:
    """What the loop of a fan-out takes: the items as a JSON list of guarded texts, and whether there are any.

    Kubeflow cannot collect what nobody made, so a fan-out over nothing takes another way.
    """
    envelopes = [guarded(as_text(item, "an item")) for item in as_array(parse(items), "items")]
    return {"items": canonical(list(envelopes)), "filled": canonical("yes" if envelopes else "no")}


def _metrics(program: Program, unit: str, texts: Mapping[str, str]) -> dict[str, Json]:
    """The numbers that Kubeflow shows, by artifact; its metadata is JSON, which has no NaN and no infinities."""
    found: dict[str, Json] = {}
    for name, type_ in _output_types(program, program.unit(unit)).items() if kind_of(program, unit) == "step" else ():
        if isinstance(type_, Metrics):
            fields = as_object(parse(texts[name]), name)
            found[f"{name}-metrics"] = {
                key: value for key, value in fields.items() if isinstance(value, (int, float)) and math.isfinite(value)
            }
    return found


def _empty(slot: Slot) -> Json:
    """The output artifact of a task that made none: Kubeflow wants a file of it all the same."""
    slot.path.parent.mkdir(parents=True, exist_ok=True)
    slot.path.touch()
    return {"artifacts": [dict(slot.raw)]}


def _artifact(slot: Slot, texts: Mapping[str, str], metrics: Mapping[str, Json]) -> Json:
    """An output artifact with what is known of its content as metadata."""
    metadata = {**as_object(slot.raw.get("metadata", {}), "metadata"), **as_object(metrics.get(slot.key, {}), "metrics")}
    name, separator, _ = slot.key.rpartition("-artifact")
    described = parse(texts[name]) if separator else None
    if isinstance(described, dict) and "digest" in described:
        metadata.update(digest=described["digest"], size=described["size"], mloc_type=canonical(described.get("type")))
    return {"artifacts": [{**slot.raw, "metadata": metadata}]}


def _write(wanted: dict[str, Json], texts: Mapping[str, str], artifacts: dict[str, Json]) -> None:
    """The output files that Kubeflow's launcher, and `kfp.local`, read."""
    for name, described in as_object(wanted.get("parameters", {}), "parameters").items():
        path = Path(as_text(as_object(described, name).get("outputFile"), name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts[name], encoding="ascii")
    path = Path(as_text(wanted.get("outputFile"), "the output file"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"artifacts": artifacts}), encoding="ascii")
