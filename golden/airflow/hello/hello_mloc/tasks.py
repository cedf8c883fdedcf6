"""What the tasks of the DAG do: hand their inputs to the runner, and its answer to Airflow.

A task's result is one XCom: its outputs by name, each as canonical JSON text, so that no value is read or changed on the way.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence

from .runner.api import StepFailed, gather

from . import bodies
from .engine import at_end, failed_for_good, launch_conf, leave, this_task
from .handlers import run_handler, tell
from .launch_values import wire_texts
from .units import program, run_once, store

__all__ = [
    "Outputs",
    "at_end",
    "collect",
    "decide",
    "gathered",
    "items",
    "launch_parameters",
    "output",
    "run",
    "run_body",
    "run_handler",
    "yields",
]

Outputs = dict[str, str]


def launch_parameters() -> Outputs:
    """The parameters of this run, checked."""
    return run("$parameters", wire_texts(program(), launch_conf(), store()))


def run(unit: str, captures: Mapping[str, str | None], *, retries: bool = False) -> Outputs:
    """The outputs of a unit. With `retries` its further attempts are made here, else Airflow makes them."""
    cancel = threading.Event()
    attempt = this_task(cancel)
    given = {key: text for key, text in captures.items() if text is not None}
    try:
        return run_once(unit, given, retries=retries, attempt=1 if retries else attempt, cancel=cancel)
    except StepFailed as failure:
        tell(failure)
        if failure.retryable and not retries:
            raise
        raise failed_for_good(failure) from None


def decide(unit: str, captures: Mapping[str, str], choices: Mapping[str, list[str]]) -> list[str]:
    """Decide a branch: the ids of the tasks to follow. The arm is left as the XCom `arm`."""
    arm = run(unit, captures)["arm"]
    leave("arm", arm)
    return choices[json.loads(arm)]


def items(unit: str, captures: Mapping[str, str]) -> list[str]:
    """The items of a fan-out, each with its index."""
    found: list[str] = json.loads(run(unit, captures)["items"])
    return found


def run_body(fan_out: str, captures: Mapping[str, str]) -> Outputs:
    """Run the whole body of a fan-out for one item, in this task."""
    cancel = threading.Event()
    this_task(cancel)
    try:
        return bodies.run_body(fan_out, captures, cancel)
    except StepFailed as failure:
        tell(failure)
        raise failed_for_good(failure) from None


def output(outputs: Outputs | None, name: str) -> str | None:
    """An output of a task that may have been skipped."""
    return None if outputs is None else outputs[name]


def gathered(outputs: Sequence[Outputs] | Outputs | None, name: str) -> list[str]:
    """One output of every task of a mapped one, in the order of the items."""
    # Of a task in a mapped group Airflow gives nothing when there were no items, and the result itself when there was one.
    if outputs is None:
        return []
    if isinstance(outputs, Mapping):
        return [outputs[name]]
    # A slice asks Airflow for all of them at once.
    return [each[name] for each in outputs[:]]


def yields(unit: str, item: str, items: Sequence[str], captures: Mapping[str, str | list[str]]) -> list[str]:
    """What the body of a fan-out yields, for each item. A list among the captures has one value for each item."""
    found = []
    for index, envelope in enumerate(items):
        own = {key: value if isinstance(value, str) else value[index] for key, value in captures.items()}
        found.append(run(unit, {**own, item: envelope})["result"])
    return found


def collect(unit: str, results: Sequence[str]) -> Outputs:
    """The list of a fan-out, from what its items yielded."""
    return run(unit, {f"{unit[: -len('.collect')]}[].yield.result": gather(results)})
