"""Fan-outs that tolerate failures: what their bodies are on Kubeflow, and what the tasks in them hand on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mloc_kfp.vendored.lenient import Failed, check_before, judged, texts_of_failure
from tests.kfp.emitted import document

BODY = """
target kfp:
    engine_cache true

pipeline tolerant(ns: list[int]) -> (all: list[int?]):
    all = for n in ns TOLERATE:
        a = same(x=n)
        if a > 1:
            b = same(x=a)
        else:
            b = 0
        c = same(x=n) after a
        yield b + c
    return all=all
"""


def dags(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "root", spec["root"]["dag"]["tasks"]
    for name, component in spec["components"].items():
        if "dag" in component:
            yield name, component["dag"]["tasks"]


def call_of(task: dict[str, Any]) -> dict[str, Any]:
    given = task.get("inputs", {}).get("parameters", {}).get("mloc-unit")
    return {} if given is None else dict(json.loads(given["runtimeValue"]["constant"]))


def test_no_task_of_the_body_fails_or_is_cached_and_all_others_may(tmp_path: Path) -> None:
    tasks = {label: task for _, found in dags(document(BODY.replace("TOLERATE", "tolerate 1"), tmp_path)) for label, task in found.items()}
    lenient = {label for label, task in tasks.items() if call_of(task).get("lenient")}
    inside = {"all-a", "all-then-b", "all-c", "all-yield"}
    assert inside < lenient
    assert {"all", "all-collect", "all-collect-nothing", "parameters", "outputs"} & lenient == set()
    assert all(not tasks[label]["cachingOptions"] for label in lenient)
    assert tasks["all-collect"]["cachingOptions"] == {"enableCache": True}


def test_a_step_is_given_the_states_of_what_it_waits_for(tmp_path: Path) -> None:
    tasks = {label: task for _, found in dags(document(BODY.replace("TOLERATE", "tolerate 1"), tmp_path)) for label, task in found.items()}
    ordered = tasks["all-c"]["inputs"]["parameters"]["mloc-after-0"]
    assert ordered == {"taskOutputParameter": {"producerTask": "all-a", "outputParameterKey": "mloc-state"}}
    assert tasks["condition-all-if-1-failed"]["triggerPolicy"]["condition"].endswith("== '\"failed\"'")


def test_without_tolerate_a_failure_is_kubeflows(tmp_path: Path) -> None:
    for _, tasks in dags(document(BODY.replace("TOLERATE", "limit 2"), tmp_path)):
        assert not [label for label, task in tasks.items() if call_of(task).get("lenient") or label.endswith("-failed")]


FIRST = {"step": "a", "message": "no", "line": 3, "at": "2026-01-01T00:00:00.000001Z"}
LATER = {"step": "b", "message": "neither", "line": 4, "at": "2026-01-01T00:00:00.000002Z"}


def test_the_first_failure_is_handed_on() -> None:
    states = {"mloc-after-0": json.dumps(LATER), "mloc-after-1": "null", "mloc-after-2": json.dumps(FIRST), "x": "1"}
    with pytest.raises(Failed) as raised:
        check_before(states)
    assert raised.value.error == FIRST
    check_before({"mloc-after-0": "null", "x": json.dumps(FIRST)})


def test_failures_are_counted_where_results_are_collected() -> None:
    texts = ["1", f"failed:{json.dumps(FIRST)}", '"failed:"', f"failed:{json.dumps(LATER)}"]
    assert judged(texts, ["count", "2"]) == ["1", "null", '"failed:"', "null"]
    assert judged(texts, ["percent", "50"]) == judged(texts, ["count", "2"])
    with pytest.raises(Failed, match=r"2 of 4 items failed, where 1 may"):
        judged(texts, ["count", "1"])
    with pytest.raises(Failed, match=r"2 of 4 items failed, where 49\.9 percent may") as raised:
        judged(texts, ["percent", "49.9"])
    assert raised.value.error == FIRST
    with pytest.raises(Failed, match=r"^2 of 4 items failed$"):
        judged(texts, None)


def test_what_a_task_gives_that_did_nothing() -> None:
    state = json.dumps(FIRST, separators=(",", ":"))
    given = {"arm": {}, "mloc-state": {}}
    assert texts_of_failure(given, "all[].if#1", "decide", dict(FIRST)) == {"arm": '"failed"', "mloc-state": state}
    # A step's own outputs have what names they like.
    assert texts_of_failure(given, "all[].a", "step", dict(FIRST)) == {"arm": "null", "mloc-state": state}
    looped = {"items": {}, "filled": {}, "mloc-state": {}}
    assert texts_of_failure(looped, "all", "items", dict(FIRST)) == {"items": "[]", "filled": '"failed"', "mloc-state": state}
    ended = {"result": {}, "mloc-state": {}}
    assert texts_of_failure(ended, "all[].yield", "eval", dict(FIRST))["result"] == f"failed:{state}"
    assert texts_of_failure(ended, "$closing", "", dict(FIRST))["result"] == f"failed:{state}"
    assert texts_of_failure(ended, "all[].a", "step", dict(FIRST))["result"] == "null"
