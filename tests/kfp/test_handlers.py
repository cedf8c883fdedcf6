"""Pipelines with handlers: what waits for what, what is left to an exit task, and what tasks about the run say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.runner.failures import StepFailed
from mloc_kfp.vendored.launched import known_of_run
from mloc_kfp.vendored.lenient import of_run, verdict
from tests.kfp.emitted import PRELUDE, document
from tests.kfp.test_tolerance import call_of, dags

SOURCE = """
target kfp:
    engine_cache true

pipeline p(a: int) -> (x: int):
    first = same(x=a)
    second = same(x=first)
    return x=second

    on failure:
        echo(text=run.error.message)
    finally:
        same(x=first ?? 0)
        echo(text=run.id)
"""


def inputs(task: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = task.get("inputs", {}).get("parameters", {})
    return found


def test_what_follows_the_body_waits_for_it_as_any_task_does(tmp_path: Path) -> None:
    tasks = document(SOURCE, tmp_path)["root"]["dag"]["tasks"]
    assert [name for name, task in tasks.items() if "triggerPolicy" in task] == ["handlers"]
    assert set(tasks["body"]["dependentTasks"]) == {"parameters", "launch"}
    assert "body" in tasks["run"]["dependentTasks"]
    assert "condition-branches-on-failure" in tasks["finally"]["dependentTasks"]
    assert "finally" in tasks["verdict"]["dependentTasks"]
    states = [source["taskOutputParameter"]["producerTask"] for name, source in inputs(tasks["verdict"]).items() if "after" in name]
    assert states == ["body", "finally"]


def test_the_exit_task_waits_for_the_body_alone(tmp_path: Path) -> None:
    """It is a hook of every task that it waits for, and what it reads of it waits for."""
    spec = document(SOURCE, tmp_path)
    exits = spec["root"]["dag"]["tasks"]["handlers"]
    assert exits["dependentTasks"] == ["body"]
    assert "artifacts" not in exits["inputs"]
    assert inputs(exits)["first_result"] == {"runtimeValue": {"constant": "null"}}
    assert json.loads(inputs(exits)["run_error"]["runtimeValue"]["constant"])["step"] is None
    inner = spec["components"][exits["componentRef"]["name"]]["dag"]["tasks"]
    assert set(inner) == {"parameters", "launch", "run", "lost"}
    assert inner["lost"]["triggerPolicy"]["condition"].endswith("== '\"failed\"'")


def test_servers_that_do_not_say_how_a_task_ended_are_not_asked(tmp_path: Path) -> None:
    spec = document(SOURCE.replace("engine_cache true", 'version "2.13"'), tmp_path)
    assert "handlers" not in spec["root"]["dag"]["tasks"]
    assert "taskFinalStatus" not in json.dumps(spec)
    assert "verdict" in spec["root"]["dag"]["tasks"]


def test_nothing_in_it_is_cached_and_failures_are_values(tmp_path: Path) -> None:
    found = [(name, label, task) for name, tasks in dags(document(SOURCE, tmp_path)) for label, task in tasks.items()]
    cached = {label for _, label, task in found if task["cachingOptions"]}
    assert cached == {"parameters"}
    units = {call_of(task)["unit"]: call_of(task).get("lenient", False) for _, _, task in found if call_of(task)}
    strict = {"$parameters", "$launch", "$run", "$verdict"}
    assert {unit for unit, lenient in units.items() if not lenient} == strict


def test_what_became_of_the_run() -> None:
    failed = json.dumps({"step": "a", "message": "no", "line": 3, "at": "2026-01-01T00:00:00Z"}, separators=(",", ":"))
    later = failed.replace("00:00:00", "01:00:00").replace('"a"', '"b"')
    alone = failed.replace('"a"', "null")
    assert of_run({"state": "null"}) == {"status": '"succeeded"', "error": "null"}
    assert of_run({"state": failed}) == {"status": '"failed"', "error": '{"step":"a","message":"no","line":3}'}
    assert of_run({"status": {"state": "FAILED"}})["status"] == '"failed"'
    # A DAG is called RUNNING for a while after it has ended.
    assert of_run({"status": {"state": "RUNNING"}})["status"] == '"succeeded"'
    assert verdict({"mloc-after-0": "null", "mloc-after-1": "null"}) is None
    assert verdict({"mloc-after-0": later, "mloc-after-1": failed}) == "step `a` failed: no"
    assert verdict({"mloc-after-0": alone}) == "no"


def test_what_a_server_says_of_the_run() -> None:
    said = {"id": "4d5e", "began": "2026-03-01T10:00:00Z", "due": "2026-02-28T23:30:00Z"}
    found = known_of_run(said)
    assert {name: json.loads(text) for name, text in found.items()} == {
        "id": "4d5e",
        "now": "2026-03-01T10:00:00Z",
        "today": "2026-03-01",
        "scheduled_time": "2026-02-28T23:30:00Z",
        "scheduled_date": "2026-02-28",
    }
    # An older server leaves the placeholder, or makes it empty: the clock is as good for when the run began, and for nothing else.
    for left in ("{{$.pipeline_job_create_time_utc}}", ""):
        assert json.loads(known_of_run({"began": left})["now"]) > "2026"
    with pytest.raises(StepFailed, match=r"does not say the id of the run: servers from 2\.5 on do"):
        known_of_run({"id": "{{$.pipeline_job_uuid}}"})
    with pytest.raises(StepFailed, match=r"does not say when the run was due: servers from 2\.17 on do"):
        known_of_run({"due": ""})


@pytest.mark.parametrize(
    ("version", "refused"), [("2.4", ["run.id", "run.scheduled_date"]), ("2.16", ["run.scheduled_date"]), ("2.17", [])]
)
def test_values_that_a_server_does_not_say_are_refused(version: str, refused: list[str], tmp_path: Path) -> None:
    path = tmp_path / "p.mlp"
    body = f'\ntarget kfp:\n    version "{version}"\n\npipeline p() -> (x: str, day: date):\n    x = echo(text=f"{{run.id}} {{run.now}}")\n'
    path.write_text(f"{PRELUDE}{body}    return x=x, day=run.scheduled_date\n", encoding="utf-8")
    analysis = analyse(str(path))
    found = [each.message for each in compile_(analysis, analysis.pipelines[-1], "kfp").diagnostics if each.rule.code == "E1120"]
    assert [message.split("`")[3] for message in found] == refused
