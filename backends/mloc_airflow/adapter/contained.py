"""Container steps: their attempts, each in a scratch folder that the container shares with this process."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from mloc.runner.api import Program, StepFailed
from mloc.runner.elsewhere import Around, Ended, container_results, container_words
from mloc.runner.failures import ExpressionError, is_retried
from mloc.runner.jsons import Json, as_int, as_object, as_text, as_text_or_none
from mloc.runner.program import parse_retry
from mloc.runner.records import now
from mloc.runner.scalars import Invalid
from mloc.runner.secrets import find
from mloc.runner.steps import delay_seconds
from mloc.runner.units import BadCapture, Captures, kind_of, located, place, skipped_outputs

from .containers import Container, Running, made
from .engine import hide

_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class Contained:
    """A call of a container step: what it reads, what is said of its container, and when it is to end."""

    program: Program
    unit_id: str
    captures: Mapping[str, str]
    said: Mapping[str, Json]
    around: Around
    """Without secrets: those of engines are in `secrets`, by name."""
    secrets: Mapping[str, str]
    cancel: threading.Event

    @property
    def reader(self) -> Captures:
        return Captures(self.program, self.program.unit(self.unit_id), self.captures, self.around.store)

    def failed(self, kind: str, message: str) -> StepFailed:
        unit = self.program.unit(self.unit_id)
        return located(StepFailed(kind, message, unit.line), unit, self.reader)


def run_contained(call: Contained, *, guards: bool, retries: bool, attempt: int, goes_on: Callable[[], bool] | None) -> dict[str, str]:
    """The outputs of a container step, as `run_unit` gives those of others. Raises StepFailed."""
    unit, retry = call.program.unit(call.unit_id), parse_retry(call.program.unit(call.unit_id).settings.get("retry"))
    if guards and _skips(call):
        call.around.records.skipped(place(unit.id, call.reader.at()), unit.id)
        return skipped_outputs(call.program, unit)
    call, number = replace(call, around=replace(call.around, secrets=_secrets(call))), attempt
    while True:
        if call.cancel.is_set():
            raise call.failed("cancelled", "the run was cancelled before the step started")
        try:
            return _attempt(call, number)
        except StepFailed as failure:
            failure.retryable, failure.attempts = is_retried(failure.kind, retry.on), number - attempt + 1
            if not retries or not failure.retryable or number > retry.count:
                raise
            if call.cancel.wait(delay_seconds(retry, number)) or (goes_on is not None and not goes_on()):
                raise
        number += 1


def _skips(call: Contained) -> bool:
    try:
        return call.reader.skips()
    except (BadCapture, ExpressionError, Invalid) as error:
        failure = call.failed(kind_of(error), str(error))
        call.around.records.failed(call.unit_id, call.unit_id, failure)
        raise failure from error


def _secrets(call: Contained) -> dict[str, str]:
    """The secrets by variable; Airflow keeps their values out of the task's log."""
    unit = call.program.unit(call.unit_id)
    try:
        found = find(call.program, unit, call.secrets)
    except StepFailed as failure:
        call.around.records.failed(place(unit.id, call.reader.at()), unit.id, failure)
        raise located(failure, unit, call.reader) from None
    hide(found.values())
    return found


def _attempt(call: Contained, number: int) -> dict[str, str]:
    started = now()
    try:
        scratch = Path(tempfile.mkdtemp(prefix="mloc-", dir=as_text_or_none(call.said.get("folder"), "a folder")))
    except OSError as error:
        message = f"there is no place for the container's files: {error.strerror}: {error.filename}"
        raise _recorded(call, number, started, call.failed("exception", message)) from error
    try:
        work, given, out = scratch / "work", scratch / "in", scratch / "out"
        scratch.chmod(0o755)
        for part in (work, given, out):
            part.mkdir()
            # The container may run as any user.
            part.chmod(0o777)
        words = container_words(call.program, call.unit_id, call.captures, call.around, folder=given, out=out, attempt=number)
        running = _made(call, Container(words.command, words.args, _environment(call), scratch, work), number, started)
        status, is_late = _run(call, running, number, started)
        ended = Ended(status, is_late, started)
        return container_results(call.program, call.unit_id, call.captures, call.around, [ended], out=out, first=number)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _environment(call: Contained) -> dict[str, str]:
    declared = as_object(call.program.unit(call.unit_id).settings.get("env", {}), "env")
    return {name: as_text(text, name) for name, text in declared.items()} | dict(call.around.secrets or {})


def _made(call: Contained, container: Container, number: int, started: str) -> Running:
    try:
        return made(container, call.said)
    except ImportError as error:
        failure = call.failed(
            "exception", f"the container cannot be run, this worker has no {error.name}: see the requirements of the bundle"
        )
        raise _recorded(call, number, started, failure) from error


def _run(call: Contained, running: Running, number: int, started: str) -> tuple[int, bool]:
    """Run a container to its end, or for its time: its exit status, and whether it was late. Raises StepFailed."""
    over, late = threading.Event(), threading.Event()
    watch = threading.Thread(target=_watch, args=(call, running, over, late), daemon=True, name="mloc-container")
    watch.start()
    status = 0
    try:
        running.execute()
    except Exception as error:
        # The operators raise the clients' own errors, too.
        found = running.exit_status(error)
        if found is None and not late.is_set() and not call.cancel.is_set():
            raise _recorded(call, number, started, call.failed("exception", f"the container cannot be run: {error}")) from error
        status = found or 1
    finally:
        over.set()
        watch.join()
    if call.cancel.is_set() and not late.is_set():
        raise _recorded(call, number, started, call.failed("cancelled", "the run was cancelled"))
    return status, late.is_set()


def _watch(call: Contained, running: Running, over: threading.Event, late: threading.Event) -> None:
    """End the container at its time, and when the task is ended."""
    limit = call.program.unit(call.unit_id).settings.get("timeout_ms")
    end = None if limit is None else time.monotonic() + as_int(limit, "timeout_ms") / 1000
    while not over.wait(_POLL_SECONDS if end is None else min(_POLL_SECONDS, max(0.05, end - time.monotonic()))):
        if end is not None and end <= time.monotonic():
            late.set()
        if late.is_set() or call.cancel.is_set():
            # Again and again: what was asked too early had no container to end.
            with suppress(Exception):
                running.end()


def _recorded(call: Contained, number: int, started: str, failure: StepFailed) -> StepFailed:
    """The failure, told as that of an attempt."""
    unit, records = call.program.unit(call.unit_id), call.around.records
    place_id = place(unit.id, call.reader.at())
    records.started(place_id, unit.id, number, started)
    records.attempt_failed(place_id, unit.id, number, started, failure, None)
    return failure
