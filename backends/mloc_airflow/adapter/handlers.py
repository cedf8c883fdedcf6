"""Runs `on failure` and `finally` as one task each, and keeps for them what failed."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping

from mloc.runner.api import StepFailed
from mloc.runner.jsons import canonical

from . import bodies
from .engine import NOT_ALONE, failed_for_good, leave, left_by_those_before, skip, this_task
from .limits import RunEnded
from .tolerance import ERROR, ITEM_ERROR, error_text, is_tolerated


def tell(failure: StepFailed, unit: str) -> None:
    """Leave beside this task why it failed, for the handlers of the run; where that may be tolerated, for what judges it.

    What was ended because of the run says nothing, except why that ended.
    """
    if isinstance(failure, RunEnded):
        if failure.is_first:
            leave(ERROR, error_text(failure))
        return
    leave(ITEM_ERROR if is_tolerated(unit) else ERROR, error_text(failure))


def run_handler(kind: str, captures: Mapping[str, str | None], outputs: Mapping[str, str] | None) -> None:
    """Run a handler by its plan in `bodies.json`. `outputs` are those of the body, None when it has failed."""
    if left_by_those_before(NOT_ALONE):
        skip("the run before this one has not ended: nothing was started")
    given = {key: text for key, text in captures.items() if text is not None}
    if any(key.startswith("$") and text is None for key, text in captures.items()):
        skip("the launch was refused: nothing was started")
    if kind == "on_failure" and outputs is not None:
        skip("nothing failed")
    given["run.status"] = canonical("failed" if outputs is None else "succeeded")
    if kind == "on_failure":
        given["run.error"] = json.dumps(_first_error())
    cancel = threading.Event()
    this_task(cancel)
    try:
        bodies.run_handler(kind, given, cancel)
    except StepFailed as failure:
        raise failed_for_good(failure) from None


def _first_error() -> object:
    """The first failure in time of those that were left."""
    told = [json.loads(text) for text in left_by_those_before(ERROR)]
    if not told:
        return {"step": None, "message": "the run failed in Airflow, and no step of it says why", "line": None}
    return min(told, key=lambda each: each["at"])["error"]
