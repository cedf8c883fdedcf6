"""The report from records alone, as engines leave them."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest

from mloc.ir.model import Const, Parameter, Pipeline, Result
from mloc.local.report import Status, report
from mloc.runner.api import Records, StepFailed
from mloc.runner.jsons import Json
from mloc.types.model import FLOAT, INT, STR, Field, File, ListOf, MapOf, Optional, Record
from tests.local.pipelines import INTS, call, equal, fan_out, if_else, item, number, param, pipeline, result_of, statuses, step

SCHEMA = json.loads((files("mloc") / "schemas" / "report.schema.json").read_text())
INC = step("inc", "return x + 1", {"x": INT})
AT = "2026-01-31T14:05:03.000001Z"


def made(of: Pipeline, records: Records, status: Status, error: str | None = None, params: dict[str, str] | None = None) -> dict[str, Json]:
    assert records.folder is not None
    given = {
        "engine": ("kfp", "2.17"),
        "status": status,
        "error": error,
        "started": AT,
        "finished": AT,
        "run_id": "r",
        "params": params or {},
    }
    found = report(of, records.folder, **given)
    jsonschema.validate(found, SCHEMA)
    return found


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path)


def attempt(records: Records, step_id: str, number: int, failure: StepFailed | None = None) -> None:
    unit = step_id.replace("[0]", "[]").replace("[1]", "[]")
    records.started(step_id, unit, number, AT)
    if failure is None:
        records.succeeded(step_id, unit, number, AT, {"result": 1}, None)
    else:
        records.attempt_failed(step_id, unit, number, AT, failure, None)


def test_steps_stand_in_source_order_then_by_index_whatever_the_order_of_time(records: Records) -> None:
    body = (call("t[].a", "inc", x=item("t")), call("t[].b", "inc", x=item("t")))
    of = pipeline([INC], [call("z", "inc", x=number(1)), fan_out("t", Const(INTS, "[1,2]"), *body)])
    for step_id in ("t[1].b", "t[1].a", "z"):
        attempt(records, step_id, 1)
    records.items("t", "t", 2)
    found = made(of, records, "failed")
    assert list(found["steps"]) == ["z", "t[0].a", "t[1].a", "t[0].b", "t[1].b"]
    assert statuses(found) == {"z": "succeeded", "t[0].a": "not_run", "t[1].a": "succeeded", "t[0].b": "not_run", "t[1].b": "succeeded"}
    assert found["error"] == {"step": None, "message": "the run failed, and no record says why", "line": None}


def test_what_an_engine_skips_inside_a_mapped_body_is_skipped(records: Records) -> None:
    inner = if_else(
        "t[].if#2", equal(number(1), number(2)), (call("t[].deep", "inc", x=number(1)),), (call("t[].other", "inc", x=number(1)),)
    )
    fan = fan_out("t[].f", Const(INTS, "[1]"), call("t[].f[].x", "inc", x=number(1)))
    branch = if_else(
        "t[].if#1", equal(item("t"), number(1)), (call("t[].k", "inc", x=number(1)), inner, fan), (call("t[].e", "inc", x=number(1)),)
    )
    of = pipeline([INC], [fan_out("t", Const(INTS, "[5]"), branch)])
    records.items("t", "t", 1)
    records.decided("t[0].if#1", "t[].if#1", "else")
    for unit in ("t[].k", "t[].if#2", "t[].deep", "t[].other", "t[].f"):
        records.skipped(unit.replace("[]", "[0]"), unit)
    attempt(records, "t[0].e", 1)
    found = statuses(made(of, records, "succeeded"))
    assert found == {"t[0].k": "skipped", "t[0].deep": "skipped", "t[0].other": "skipped", "t[0].e": "succeeded"}


def test_a_branch_that_was_skipped_itself_skips_all_its_arms(records: Records) -> None:
    branch = if_else("t[].if#1", equal(item("t"), number(1)), (call("t[].k", "inc", x=number(1)),), (call("t[].e", "inc", x=number(1)),))
    of = pipeline([INC], [fan_out("t", Const(INTS, "[5]"), branch)])
    records.items("t", "t", 1)
    records.skipped("t[0].if#1", "t[].if#1")
    assert statuses(made(of, records, "succeeded")) == {"t[0].k": "skipped", "t[0].e": "skipped"}


def test_a_branch_that_was_never_reached_has_steps_not_run(records: Records) -> None:
    branch = if_else("if#1", equal(param("n"), number(1)), (call("k", "inc", x=number(1)),), (call("e", "inc", x=number(1)),))
    found = made(
        pipeline([INC], [branch, fan_out("t", Const(INTS, "[1]"), call("t[].a", "inc", x=item("t")))], {}, {"n": "1"}), records, "failed"
    )
    assert statuses(found) == {"k": "not_run", "e": "not_run"}


def test_the_error_is_the_first_step_that_failed_for_good(records: Records) -> None:
    of = pipeline([INC], [call(name, "inc", x=number(1)) for name in "abcd"])
    attempt(records, "a", 1, StepFailed("exception", "first try", 5))
    attempt(records, "d", 1, StepFailed("cancelled", "the run was cancelled", 8))
    attempt(records, "b", 1, StepFailed("exception", "the cause", 6))
    attempt(records, "c", 1, StepFailed("exception", "later", 7))
    attempt(records, "a", 2)
    found = made(of, records, "failed", "what the engine says")
    assert found["error"] == {"step": "b", "message": "the cause", "line": 6}
    assert found["steps"]["a"]["attempts"] == 2
    assert found["steps"]["d"]["error"] == {"kind": "cancelled", "message": "the run was cancelled", "line": 8}


def test_a_step_killed_from_outside_has_failed(records: Records) -> None:
    records.started("a", "a", 1, AT)
    found = made(pipeline([INC], [call("a", "inc", x=number(1))]), records, "failed")
    assert statuses(found) == {"a": "failed"}
    assert found["error"]["step"] == "a"
    assert found["steps"]["a"]["finished"] is None


def test_values_are_exact_and_parameters_are_shown(records: Records) -> None:
    big = '"i:9007199254740993"'
    row = Record((Field("n", INT), Field("s", STR)))
    types = {"n": INT, "m": MapOf(ListOf(INT)), "o": Optional(INT), "s": STR, "f": FLOAT, "r": row, "a": File("csv")}
    artifact: Json = {"uri": "file:///x", "digest": "sha256:00", "size": 3, "type": {"file": "csv"}}
    values: dict[str, Json] = {
        "n": "i:9007199254740993",
        "m": {"k": ["i:-9007199254740993", 1]},
        "o": None,
        "s": "i:5",
        "f": "f:nan",
        "r": {"n": "i:9007199254740993", "s": "i:6"},
        "a": artifact,
    }
    results = tuple(Result(name, type_, Const(type_, "null")) for name, type_ in types.items())
    of = Pipeline("p", (Parameter("n", INT), Parameter("s", STR)), (), pipeline([], []).region, results, "p.mlp", "")
    records.outputs(values)
    found = made(of, records, "succeeded", params={"n": big, "s": "not json"})
    exact = 9007199254740993
    assert found["outputs"] == {**values, "n": exact, "m": {"k": [-exact, 1]}, "r": {"n": exact, "s": "i:6"}}
    assert found["params"] == {"n": exact, "s": "not json"}
    records.parameters({"n": 1, "s": "x"})
    assert made(of, records, "succeeded")["params"] == {"n": 1, "s": "x"}


def test_a_failed_run_has_no_outputs(records: Records) -> None:
    records.outputs({"out": 1})
    assert made(pipeline([INC], [call("a", "inc", x=number(1))], {"out": result_of("a")}), records, "cancelled")["outputs"] == {}
