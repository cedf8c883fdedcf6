"""Whole runs on this machine: order, parallelism, failure, what the report says of them."""

from __future__ import annotations

import json
import time
from datetime import datetime
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import jsonschema
import pytest

from mloc.ir.model import Arith, Const, Merged, Ref, Retry, Settings
from mloc.local import execute
from mloc.local.execute import run_native
from mloc.local.machine import Amount
from mloc.local.store import StoreUnusable
from mloc.runner.jsons import Json
from mloc.types.model import INT, STR, ListOf
from tests.local.pipelines import (
    INTS,
    OPTIONAL_INT,
    call,
    equal,
    fan_out,
    if_else,
    item,
    lines,
    number,
    param,
    pipeline,
    resources,
    result_of,
    retry,
    run,
    statuses,
    step,
    text,
)

SCHEMA = json.loads((files("mloc") / "schemas" / "report.schema.json").read_text())
INC = step("inc", "return x + 1", {"x": INT})
FAIL = step("fail", "print('about to fail')\nraise ValueError('no ' + str(x))", {"x": INT})
# Writes when it began and ended, so that a test can see what overlapped.
TRACE = step(
    "trace",
    "import os, time\n"
    "begun = time.monotonic()\n"
    "time.sleep(0.2)\n"
    "with open(os.path.join(folder, str(x)), 'w') as f:\n"
    "    f.write(f'{begun} {time.monotonic()}')\n"
    "return x",
    {"x": INT, "folder": STR},
)


def checked(report: dict[str, Json]) -> dict[str, Json]:
    jsonschema.validate(json.loads(json.dumps(report)), SCHEMA)
    return report


def most_at_once(folder: Path) -> int:
    """The largest number of traced steps that ran at one time."""
    marks = []
    for path in folder.iterdir():
        begun, ended = map(float, path.read_text().split())
        marks += [(begun, 1), (ended, -1)]
    running = most = 0
    for _, change in sorted(marks):
        running += change
        most = max(most, running)
    return most


def test_values_flow_and_the_report_is_whole(tmp_path: Path) -> None:
    of = pipeline([INC], [call("a", "inc", x=param("n")), call("b", "inc", x=result_of("a"))], {"out": result_of("b")}, {"n": "1"})
    report = checked(run_native(of, {"n": "40"}, store=tmp_path, run_id="r1", lines=lines(of)))
    assert report["status"] == "succeeded"
    assert report["outputs"] == {"out": 42}
    assert report["params"] == {"n": 40}
    assert report["error"] is None
    assert list(report["steps"]) == ["a", "b"]
    entry = report["steps"]["a"]
    assert (entry["step"], entry["status"], entry["attempts"], entry["outputs"]) == ("inc", "succeeded", 1, {"result": 41})
    assert report["started"] <= entry["started"] <= entry["finished"] <= report["steps"]["b"]["started"] <= report["finished"]
    assert json.loads((tmp_path / "runs" / "r1" / "report.json").read_text()) == report
    assert (tmp_path / "runs" / "r1" / "logs" / "a" / "1.log").exists()
    assert list((tmp_path / "runs" / "r1" / "records").glob("*.json"))


def test_independent_steps_overlap_and_jobs_bounds_them(tmp_path: Path) -> None:
    for jobs, expected in ((2, 2), (1, 1)):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        body = [call(f"s{n}", "trace", x=number(n), folder=text(str(folder))) for n in range(3)]
        assert run(pipeline([TRACE], list(body)), tmp_path / "store", jobs=jobs)["status"] == "succeeded"
        assert most_at_once(folder) == expected


def test_a_limit_is_exact(tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    folder.mkdir()
    body = call("t[].a", "trace", x=item("t"), folder=text(str(folder)))
    of = pipeline([TRACE], [fan_out("t", Const(INTS, "[1,2,3,4,5]"), body, limit=2)])
    assert run(of, tmp_path / "store", jobs=5)["status"] == "succeeded"
    assert most_at_once(folder) == 2


def test_resources_are_admitted_within_the_capacity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "capacity", lambda: Amount(4000, 4 << 30))
    folder = tmp_path / "trace"
    folder.mkdir()
    of = pipeline(
        [TRACE],
        [call(f"s{n}", "trace", settings=resources(cpu=1.5, memory=1 << 30), x=number(n), folder=text(str(folder))) for n in range(4)],
    )
    assert run(of, tmp_path / "store", jobs=4)["status"] == "succeeded"
    assert most_at_once(folder) == 2


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (resources(cpu=8), "asks for 8 cores, and this machine has 4 cores for it"),
        (resources(memory=64 << 30), "asks for 64 GiB of memory, and this machine has 4 GiB for it"),
        (resources(gpu=1), "asks for 1 GPU, and this machine has 0 GPUs"),
    ],
)
def test_a_step_over_the_capacity_fails_before_anything_runs(
    asked: Settings, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "capacity", lambda: Amount(4000, 4 << 30))
    report = checked(run(pipeline([INC], [call("a", "inc", x=number(1)), call("big", "inc", settings=asked, x=number(1))]), tmp_path))
    assert report["status"] == "failed"
    assert report["error"] == {"step": "big", "message": f"the step `big` (p.mlp:102) {said}; nothing was started", "line": 102}
    assert statuses(report) == {"a": "not_run", "big": "not_run"}


def test_a_failure_drains_and_its_dependents_are_not_run(tmp_path: Path) -> None:
    of = pipeline(
        [INC, FAIL],
        [
            call("bad", "fail", x=number(1)),
            call("b", "inc", x=result_of("bad")),
            call("c", "inc", after=("b",), x=number(1)),
            call("d", "inc", x=number(1)),
        ],
        {"out": result_of("d")},
    )
    report = checked(run(of, tmp_path, jobs=1))
    assert report["status"] == "failed"
    assert statuses(report) == {"bad": "failed", "b": "not_run", "c": "not_run", "d": "succeeded"}
    assert report["error"]["step"] == "bad"
    assert "no 1" in report["error"]["message"]
    assert report["steps"]["bad"]["error"]["kind"] == "exception"
    assert report["outputs"] == {}


def test_later_items_run_after_a_failed_one(tmp_path: Path) -> None:
    code = step("odd", "assert x != 2, 'two'\nreturn x", {"x": INT})
    of = pipeline(
        [code, INC],
        [
            fan_out("t", Const(INTS, "[1,2,3]"), call("t[].a", "odd", x=item("t")), limit=1, result=result_of("t[].a")),
            call("z", "inc", after=("t",), x=number(1)),
        ],
    )
    report = checked(run(of, tmp_path))
    assert statuses(report) == {"t[0].a": "succeeded", "t[1].a": "failed", "t[2].a": "succeeded", "z": "not_run"}


def test_the_first_failure_in_time_is_the_error(tmp_path: Path) -> None:
    slow = step("slow", "import time\ntime.sleep(0.6)\nraise ValueError('late')")
    of = pipeline([slow, FAIL], [call("first", "slow"), call("second", "fail", x=number(1))])
    assert run(of, tmp_path)["error"]["step"] == "second"


@pytest.mark.parametrize(("flag", "expected"), [("1", 11), ("0", None)])
def test_a_branch_skips_and_its_name_is_null(flag: str, expected: int | None, tmp_path: Path) -> None:
    use = step("use", "return x", {"x": OPTIONAL_INT}, OPTIONAL_INT)
    inner = if_else("if#2", equal(number(1), number(2)), (call("deep", "inc", x=number(1)),), ())
    fan = fan_out("f", Const(INTS, "[1,2]"), call("f[].a", "inc", x=item("f")))
    branch = if_else(
        "if#1",
        equal(param("flag"), number(1)),
        (call("k", "inc", x=number(10)), inner, fan),
        (call("other", "inc", x=number(1)),),
        Merged("k", OPTIONAL_INT, (result_of("k"), Const(OPTIONAL_INT, "null"))),
    )
    of = pipeline(
        [INC, use], [branch, call("u", "use", x=Ref(OPTIONAL_INT, "if#1", "k"))], {"out": result_of("u", OPTIONAL_INT)}, {"flag": "0"}
    )
    report = checked(run_native(of, {"flag": flag}, store=tmp_path))
    assert report["outputs"] == {"out": expected}
    if flag == "1":
        assert statuses(report) == {
            "k": "succeeded",
            "deep": "skipped",
            "f[0].a": "succeeded",
            "f[1].a": "succeeded",
            "other": "skipped",
            "u": "succeeded",
        }
    else:
        assert statuses(report) == {"k": "skipped", "deep": "skipped", "other": "succeeded", "u": "succeeded"}


def test_nested_fan_outs_empty_ones_and_report_ids(tmp_path: Path) -> None:
    inner = fan_out("t[].i", Ref(INTS, "t", "item"), call("t[].i[].a", "inc", x=Ref(INT, "t[].i", "item")), result=result_of("t[].i[].a"))
    outer = fan_out("t", Const(ListOf(INTS), "[[1,2],[],[3]]"), inner, call("t[].b", "inc", x=number(0)), result=result_of("t[].i", INTS))
    outer = type(outer)(outer.id, outer.item, INTS, outer.source, None, outer.region, outer.result)
    report = checked(run(pipeline([INC], [outer], {"out": result_of("t", ListOf(INTS))}), tmp_path))
    assert report["outputs"] == {"out": [[2, 3], [], [4]]}
    assert list(report["steps"]) == ["t[0].i[0].a", "t[0].i[1].a", "t[2].i[0].a", "t[0].b", "t[1].b", "t[2].b"]


def test_retries_are_made_and_counted(tmp_path: Path) -> None:
    marker = tmp_path / "tries"
    code = (
        f"import pathlib\np = pathlib.Path({str(marker)!r})\nn = len(p.read_text()) if p.exists() else 0\n"
        "p.write_text('x' * (n + 1))\nassert n == 2\nreturn n"
    )
    of = pipeline([step("flaky", code), INC], [call("f", "flaky", settings=retry(2)), call("g", "inc", x=result_of("f"))])
    report = checked(run_native(of, {}, store=tmp_path, run_id="r"))
    assert report["status"] == "succeeded"
    assert report["steps"]["f"]["attempts"] == 3
    assert report["error"] is None
    assert sorted(path.name for path in (tmp_path / "runs" / "r" / "logs" / "f").iterdir()) == ["1.log", "2.log", "3.log"]


def test_a_step_that_waits_for_its_next_attempt_holds_nothing_back(tmp_path: Path) -> None:
    waiting = Settings(retry=Retry(count=1, backoff_ms=1500))
    of = pipeline(
        [FAIL, INC], [call("f", "fail", settings=waiting, x=number(1)), call("g", "inc", x=number(1)), call("h", "inc", x=result_of("g"))]
    )
    report = checked(run(of, tmp_path, jobs=1))
    assert report["steps"]["f"]["attempts"] == 2
    assert report["steps"]["h"]["status"] == "succeeded"
    begun, ended = (datetime.fromisoformat(report[mark]) for mark in ("started", "finished"))
    assert (ended - begun).total_seconds() >= 1.5
    assert report["steps"]["h"]["finished"] < report["steps"]["f"]["finished"]


def test_a_timeout_ends_the_attempt(tmp_path: Path) -> None:
    of = pipeline([step("slow", "import time\ntime.sleep(60)\nreturn 1")], [call("s", "slow", settings=retry(0, timeout_ms=300))])
    begun = time.monotonic()
    report = checked(run(of, tmp_path))
    assert report["steps"]["s"]["error"]["kind"] == "timeout"
    assert time.monotonic() - begun < 8


def test_wrong_parameters_are_refused_before_anything_runs(tmp_path: Path) -> None:
    of = pipeline([INC], [call("a", "inc", x=param("n"))], params={"n": "1"})
    for given, said in (({"n": '"x"'}, "n"), ({"m": "1"}, "no parameter `m`"), ({"n": "not json"}, "n")):
        report = checked(run_native(of, given, store=tmp_path, lines=lines(of)))
        assert report["status"] == "failed"
        assert said in report["error"]["message"]
        assert report["error"]["step"] is None
        assert statuses(report) == {"a": "not_run"}


def test_an_expression_that_fails_is_its_calls_failure_and_no_attempt(tmp_path: Path) -> None:
    zero = Arith(INT, "%", number(1), param("n"))
    of = pipeline([INC], [call("a", "inc", x=zero), call("b", "inc", x=number(1))], {"out": zero}, {"n": "0"})
    report = checked(run(of, tmp_path))
    assert statuses(report) == {"a": "failed", "b": "succeeded"}
    assert report["steps"]["a"]["attempts"] == 0
    assert report["error"] == {"step": "a", "message": report["steps"]["a"]["error"]["message"], "line": 101}


def test_a_result_or_a_condition_that_fails_fails_the_run_with_its_message(tmp_path: Path) -> None:
    zero = Arith(INT, "%", number(1), param("n"))
    report = checked(run(pipeline([INC], [call("b", "inc", x=number(1))], {"out": zero}, {"n": "0"}), tmp_path))
    assert (report["status"], report["error"]["step"]) == ("failed", None)
    branch = if_else("if#1", equal(zero, number(1)), (call("b", "inc", x=number(1)),), (call("c", "inc", x=number(1)),))
    report = checked(run(pipeline([INC], [branch], {}, {"n": "0"}), tmp_path))
    assert statuses(report) == {"b": "not_run", "c": "not_run"}
    assert (report["error"]["step"], report["error"]["line"]) == (None, 101)


def test_hostile_strings_and_big_integers_pass_through(tmp_path: Path) -> None:
    hostile = '\'; rm -rf / #\n"$(id)" \x1b[31m {{x}} \u202e ключ \U0001f600'
    echo = step("echo", "print(s)\nreturn s", {"s": STR}, STR)
    big = step("big", "return x - 1", {"x": INT})
    of = pipeline(
        [echo, big],
        [call("e", "echo", s=Const(STR, json.dumps(hostile))), call("b", "big", x=Const(INT, '"i:9223372036854775807"'))],
        {"s": result_of("e", STR), "n": result_of("b")},
    )
    report = checked(run_native(of, {}, store=tmp_path, run_id="r"))
    assert report["outputs"] == {"s": hostile, "n": 9223372036854775806}
    assert "9223372036854775806\n" in (tmp_path / "runs" / "r" / "report.json").read_text()


def test_a_run_id_is_used_once_and_is_a_file_name(tmp_path: Path) -> None:
    of = pipeline([], [])
    run_native(of, {}, store=tmp_path, run_id="x")
    with pytest.raises(StoreUnusable, match="a run `x`"):
        run_native(of, {}, store=tmp_path, run_id="x")
    with pytest.raises(StoreUnusable, match="run's id"):
        run_native(of, {}, store=tmp_path, run_id="../x")


def test_steps_that_fit_begin_in_source_order(tmp_path: Path) -> None:
    report = run(pipeline([INC], [call(name, "inc", x=number(1)) for name in ("z", "m", "a")]), tmp_path, jobs=1)
    begun = [report["steps"][name]["started"] for name in ("z", "m", "a")]
    assert all(one < other for one, other in pairwise(begun))
