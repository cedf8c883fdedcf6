"""Failures as values: how tasks hand on what failed where Kubeflow must not see a failure, because a fan-out tolerates some."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mloc.runner.failures import StepFailed, run_error
from mloc.runner.jsons import Json, as_array, as_object, as_text, canonical, parse
from mloc.runner.program import Program
from mloc.runner.records import now
from mloc.runner.tolerance import tolerates

# The output that says whether all went well: null, or what failed first.
STATE = "mloc-state"
# How the inputs begin that hold the states of what a task waits for.
AFTER = "mloc-after-"
# A task at the end of a region that gives no values: it says how the region went.
CLOSING = "$closing"
# A task that counts the failures of a fan-out that yields nothing.
JUDGE = "$judge"

# A task that says what became of the run, for handlers.
RUN_UNIT = "$run"
# The last task of a pipeline with handlers, which fails when something did that was a value until then.
VERDICT_UNIT = "$verdict"

OK = "null"
# What stands among the results of a loop for an item that failed; no JSON text begins so.
_FAILED = "failed:"


class Failed(Exception):
    """Something failed that this task depends on, or more than is tolerated; `error` is what failed first."""

    def __init__(self, error: dict[str, Json], message: str) -> None:
        super().__init__(message)
        self.error = error


def error_of(failure: Exception, unit: str) -> dict[str, Json]:
    """What failed, as states hold it."""
    if isinstance(failure, Failed):
        return failure.error
    said = run_error(failure) if isinstance(failure, StepFailed) else {"step": unit, "message": str(failure), "line": None}
    return {**said, "at": now()}


def check_before(parameters: Mapping[str, Json]) -> None:
    """Raise Failed when something failed that this task waits for."""
    _raise_first([as_text(text, name) for name, text in parameters.items() if name.startswith(AFTER)], "what it depends on failed")


def of_run(parameters: Mapping[str, Json]) -> dict[str, str]:
    """What handlers ask of the run, from the state of its body, or from what Kubeflow says of a body that has not said it itself."""
    if "state" in parameters:
        state = as_text(parameters["state"], "a state")
        if state == OK:
            return {"status": canonical("succeeded"), "error": OK}
        error = as_object(parse(state), "a state")
        return {"status": canonical("failed"), "error": canonical({name: error[name] for name in ("step", "message", "line")})}
    # Kubeflow calls a DAG RUNNING that has just ended: handlers of a failure must not take that for one.
    has_failed = as_object(parameters["status"], "the status").get("state") == "FAILED"
    return {"status": canonical("failed" if has_failed else "succeeded"), "error": OK}


def verdict(parameters: Mapping[str, Json]) -> str | None:
    """Why the run has failed; None when it has not."""
    states = [as_text(text, name) for name, text in parameters.items() if name.startswith(AFTER)]
    try:
        _raise_first(states, "")
    except Failed as failed:
        step, message = failed.error["step"], failed.error["message"]
        return f"{message}" if step is None else f"step `{step}` failed: {message}"
    return None


def _raise_first(states: Sequence[str], message: str) -> None:
    errors = [as_object(parse(state), "a state") for state in states if state != OK]
    if errors:
        raise Failed(min(errors, key=lambda error: str(error["at"])), message)


def judged(texts: Sequence[str], tolerate: Json) -> list[str]:
    """What a loop gave, with null for the items whose failure is tolerated. Raises Failed when there are more."""
    failures = [text[len(_FAILED) :] for text in texts if text.startswith(_FAILED)]
    kind, amount = ("count", "0") if tolerate is None else (str(word) for word in as_array(tolerate, "what is tolerated"))
    if not tolerates(kind, amount, len(failures), len(texts)):
        allowed = "" if tolerate is None else f", where {amount}{' percent' if kind == 'percent' else ''} may"
        _raise_first(failures, f"{len(failures)} of {len(texts)} items failed{allowed}")
    return [OK if text.startswith(_FAILED) else text for text in texts]


def tolerated_by(program: Program, unit: str) -> Json:
    """What the fan-out tolerates whose results a unit collects."""
    return program.unit(unit.removesuffix(".collect")).body.get("tolerate")


def texts_of_failure(wanted: Mapping[str, Json], unit: str, kind: str, error: dict[str, Json]) -> dict[str, str]:
    """What a task gives that did not do what it was to do: nothing, in a form that whoever depends on it understands."""
    state = canonical(error)
    found = dict.fromkeys(wanted, OK)
    known = {"arm": canonical("failed"), "items": "[]", "filled": canonical("failed")}
    if kind in ("decide", "items"):
        found.update({name: text for name, text in known.items() if name in wanted})
    if unit.endswith(".yield") or (unit == CLOSING and "result" in wanted):
        found["result"] = _FAILED + state
    if STATE in wanted:
        found[STATE] = state
    return found


def closed(wanted: Mapping[str, Json]) -> dict[str, str]:
    """What a task gives that only says that all went well."""
    return dict.fromkeys(wanted, OK)


def kind_of(program: Program, unit: str) -> str:
    """The kind of a task's unit; none for what is no unit of the program."""
    return "" if unit in (CLOSING, JUDGE) else program.unit(unit).kind
