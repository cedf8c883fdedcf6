"""Counts what failed in the items of a fan-out that tolerates failures: there tasks fail as all others do, and one judges them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence

from mloc.runner.api import Program, StepFailed, gather
from mloc.runner.failures import run_error
from mloc.runner.jsons import as_array, as_text
from mloc.runner.records import now
from mloc.runner.tolerance import tolerates

from .engine import failed_for_good, leave, left_by_those_before
from .limits import has_failed
from .tasks import ITEM, Outputs, by_item
from .units import program, run_once

ERROR = "mloc_error"
"""The key under which a task leaves why it failed."""
ITEM_ERROR = "mloc_item_error"
"""The same where it may be tolerated."""


def error_text(failure: StepFailed) -> str:
    """A failure as it is left beside a task."""
    return json.dumps({"at": now(), "error": run_error(failure)})


def is_tolerated(unit: str) -> bool:
    """Whether a unit stands in the body of a mapped fan-out that tolerates failures."""
    around, inside, _ = unit.partition("[]")
    return bool(inside) and "tolerate" in program().unit(around).body


def place_of_item(unit: str, captures: Mapping[str, str]) -> Outputs:
    """The index of the item, which tasks whose failure may be tolerated give with their outputs: Airflow closes the gaps."""
    if not is_tolerated(unit):
        return {}
    return {ITEM: str(json.loads(captures[f"{unit.partition('[]')[0]}.item"])["at"][0])}


def allows(compiled: Program, fan_out: str, failures: int, items: int) -> bool:
    """Whether a fan-out succeeds with so many failures among its items."""
    said = as_array(compiled.unit(fan_out).body.get("tolerate", ["count", "0"]), "what is tolerated")
    kind, amount = (as_text(word, "a word") for word in said)
    return tolerates(kind, amount, failures, items)


def judge(
    fan_out: str,
    items: Sequence[str] | None,
    steps: Sequence[Sequence[Outputs] | Outputs | None],
    captures: Mapping[str, str | None | Mapping[int, str]] | None,
    results: Mapping[int, str] | None,
) -> Outputs:
    """The list of a fan-out, null for the items that failed. Raises what fails the task for good when more have than are tolerated."""
    if items is None:
        raise failed_for_good(StepFailed("exception", "what this fan-out waits for has not succeeded"))
    places, given = range(len(items)), [by_item(step, ITEM) for step in steps]
    ended = left_by_those_before(ERROR)
    if ended or has_failed():
        # The run has ended: what did not begin because of that is no failure of an item.
        raise failed_for_good(StepFailed("cancelled", "the run has ended before all items have"))
    errors = [json.loads(text) for text in left_by_those_before(ITEM_ERROR)]
    succeeded = {place for place in places if all(place in gave for gave in given)}
    texts = dict(results or {})
    for place in sorted(succeeded) if captures is not None else ():
        try:
            texts[place] = _yielded(fan_out, items[place], place, captures or {})
        except StepFailed as failure:
            succeeded.remove(place)
            errors.append(json.loads(error_text(failure)))
    failures = len(items) - len(succeeded)
    if not allows(program(), fan_out, failures, len(items)):
        if errors:
            leave(ERROR, json.dumps(min(errors, key=lambda each: str(each["at"]))))
        raise failed_for_good(StepFailed("exception", f"{failures} of {len(items)} items failed, which is more than is tolerated"))
    if captures is None and results is None:
        return {}
    listed = gather([texts[place] if place in succeeded else "null" for place in places])
    return _run(f"{fan_out}.collect", {f"{fan_out}[].yield.result": listed})


def _yielded(fan_out: str, item: str, place: int, captures: Mapping[str, str | None | Mapping[int, str]]) -> str:
    found = {key: value if value is None or isinstance(value, str) else value[place] for key, value in captures.items()}
    given = {key: text for key, text in found.items() if text is not None}
    return _run(f"{fan_out}[].yield", {**given, f"{fan_out}.item": item})["result"]


def _run(unit: str, captures: Mapping[str, str]) -> Outputs:
    return run_once(unit, captures, retries=False, attempt=1, cancel=threading.Event())
