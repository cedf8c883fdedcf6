"""What the tasks of the DAG do: hand their inputs to the runner, and its answer to Airflow.

A task's result is one XCom: its outputs by name, each as canonical JSON text, so that no value is read or changed on the way.
Airflow reads the DAG again and again, so the runner is loaded by the functions that need it, and not with this module.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from .engine import at_end, leave, one_at_a_time

__all__ = [
    "Outputs",
    "at_end",
    "by_item",
    "collect",
    "decide",
    "gathered",
    "items",
    "launch_parameters",
    "one_at_a_time",
    "output",
    "run",
    "run_body",
    "run_handler",
    "tolerated",
    "yields",
]

Outputs = dict[str, str]

ITEM = "$item"
"""With the outputs of a task whose failure may be tolerated: the index of its item."""


def launch_parameters() -> Outputs:
    """The parameters of this run, checked."""
    from .attempts import launch_parameters

    return launch_parameters()


def run(unit: str, captures: Mapping[str, str | None], *, retries: bool = False) -> Outputs:
    """The outputs of a unit. With `retries` its further attempts are made here, else Airflow makes them."""
    from .attempts import run

    return run(unit, captures, retries=retries)


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
    from .attempts import run_body

    return run_body(fan_out, captures)


def run_handler(kind: str, captures: Mapping[str, str | None], outputs: Mapping[str, str] | None) -> None:
    """Run a handler. `outputs` are those of the body, None when it has failed."""
    from .handlers import run_handler

    run_handler(kind, captures, outputs)


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
    from .runner.api import gather

    return run(unit, {f"{unit[: -len('.collect')]}[].yield.result": gather(results)})


def by_item(outputs: Sequence[Outputs] | Outputs | None, name: str) -> dict[int, str]:
    """One output of every task of a mapped one that succeeded, by the index of its item."""
    found = [] if outputs is None else [outputs] if isinstance(outputs, Mapping) else outputs[:]
    return {int(each[ITEM]): each[name] for each in found}


def tolerated(
    fan_out: str,
    items: Sequence[str] | None,
    steps: Sequence[Sequence[Outputs] | Outputs | None],
    *,
    captures: Mapping[str, str | None | Mapping[int, str]] | None = None,
    results: Mapping[int, str] | None = None,
) -> Outputs:
    """The list of a fan-out that tolerates failures: of what is yielded from captures, else of results. An item has
    succeeded when all `steps`, the tasks of the body, have."""
    from .tolerance import judge

    return judge(fan_out, items, steps, captures, results)
