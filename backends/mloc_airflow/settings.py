"""Retries and time limits of a step as Airflow takes them."""

from __future__ import annotations

from mloc.emit.python import Code, call
from mloc.frozen import dataclass
from mloc.ir.model import Retry, Settings

# The runner ends a step at its time limit; Airflow's own limit is for a runner that hangs, and leaves it time to move large artifacts.
BACKSTOP_MS = 300_000
# And time to make a virtual environment, which is no part of the step's own.
VENV_MS = 1_800_000
_UNITS = (("days", 86_400_000), ("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1000), ("milliseconds", 1))

# The runner makes the attempts of each step of a body that is one task, and ends each at its own limit.
WHOLE_BODY: tuple[tuple[str, Code], ...] = (("retries", "0"), ("execution_timeout", "None"))


@dataclass(frozen=True, slots=True)
class Attempts:
    """How the attempts of a step are made: by Airflow, or all in one task by the runner, for the reason in the note."""

    by_runner: bool
    note: str
    options: tuple[tuple[str, Code], ...]


def attempts(settings: Settings, limited: bool, slack_ms: int = 0) -> Attempts:
    """The attempts of a step.

    Airflow's constant delay is exact; its exponential one adds up to as much again, by chance, so the runner waits instead.
    The runner does so too where a fan-out is `limited`: a task that waits for its next attempt frees its place, its item does not.
    `slack_ms` is more time than the step's own.
    """
    retry = settings.retry
    note = ""
    if retry.count > 0 and limited:
        note = "A task that waits for its next attempt would free its place for another item: the runner makes all attempts in this task."
    elif len(set(_delays(retry))) > 1:
        note = "Airflow adds a random time to a growing delay: the runner makes all attempts in this task."
    by_runner = bool(note)
    options: list[tuple[str, Code]] = []
    if by_runner or retry.count == 0:
        options.append(("retries", "0"))
    else:
        options.append(("retries", str(retry.count)))
        options.append(("retry_delay", timedelta(_delays(retry)[0])))
    if settings.timeout_ms is not None:
        options.append(("execution_timeout", timedelta(_longest(settings, by_runner) + slack_ms)))
    return Attempts(by_runner, note, tuple(options))


def timedelta(milliseconds: int) -> Code:
    """`timedelta(minutes=10)`: in the largest unit that divides it."""
    unit, size = next(pair for pair in _UNITS if milliseconds % pair[1] == 0)
    return call("timedelta", (), {unit if milliseconds else "seconds": str(milliseconds // size)})


def _delays(retry: Retry) -> list[int]:
    """The waits before the further attempts, in milliseconds."""
    found = []
    for attempt in range(retry.count):
        delay = retry.backoff_ms * retry.factor**attempt
        found.append(round(delay if retry.max_delay_ms is None else min(delay, retry.max_delay_ms)))
    return found


def _longest(settings: Settings, by_runner: bool) -> int:
    once = settings.timeout_ms or 0
    if not by_runner:
        return once + BACKSTOP_MS
    return once * (settings.retry.count + 1) + sum(_delays(settings.retry)) + BACKSTOP_MS
