"""Fan-outs that tolerate failures: what the run gives, what the report says, and where the quota ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mloc.ir.model import Tolerate
from mloc.ir.tolerance import tolerates
from mloc.local.execute import run_native
from tests.elaborate.programs import codes, pipeline

STEPS = """mlp 1

step pick(n: int) -> int:
    run inline \"\"\"
        if n < 0:
            raise ValueError(f"no {n}")
        return n
        \"\"\"

step total(xs: list[int]) -> int:
    run inline "return sum(xs)"

"""


def program(tolerate: str, *, options: str = "") -> str:
    return f"""{STEPS}pipeline p(ns: list[int]) -> (all: list[int?], total: int):
{options}    picked = for n in ns {tolerate}:
        one = pick(n=n)
        two = pick(n=one)
        yield two
    sum = total(xs=[x for x in picked if x != null])
    return all=picked, total=sum
"""


@pytest.mark.parametrize(
    ("kind", "amount", "failures", "items", "passes"),
    [
        ("count", "0", 0, 3, True),
        ("count", "0", 1, 3, False),
        ("count", "2", 2, 3, True),
        ("percent", "10", 1, 10, True),
        ("percent", "10", 1, 9, False),
        ("percent", "33.3", 1, 3, False),
        ("percent", "33.4", 1, 3, True),
        ("percent", "100", 3, 3, True),
        ("percent", "0", 0, 0, True),
    ],
)
def test_the_quota_is_exact(kind: str, amount: str, failures: int, items: int, passes: bool) -> None:
    assert tolerates(Tolerate("count" if kind == "count" else "percent", amount), failures, items) is passes


@pytest.mark.parametrize(
    ("tolerate", "status"),
    [("tolerate 1", "succeeded"), ("tolerate 25pct", "succeeded"), ("tolerate 24pct", "failed"), ("tolerate 0", "failed")],
)
def test_a_run(tmp_path: Path, tolerate: str, status: str) -> None:
    report = run_native(pipeline(program(tolerate)), {"ns": "[1,-2,3,4]"}, store=tmp_path)
    assert report["status"] == status, report["error"]
    steps = report["steps"]
    assert isinstance(steps, dict)
    assert {id_: entry["status"] for id_, entry in steps.items() if isinstance(entry, dict)} == {
        **{f"picked[{at}].{name}": "succeeded" for at in (0, 2, 3) for name in ("one", "two")},
        "picked[1].one": "failed",
        "picked[1].two": "not_run",
        "sum": "succeeded" if status == "succeeded" else "not_run",
    }
    if status == "succeeded":
        assert (report["outputs"], report["error"]) == ({"all": [1, None, 3, 4], "total": 8}, None)


def test_the_error_is_of_what_was_not_tolerated(tmp_path: Path) -> None:
    text = program("tolerate 1").replace("    return all", "    bad = pick(n=sum - 100)\n    return all")
    report = run_native(pipeline(text), {"ns": "[1,-2]"}, store=tmp_path)
    error = report["error"]
    assert isinstance(error, dict)
    assert (report["status"], error["step"]) == ("failed", "bad")


def test_on_failure_does_not_fire(tmp_path: Path) -> None:
    text = program("tolerate 1") + "\n    on failure:\n        pick(n=1) with timeout(1min)\n"
    report = run_native(pipeline(text), {"ns": "[-1]"}, store=tmp_path)
    assert report["status"] == "succeeded"
    assert report["outputs"] == {"all": [None], "total": 0}
    assert json.dumps(report["steps"]).count('"skipped"') == 1


def test_nested(tmp_path: Path) -> None:
    text = f"""{STEPS}pipeline p(rows: list[list[int]]) -> (all: list[list[int?]?]):
    outer = for row in rows tolerate 1:
        inner = for n in row tolerate 1:
            one = pick(n=n)
            yield one
        yield inner
    return all=outer
"""
    report = run_native(pipeline(text), {"rows": "[[1,-1],[-1,-2,3],[4]]"}, store=tmp_path)
    assert report["outputs"] == {"all": [[1, None], None, [4]]}
    report = run_native(pipeline(text), {"rows": "[[-1,-2],[-1,-2,3],[4]]"}, store=tmp_path)
    assert report["status"] == "failed"


def test_the_elements_may_be_null() -> None:
    assert codes(program("tolerate 1").replace("xs=[x for x in picked if x != null]", "xs=picked")) == ["E0206"]


@pytest.mark.parametrize(
    ("tolerate", "expected"), [("0.1", ["E0521"]), ("-1", ["E0521"]), ('"3"', ["E0521"]), ("101pct", ["E0521"]), ("2.5pct", [])]
)
def test_what_can_be_tolerated(tolerate: str, expected: list[str]) -> None:
    assert codes(program(f"tolerate {tolerate}")) == expected
