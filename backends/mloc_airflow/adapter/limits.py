"""What ends a run before its last step: its timeout, and with `fail fast` the first failure. Steps ask; Airflow need not know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from mloc.runner.api import Records, StepFailed
from mloc.runner.jsons import Json, as_array, as_object, as_text, parse

from .engine import failed_tasks, times_of_run

_WHOLE_RUN = "$run"


class RunEnded(StepFailed):
    """A step that was ended, or did not begin, because of the run; `is_first` when that is why the run failed."""

    is_first = False


@cache
def _limits() -> dict[str, Json]:
    place = Path(__file__).resolve().parent / "limits.json"
    return as_object(parse(place.read_text(encoding="utf-8")), "the limits") if place.exists() else {}


@contextmanager
def limited(cancel: threading.Event) -> Iterator[None]:
    """Where steps run: `cancel` is set when the time of the run is over. Raises RunEnded instead of what that ends, or lets not begin."""
    if has_failed():
        raise RunEnded("cancelled", "something has failed in this run, and it fails fast: this step was not started")
    end = _end()
    if end is None:
        yield
        return
    if end <= time.time():
        raise _expired()
    timer = threading.Timer(end - time.time(), cancel.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    except StepFailed as failure:
        if failure.kind == "cancelled" and end <= time.time():
            raise _expired() from failure
        raise
    finally:
        timer.cancel()


def has_failed() -> bool:
    """Whether nothing may begin any more because a task has failed for good; those whose failure may be tolerated do not count."""
    forgiven = _limits().get("fail_fast")
    return forgiven is not None and failed_tasks([as_text(task, "a task") for task in as_array(forgiven, "tasks")]) > 0


def goes_on() -> Callable[[], bool] | None:
    """What the runner asks before it tries again."""
    return None if _limits().get("fail_fast") is None else lambda: not has_failed()


def _end() -> float | None:
    """When the time of the run is over, in seconds of the epoch."""
    match _limits().get("timeout_ms"):
        case int(milliseconds):
            return times_of_run()[1].timestamp() + milliseconds / 1000
        case _:
            return None


def _expired() -> RunEnded:
    milliseconds, line = _limits()["timeout_ms"], _limits()["line"]
    seconds = (milliseconds if isinstance(milliseconds, int) else 0) / 1000
    failure = RunEnded("timeout", f"the run took longer than its timeout of {seconds:g} s", line if isinstance(line, int) else None)
    failure.is_first = True
    Records.from_environment().failed(_WHOLE_RUN, _WHOLE_RUN, failure)
    return failure
