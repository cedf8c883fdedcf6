"""Two reports of one program compared: what counts as a difference, and steps that did not wait."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mloc.local.compare import compare
from mloc.local.execute import run_native
from mloc.local.order import out_of_order
from tests.elaborate.programs import pipeline

PROGRAM = pipeline('''mlp 1

record Params:
    rate: float = 0.5

step make(n: int) -> (file: File[text], files: list[File[text]], p: Params):
    run inline """
        from pathlib import Path
        Path("a.txt").write_text("a" * n)
        return {"file": Path("a.txt"), "files": [Path("a.txt")], "p": {"rate": 1.0}}
        """

step count(file: File[text], n: int) -> int:
    run inline "return len(file.read_text()) // n"

step total(xs: list[int]) -> int:
    run inline "return sum(xs)"

step say(x: int):
    run inline "print(x)"

pipeline p(n: int = 2, d: int = 1) -> (file: File[text], total: int):
    made = make(n=n)
    counts = for x in [d, 1]:
        once = count(file=made.file, n=x)
        twice = total(xs=[once, once])
        yield twice
    all = total(xs=counts)
    if all > 2:
        say(x=1) after counts
    return file=made.file, total=all
''')

Report = dict[str, Any]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Report:
    found: Report = run_native(PROGRAM, {}, store=tmp_path_factory.mktemp("store"))
    assert found["status"] == "succeeded", found["error"]
    return found


def said(one: Report, other: Report) -> list[tuple[str, object, object]]:
    return [(each.what, each.reference, each.found) for each in compare(PROGRAM, one, other)]


def test_two_runs_are_the_same(ran: Report, tmp_path: Path) -> None:
    again: Report = run_native(PROGRAM, {}, store=tmp_path)
    assert again["outputs"]["file"]["uri"] != ran["outputs"]["file"]["uri"]
    assert again["run"] != ran["run"]
    assert said(ran, again) == []


def test_content_counts(ran: Report, tmp_path: Path) -> None:
    other: Report = run_native(PROGRAM, {"n": "3"}, store=tmp_path)
    found = [what for what, _, _ in said(ran, other)]
    assert found[:3] == ["output `file`", "output `total`", "parameter `n`"]
    assert "step `made`: output `files`" in found


def test_a_failure_against_a_success(ran: Report, tmp_path: Path) -> None:
    other: Report = run_native(PROGRAM, {"d": "0"}, store=tmp_path)
    found = {what: (one, two) for what, one, two in said(ran, other)}
    assert found["status"] == ("succeeded", "failed")
    assert found["error: step"] == (None, "counts[0].once")
    assert found["step `counts[0].twice`: status"] == ("succeeded", "not_run")
    assert found["step `counts[0].once`: error: kind"] == (None, "exception")


CHANGES: list[tuple[Callable[[Report], object], tuple[str, object, object]]] = [
    (lambda r: r["outputs"].update(total=8.0), ("output `total`", 8, 8.0)),
    (lambda r: r["steps"]["made"].update(attempts=2), ("step `made`: attempts", 1, 2)),
    (lambda r: r["steps"]["made"]["outputs"]["p"].update(rate=-0.0), ("step `made`: output `p`", {"rate": 1.0}, {"rate": -0.0})),
    (lambda r: r["steps"].pop("say"), ("step `say`", "succeeded", None)),
    (lambda r: r["steps"].update(more={"status": "failed"}), ("step `more`", None, "failed")),
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_each_difference_is_one(ran: Report, change: Callable[[Report], object], expected: tuple[str, object, object]) -> None:
    other = copy.deepcopy(ran)
    change(other)
    (found,) = said(ran, other)
    assert found == expected
    assert str(found) == str(expected)


def test_a_place_and_a_time_are_no_difference(ran: Report) -> None:
    other = copy.deepcopy(ran)
    other["steps"]["made"]["outputs"]["files"][0]["uri"] = "s3://elsewhere"
    other["engine"] = {"name": "other", "version": "9"}
    other["steps"]["made"]["started"] = "2000-01-01T00:00:00.000000Z"
    assert said(ran, other) == []


def test_a_step_that_did_not_wait_is_a_difference(ran: Report) -> None:
    other = copy.deepcopy(ran)
    other["steps"]["say"]["started"] = ran["started"]
    found = compare(PROGRAM, ran, other)
    assert [each.what for each in found] == ["order: step `say`"] * 5
    assert {each.reference for each in found} == {f"after `{id_}`" for id_ in ran["steps"] if id_ not in ("say", "made")}


def early(ran: Report, step: str) -> set[tuple[str, str]]:
    other = copy.deepcopy(ran)
    other["steps"][step]["started"] = ran["started"]
    return set(out_of_order(PROGRAM, other["steps"]))


def test_what_each_step_waits_for(ran: Report) -> None:
    assert early(ran, "made") == set()
    assert early(ran, "counts[1].once") == {("made", "counts[1].once")}
    # What its region captures, and the step of its own item alone.
    assert early(ran, "counts[1].twice") == {("made", "counts[1].twice"), ("counts[1].once", "counts[1].twice")}
    assert early(ran, "all") == {(f"counts[{index}].{name}", "all") for index in (0, 1) for name in ("once", "twice")}


def test_a_step_that_did_not_run_waited(ran: Report) -> None:
    other = copy.deepcopy(ran)
    other["steps"]["all"].update(started=None, finished=None)
    assert out_of_order(PROGRAM, other["steps"]) == ()
