"""Running a step: its checked inputs, and its attempts with the waits between them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from .attempt import Attempt, run_attempt
from .domains import check_domain
from .evaluate import Scope, convert, evaluate
from .failures import StepFailed, is_retried
from .jsons import Json, as_array, as_text, canonical
from .program import Input, Program, Retry, Unit, parse_retry
from .records import Records, now
from .scalars import Invalid
from .secrets import find
from .spill import Spill, spilled
from .store import Store
from .supervise import OnLog
from .units import Captures
from .values import decode_text, encode


@dataclass(frozen=True)
class Surroundings:
    """What the caller of a unit provides; see `run_unit`."""

    store: Store
    records: Records
    code: Sequence[str]
    retries: bool
    attempt: int
    on_log: OnLog | None
    cancel: threading.Event | None
    secrets: Mapping[str, str]
    containers: str | None
    goes_on: Callable[[], bool] | None = None
    python: Callable[[], str] | None = None
    spill: Spill | None = None


def step_inputs(program: Program, unit: Unit, captures: Captures) -> dict[str, Json]:
    """The wire values of a step's inputs, checked. Raises BadCapture, ExpressionError, and Invalid (OutOfDomain for a domain)."""
    step = program.step(as_text(unit.body.get("step"), "a unit's step"))
    pairs = [as_array(pair, "an argument") for pair in as_array(unit.body.get("args"), "arguments")]
    args = {as_text(name, "an input's name"): expr for name, expr in pairs}
    return {declared.name: _input(declared, args, captures) for declared in step.inputs}


def _input(declared: Input, args: dict[str, Json], captures: Captures) -> Json:
    name, type_ = declared.name, declared.type
    if name in args:
        value = convert(type_, evaluate(args[name], Scope(captures)), name)
    elif declared.default is not None:
        value = decode_text(type_, declared.default, name)
    else:
        raise Invalid(f"`{name}`: no argument was given, and the input has no default")
    wire = encode(type_, value, name)
    if declared.domain is not None:
        check_domain(type_, declared.domain, value, name)
    return wire


def run_step(program: Program, unit: Unit, step_id: str, inputs: dict[str, Json], around: Surroundings) -> dict[str, str]:
    """The texts of a step's outputs, as they may travel, after the declared attempts: one without `around.retries`. Raises StepFailed."""
    retry = parse_retry(unit.settings.get("retry"))
    try:
        secrets = find(program, unit, around.secrets)
    except StepFailed as failure:
        around.records.failed(step_id, unit.id, failure)
        raise
    attempt, made = around.attempt, 0
    while True:
        if around.cancel is not None and around.cancel.is_set():
            raise StepFailed("cancelled", "the run was cancelled before the step started", unit.line, made)
        made += 1
        try:
            return _recorded(program, unit, step_id, attempt, inputs, secrets, around)
        except StepFailed as failure:
            retryable = is_retried(failure.kind, retry.on)
            if not around.retries or not retryable or attempt > retry.count:
                failure.attempts, failure.retryable = made, retryable
                raise
            _sleep(delay_seconds(retry, attempt), around.cancel, failure, made)
            if around.goes_on is not None and not around.goes_on():
                failure.attempts = made
                raise
        attempt += 1


def _recorded(
    program: Program, unit: Unit, step_id: str, number: int, inputs: dict[str, Json], secrets: Mapping[str, str], around: Surroundings
) -> dict[str, str]:
    """One attempt with its two records."""
    records, started = around.records, now()
    records.started(step_id, unit.id, number, started)
    log: Path | None = records.log_path(step_id, number)
    try:
        containers, python = around.containers, around.python
        outputs = run_attempt(
            Attempt(program, unit, inputs, around.store, around.code, log, around.on_log, around.cancel, secrets, containers, python)
        )
        texts = {name: canonical(wire) for name, wire in outputs.items()}
        if around.spill is not None:
            texts = spilled(texts, around.spill, unit.line)
    except StepFailed as failure:
        records.attempt_failed(step_id, unit.id, number, started, failure, log)
        raise
    records.succeeded(step_id, unit.id, number, started, outputs, log)
    return texts


def delay_seconds(retry: Retry, attempt: int) -> float:
    """How long to wait after this attempt, counted from 1: `min(backoff * factor**(attempt-1), max_delay)`."""
    delay = float(retry.backoff_ms)
    for _ in range(attempt - 1):
        delay *= retry.factor
    if retry.max_delay_ms is not None:
        delay = min(delay, retry.max_delay_ms)
    return min(delay / 1000, threading.TIMEOUT_MAX)


def _sleep(seconds: float, cancel: threading.Event | None, failure: StepFailed, made: int) -> None:
    if cancel is None:
        time.sleep(seconds)
    elif cancel.wait(seconds):
        message = f"the run was cancelled before the next attempt; the last one failed: {failure.message}"
        raise StepFailed("cancelled", message, failure.line, made, failure.log_tail)
