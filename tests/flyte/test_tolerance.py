"""Fan-outs that tolerate failures: what their bodies are on Flyte, and what the tasks in them hand on."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("flytekit")

from mloc.runner.api import Program, StepFailed
from mloc_flyte.review import node_count
from mloc_flyte.vendored.lenient import failure_of, handed_on, judged, text_of, whole
from tests.flyte.bundles import text
from tests.flyte.programs import ONE, compiled

BODY = f"""mlp 1
{ONE}
step note(s: str):
    run inline "print(s)"

target flyte:
    engine_cache true

pipeline called(s: str) -> (s: str):
    first = one(s="first")
    return s=first

pipeline p(xs: list[str] = ["a"]) -> (ys: list[str?]):
    ys = for x in xs TOLERATE:
        a = one(s=x)
        if a == "x":
            b = one(s=a)
        else:
            b = a
        noted = note(s=x) after a
        c = called(s=x) after noted
        yield b + c.s
    mapped = for x in xs TOLERATE:
        note(s=x)
    last = one(s="last") after mapped
    return ys=ys
"""


def emitted(folder: Path, tolerate: str = "tolerate 1") -> str:
    return text(compiled(BODY.replace("TOLERATE", tolerate), folder, "p"))


def function(module: str, name: str) -> str:
    """The text of a function, with what decorates it."""
    return next(part for part in module.split("\n\n\n") if f"\ndef {name}(" in part)


def test_what_depends_on_a_step_is_given_its_failure_without_reading_it(tmp_path: Path) -> None:
    module = emitted(tmp_path)
    assert '"ys[].a.after$": after_a' in function(module, "note_ys_noted")
    assert "-> str:" in function(module, "note_ys_noted"), "a step without outputs says how it went"
    # What is first in a called pipeline waits for what the call waits for.
    assert '"ys[].noted.after$": after_noted' in function(module, "one_ys_c_first")
    assert ">>" not in function(module, "ys_body")


def test_a_conditional_has_a_way_for_a_failure(tmp_path: Path) -> None:
    assert ".else_()\n        .then(failed_ys_if_1(arm=if_1_arm))" in function(emitted(tmp_path), "ys_body")
    assert "failed_" not in emitted(tmp_path, "")


def test_only_the_body_hands_on_failures_and_it_takes_no_earlier_outputs(tmp_path: Path) -> None:
    module = emitted(tmp_path)
    for name in ("one_ys_a", "one_ys_then_b", "note_ys_noted", "one_ys_c_first", "note_mapped_note"):
        found = function(module, name)
        assert ("tolerated=True" in found, "cache=" in found) == (True, False), name
    last = function(module, "one_last")
    assert ("tolerated=True" in last, "cache=" in last) == (False, True)
    assert "tolerated=True" not in emitted(tmp_path, "")


def test_counting_is_one_more_node(tmp_path: Path) -> None:
    def count(tolerate: str) -> int:
        return node_count(compiled(BODY.replace("TOLERATE", tolerate), tmp_path, "p").pipeline)

    assert count("tolerate 1") == count("") + 2


def failed(message: str, step: str | None = "ys[1].a") -> str:
    failure = StepFailed("exception", message, 7)
    failure.file, failure.where, failure.step = "p.mlp", f"{step} (p.mlp:7)", step
    return text_of(failure)


def counting(tolerate: str, folder: Path) -> Program:
    return Program(compiled(BODY.replace("TOLERATE", tolerate), folder, "p").program)


def test_a_failure_as_a_value_is_the_same_failure_again() -> None:
    failure, at = failure_of(failed('é\n"x"'))
    assert (failure.kind, failure.message, failure.line, failure.file) == ("exception", 'é\n"x"', 7, "p.mlp")
    assert (failure.where, failure.step) == ("ys[1].a (p.mlp:7)", "ys[1].a")
    assert at.endswith("Z")
    assert failure_of(failed("not of a step", None))[0].step is None


def test_the_first_failure_is_handed_on() -> None:
    first, second = failed("first"), failed("second")
    assert handed_on({"a": second, "b": ['"x"', first], "c": "1"}) == first
    assert handed_on({"a": '"failed:"', "b": []}) is None


def test_failures_are_counted_exactly(tmp_path: Path) -> None:
    bad, good = failed("bad"), '"y"'
    by_count, by_share = counting("tolerate 1", tmp_path), counting("tolerate 28.6pct", tmp_path)
    assert judged(by_count, "ys", [bad, good]) == ["null", good]
    assert judged(by_count, "ys", []) == []
    assert judged(by_count, "ys", [bad, failed("later")]) == bad
    assert judged(by_share, "ys", [bad, bad, *[good] * 5]) == ["null", "null", *[good] * 5]
    assert judged(by_share, "ys", [bad, bad, *[good] * 4]) == bad


def test_items_that_are_not_to_be_had_are_more_than_are_tolerated(tmp_path: Path) -> None:
    bad = failed("what gives the items")
    assert judged(counting("tolerate 1", tmp_path), "ys", [whole(bad)]) == bad
