"""Container steps whose container an engine starts by itself: the words of its command line before it, and its outputs after it."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from .artifacts import fetch, keep
from .attempt import bad_end, by_step, without_secrets
from .container import command_line, container_outputs
from .failures import ExpressionError, StepFailed
from .jsons import Json, as_int, as_text, canonical
from .program import Program, Step, Unit
from .records import Records, now
from .scalars import Invalid
from .secrets import Mask
from .spill import Spill, spilled
from .steps import step_inputs
from .store import Store, StoreError
from .units import BadCapture, Captures, kind_of, located, place
from .values import decode

KILLED = 128 + signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    """How one attempt ended: by itself with an exit status, or at its timeout; `started` is RFC 3339 in UTC."""

    status: int
    is_late: bool
    started: str


@dataclass(frozen=True)
class Around:
    """What the caller provides: the store of artifacts, the records, and what `run_unit` calls `spill` and `secrets` (here by variable)."""

    store: Store
    records: Records
    spill: Spill | None = None
    secrets: Mapping[str, str] | None = None


@dataclass(frozen=True)
class CommandLine:
    """The words of a container: `command` replaces the image's entry point where it is not empty."""

    command: tuple[str, ...]
    args: tuple[str, ...]


def container_words(
    program: Program, unit_id: str, captures: Mapping[str, str], around: Around, *, folder: Path, out: Path, attempt: int = 1
) -> CommandLine:
    """The words of a call's container. Artifacts are fetched into `folder`; outputs are to be files in `out`.

    Raises StepFailed, which is recorded as that of the attempt with this number.
    """
    unit, reader, step = _call(program, unit_id, captures, around)
    started = now()
    try:
        wires = step_inputs(program, unit, reader)
    except (BadCapture, ExpressionError, Invalid) as error:
        failure = located(StepFailed(kind_of(error), str(error), unit.line), unit, reader)
        around.records.failed(place(unit.id, reader.at()), unit.id, failure)
        raise failure from error
    try:
        local = {each.name: fetch(each.name, each.type, wires[each.name], around.store, folder) for each in step.inputs}
        command, args = command_line(step, {each.name: decode(each.type, local[each.name], each.name) for each in step.inputs}, out)
    except (StoreError, ExpressionError, Invalid) as error:
        failure = located(_failure(error, unit), unit, reader)
        place_id = place(unit.id, reader.at())
        around.records.started(place_id, unit.id, attempt, started)
        around.records.attempt_failed(place_id, unit.id, attempt, started, failure, None)
        raise failure from error
    return CommandLine(tuple(command), tuple(args))


def container_results(
    program: Program, unit_id: str, captures: Mapping[str, str], around: Around, attempts: Sequence[Ended], *, out: Path, first: int = 1
) -> dict[str, str]:
    """The texts of a call's outputs, as they may travel: what the last attempt, which alone may have succeeded, wrote to `out`.

    The attempts are numbered from `first` on. Of the captures only items of fan-outs are needed. Raises StepFailed.
    """
    unit, reader, step = _call(program, unit_id, captures, around)
    place_id, records = place(unit.id, reader.at()), around.records
    for number, ended in enumerate(attempts, start=first):
        records.started(place_id, unit.id, number, ended.started)
        try:
            wires = _results(step, unit, ended, around, out)
            texts = {name: canonical(wire) for name, wire in wires.items()}
            if around.spill is not None:
                texts = spilled(texts, around.spill, unit.line)
        except StepFailed as failure:
            records.attempt_failed(place_id, unit.id, number, ended.started, failure, None)
            if number - first + 1 < len(attempts):
                continue
            failure.attempts = len(attempts)
            raise located(failure, unit, reader) from None
        records.succeeded(place_id, unit.id, number, ended.started, wires, None)
        return texts
    raise located(StepFailed("exception", "the container was never started", unit.line), unit, reader)


def _call(program: Program, unit_id: str, captures: Mapping[str, str], around: Around) -> tuple[Unit, Captures, Step]:
    unit = program.unit(unit_id)
    reader = Captures(program, unit, captures, around.store if around.spill is None else around.spill.store)
    return unit, reader, program.step(as_text(unit.body.get("step"), "a unit's step"))


def _results(step: Step, unit: Unit, ended: Ended, around: Around, out: Path) -> dict[str, Json]:
    if ended.is_late:
        limit = as_int(unit.settings.get("timeout_ms"), "timeout_ms") / 1000
        raise StepFailed("timeout", f"the step ran longer than its timeout of {limit:g} s", unit.line)
    if ended.status == KILLED:
        kind, message = bad_end(-signal.SIGKILL, False)
        raise StepFailed(kind, message, unit.line)
    if ended.status:
        raise StepFailed("exception", f"the container ended with exit status {ended.status}", unit.line)
    try:
        made = container_outputs(step, out)
        without_secrets(made, Mask(tuple((around.secrets or {}).values())), unit.line)
        return {each.name: keep(each.type, made[each.name], around.store) for each in step.outputs}
    except (StoreError, Invalid) as error:
        raise _failure(error, unit) from None


def _failure(error: Exception, unit: Unit) -> StepFailed:
    """The failure of an attempt that an error before or after its container is."""
    if isinstance(error, StoreError):
        return StepFailed("store", str(error), unit.line)
    kind = kind_of(error)
    return StepFailed(kind, f"{error}{by_step(unit) if kind in ('contract', 'domain') else ''}", unit.line)
