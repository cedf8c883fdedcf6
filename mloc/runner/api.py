"""The runner's surface: run one unit of a program anywhere (contract: docs/runner.md)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Callable

from .failures import ExpressionError, StepFailed
from .jsons import BadProgram, Json, parse
from .program import Program, Unit, load_program
from .records import Records
from .remote_store import RemoteStore, open_store, store_from_environment
from .scalars import Invalid
from .spill import Spill, gathered, spilled, spilled_items
from .steps import Surroundings, run_step, step_inputs
from .store import FileStore, Store, StoreError
from .units import BadCapture, Captures, kind_of, located, place, run_plain, skipped_outputs

__all__ = [
    "BadProgram",
    "FileStore",
    "Program",
    "Records",
    "RemoteStore",
    "Spill",
    "StepFailed",
    "Store",
    "StoreError",
    "gather",
    "inputs_of",
    "load_program",
    "open_store",
    "run_unit",
    "store_from_environment",
]


def run_unit(
    program: Program,
    unit_id: str,
    captures: Mapping[str, str],
    *,
    store: Store,
    records: Records,
    code: Sequence[str] = (),
    retries: bool = True,
    guards: bool = True,
    attempt: int = 1,
    on_log: Callable[[str], None] | None = None,
    cancel: threading.Event | None = None,
    secrets: Mapping[str, str] | None = None,
    containers: str | None = None,
    goes_on: Callable[[], bool] | None = None,
    python: Callable[[], str] | None = None,
    spill: Spill | None = None,
) -> dict[str, str]:
    """Run a unit on the wire texts of its captures; gives the wire texts of its outputs.

    `code` are the folders (or zip files) of the user's modules. With `retries` the declared attempts are made here, with the waits between;
    without, one attempt numbered `attempt`. With `guards` a unit of another arm than the one taken is skipped and gives null.
    `on_log` gets every line that the step prints, in a thread of its own; setting `cancel` ends the step within seconds.
    `secrets` are the values of secrets by name; one that is not there is looked for in the environment and at its source.
    `containers` is what runs containers: docker, podman, or none for their commands on this machine; by default the first that is there.
    `python` gives the interpreter for the step's code where it is another than this one; it may raise StepFailed, as an attempt does.
    `goes_on` is asked before a further attempt, which is not made when it says no.
    With `spill` outputs that are too large to travel are kept where it says; in captures they are read from `spill`'s store, else `store`.
    Raises StepFailed, and BadProgram for a program that this runner cannot read.
    """
    unit = program.unit(unit_id)
    reader = Captures(program, unit, captures, store if spill is None else spill.store)
    around = Surroundings(store, records, code, retries, attempt, on_log, cancel, secrets or {}, containers, goes_on, python, spill)
    try:
        return _run(program, unit, reader, around, guards)
    except StepFailed as failure:
        raise located(failure, unit, reader) from failure.__cause__


def _run(program: Program, unit: Unit, reader: Captures, around: Surroundings, guards: bool) -> dict[str, str]:
    place_id, records = unit.id, around.records
    try:
        place_id = place(unit.id, reader.at())
        if guards and reader.skips():
            records.skipped(place_id, unit.id)
            return skipped_outputs(program, unit)
        if unit.kind != "step":
            return _plain(unit, reader, around, place_id)
        inputs = step_inputs(program, unit, reader)
    except (BadCapture, ExpressionError, Invalid) as error:
        failure = StepFailed(kind_of(error), str(error), unit.line)
        records.failed(place_id, unit.id, failure)
        raise failure from error
    return run_step(program, unit, place_id, inputs, around)


def _plain(unit: Unit, reader: Captures, around: Surroundings, place_id: str) -> dict[str, str]:
    """What a unit without user code gives, as it may travel. Raises StepFailed for what is too large and cannot be kept."""
    outputs = run_plain(unit, reader)
    texts = outputs
    if around.spill is not None:
        try:
            if unit.kind == "items":
                texts = {"items": spilled_items(outputs["items"], around.spill, unit.line)}
            else:
                texts = spilled(outputs, around.spill, unit.line)
        except StepFailed as failure:
            around.records.failed(place_id, unit.id, failure)
            raise
    _record(around.records, unit, place_id, outputs)
    return texts


def inputs_of(program: Program, unit_id: str, captures: Mapping[str, str]) -> tuple[str, dict[str, Json]] | None:
    """The id in reports of a step at one place, and the wire values of its inputs; None when `run_unit` would fail before running it."""
    unit = program.unit(unit_id)
    reader = Captures(program, unit, captures)
    try:
        return place(unit.id, reader.at()), step_inputs(program, unit, reader)
    except (BadCapture, ExpressionError, Invalid):
        return None


def gather(texts: Sequence[str]) -> str:
    """The wire text of a list whose items' wire texts are given, in item order: the capture of a `collect` unit."""
    return gathered(texts)


def _record(records: Records, unit: Unit, place_id: str, outputs: Mapping[str, str]) -> None:
    """Record what a unit without user code found. An `eval` within the pipeline leaves no record of its own."""
    values: dict[str, Json] = {name: parse(text) for name, text in outputs.items()}
    if unit.kind == "parameters":
        records.parameters(values)
    elif unit.kind == "decide":
        records.decided(place_id, unit.id, str(values["arm"]))
    elif unit.kind == "items":
        envelopes = values["items"]
        records.items(place_id, unit.id, len(envelopes) if isinstance(envelopes, list) else 0)
    elif unit.id == "$outputs":
        records.outputs(values)
