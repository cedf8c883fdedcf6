"""Runs the body of a fan-out as one task, by the plan in `bodies.json`: step after step, in the order of the source.

After a failure what does not depend on it still runs, as it would in tasks of its own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from mloc.runner.api import StepFailed, gather

from .limits import RunEnded, goes_on
from .tolerance import allows, is_tolerated
from .units import HERE, program, run_once


class Node(TypedDict, total=False):
    """A call, a branch (with `arms`) or a fan-out (with `body`), and the ids of its siblings that it waits for."""

    id: str
    after: list[str]
    arms: list[list[Node]]
    merge: str | None
    body: list[Node]
    collect: str | None


@dataclass
class _Item:
    """One pass through a body: the values so far, by capture key, and what failed in it for good."""

    values: dict[str, str]
    cancel: threading.Event
    may_begin: Callable[[], bool]
    failures: list[StepFailed] = field(default_factory=list)

    def run(self, unit: str, gives: str, extra: Mapping[str, str] | None = None) -> bool:
        """Run a unit and keep its outputs as those of the node `gives`; gives whether it succeeded."""
        try:
            if program().unit(unit).kind == "step" and not self.may_begin():
                raise RunEnded("cancelled", "something has failed in this run, and it fails fast: this step was not started")
            outputs = run_once(unit, {**self.values, **(extra or {})}, retries=True, attempt=1, cancel=self.cancel)
        except StepFailed as failure:
            self.failures.append(failure)
            return False
        self.values.update({f"{gives}.{name}": text for name, text in outputs.items()})
        return True


def run_body(fan_out: str, captures: Mapping[str, str], cancel: threading.Event) -> dict[str, str]:
    """Run the body for the item among the captures; gives what it yields. Raises the first StepFailed once nothing more can run."""
    plan: Node = json.loads((HERE / "bodies.json").read_text(encoding="utf-8"))[fan_out]
    item = _Item(dict(captures), cancel, _always)
    asked = goes_on()
    if asked is not None:
        # What fails here fails the run, unless it may be tolerated.
        item.may_begin = asked if is_tolerated(f"{fan_out}[]") else lambda: not item.failures and asked()
    if _region(plan["body"], item) and _yield(plan, item):
        return {"result": item.values[f"{fan_out}[].yield.result"]} if plan["collect"] else {}
    raise item.failures[0]


def run_handler(kind: str, captures: Mapping[str, str], cancel: threading.Event) -> None:
    """Run all that can be run of a handler. Raises the first StepFailed when that is not all."""
    plan: Node = json.loads((HERE / "bodies.json").read_text(encoding="utf-8"))[kind]
    item = _Item(dict(captures), cancel, _always)
    if not _region(plan["body"], item):
        raise item.failures[0]


def _always() -> bool:
    return True


def _region(nodes: Iterable[Node], item: _Item) -> bool:
    """Run what can be run; gives whether all of it was and succeeded."""
    failed: set[str] = set()
    for node in nodes:
        if not failed.isdisjoint(node["after"]) or not _node(node, item):
            failed.add(node["id"])
    return not failed


def _node(node: Node, item: _Item) -> bool:
    if "arms" in node:
        return _branch(node, item)
    if "body" in node:
        return _fan_out(node, item)
    return item.run(node["id"], node["id"])


def _branch(node: Node, item: _Item) -> bool:
    if not item.run(node["id"], node["id"]):
        return False
    # Every unit asks for itself whether its arm was taken.
    succeeded = [_region(arm, item) for arm in node["arms"]]
    merge = node["merge"]
    return all(succeeded) and (merge is None or item.run(merge, node["id"]))


def _fan_out(node: Node, item: _Item) -> bool:
    name = node["id"]
    if not item.run(name, name):
        return False
    # Null stands for the items of a fan-out in an arm that was not taken.
    envelopes: list[str] = json.loads(item.values[f"{name}.items"]) or []
    tolerant = "tolerate" in program().unit(name).body
    inner = [
        # What is tolerated is no failure of the item around it.
        _Item({**item.values, f"{name}.item": envelope}, item.cancel, item.may_begin, [] if tolerant else item.failures)
        for envelope in envelopes
    ]
    succeeded = [_region(node["body"], each) and _yield(node, each) for each in inner]
    if not allows(program(), name, succeeded.count(False), len(inner)):
        if tolerant:
            item.failures.extend(failure for each in inner for failure in each.failures)
        return False
    collect = node["collect"]
    if collect is None:
        return True
    # Null stands for an item whose failure is tolerated.
    results = gather([each.values[f"{name}[].yield.result"] if ok else "null" for each, ok in zip(inner, succeeded, strict=True)])
    return item.run(collect, name, {f"{name}[].yield.result": results})


def _yield(node: Node, item: _Item) -> bool:
    unit = f"{node['id']}[].yield"
    return node["collect"] is None or item.run(unit, unit)
