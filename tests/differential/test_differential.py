"""A few dozen random programs an engine for every run of the tests (`make differential` runs more), and that differences are found."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mloc.ir.model import Options, Pipeline
from tests.differential.compare import differences, disorder
from tests.differential.engines import analysed, observe
from tests.differential.generate import program
from tests.differential.run import checked, judged, run
from tests.differential.shrink import shrunk
from tests.differential.tree import Program, render

SHARE = 0.06
"""At most so many of the programs may be wrong: a constant can be outside the domain of an input."""


def test_programs_are_right() -> None:
    wrong = [seed for seed in range(200) if isinstance(checked(program(seed)), str)]
    assert len(wrong) <= SHARE * 200, wrong


WORDS = """
if elif else for limit yield loop until require fail tolerate after retry timeout env File[text] ?? null shell exit secrets finally:
run.status run.error.message run.error.line run.today datetime( Deep( GiB 9223372036854775807 60000 $(a) defaults:
"""
PHRASES = ("on failure:", "tolerate 50pct", "tolerate 2", "fail fast", "max_parallel", "timeout 1h", "{{ var.value.x }}")


def test_programs_have_every_construct() -> None:
    texts = "\n".join(render(program(seed)) for seed in range(400))
    for word in (*WORDS.split(), *PHRASES):
        assert word in texts, word


def test_the_same_seed_gives_the_same_program() -> None:
    assert program(7) == program(7)
    assert program(7) != program(8)


@pytest.mark.engine
@pytest.mark.slow
@pytest.mark.parametrize(("engines", "seeds"), [(["kfp"], range(36)), (["flyte"], range(100, 160)), (["airflow"], range(200, 224))])
def test_engines_report_the_same(engines: list[str], seeds: range, tmp_path: Path) -> None:
    counts, failed = run(seeds, engines, tmp_path, seconds=30)
    assert failed == 0, [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.mlp")]
    ran, refused = counts[engines[0]], counts[f"{engines[0]} refused"]
    assert ran + refused >= (1 - SHARE) * len(seeds)
    assert ran >= len(seeds) / 2, "the target refuses too much for this to say anything"


# ---- that a difference would be found ---------------------------------------------------------------------------------

TEXT = """mlp 1

step half(n: int) -> int:
    run inline \"\"\"
        if n % 2:
            raise ValueError(f"{n} is odd")
        return n // 2
        \"\"\"

pipeline p(n: int) -> (m: int, halves: list[int]):
    m = half(n=n)
    halves = for x in [m, m + m] limit 1:
        y = half(n=x)
        yield y
    return m=m, halves=halves
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pipeline, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("seen")
    return analysed(TEXT, folder).pipelines[-1], observe("native", TEXT, {"n": "4"}, folder)


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return observe("native", TEXT, {"n": "2"}, tmp_path_factory.mktemp("failed"))


def _changed(observed: dict[str, Any], change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    other = copy.deepcopy(observed)
    change(other)
    return other


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "outputs: ": lambda seen: seen["report"]["outputs"].update(m=2.0),
    "status: ": lambda seen: seen["report"].update(status="failed", error={"step": None, "message": "m", "line": None}),
    "step m: attempts": lambda seen: seen["report"]["steps"]["m"].update(attempts=2),
    "step m: outputs": lambda seen: seen["report"]["steps"]["m"].update(outputs={"result": True}),
    "step m: not_run": lambda seen: seen["report"]["steps"]["m"].update(status="not_run"),
    "step halves[1].y: absent": lambda seen: seen["report"]["steps"].pop("halves[1].y"),
    "step z: natively there is none": lambda seen: seen["report"]["steps"].update(z=seen["report"]["steps"]["m"]),
    "order: halves[0].y began before m": lambda seen: seen["report"]["steps"]["m"].update(finished="9999"),
    "limit: 2 items of halves": lambda seen: seen["report"]["steps"]["halves[0].y"].update(finished="9999"),
    "failures: ": lambda seen: seen["failures"].append(["m", "exception", "boom", 1]),
    "crash: ": lambda seen: seen.update(crash="boom"),
}


@pytest.mark.parametrize("found", CHANGES)
def test_a_change_is_found(found: str, seen: tuple[Pipeline, dict[str, Any]]) -> None:
    pipeline, native = seen
    assert differences(pipeline, native, native, "kfp") == []
    assert disorder(pipeline, native["report"]) == []
    told = differences(pipeline, native, _changed(native, CHANGES[found]), "kfp")
    assert any(text.startswith(found) for text in told), told


def test_what_flyte_leaves_out_after_a_failure(seen: tuple[Pipeline, dict[str, Any]], failed: dict[str, Any]) -> None:
    def end_earlier(other: dict[str, Any]) -> None:
        other["report"]["steps"]["halves[1].y"].update(status="not_run", attempts=0, outputs={}, started=None, finished=None)

    pipeline, _ = seen
    assert failed["failures"] == [["halves[0].y", "exception", "ValueError: 1 is odd (p.mlp:6)", 6]]
    partial = _changed(failed, end_earlier)
    assert differences(pipeline, failed, partial, "flyte") == []
    assert differences(pipeline, failed, partial, "kfp") == ["step halves[1].y: not_run, natively succeeded"]
    other = _changed(partial, lambda seen: seen["report"]["error"].update(message="another"))
    assert differences(pipeline, failed, other, "flyte") != []


def test_what_fail_fast_leaves_open(seen: tuple[Pipeline, dict[str, Any]], failed: dict[str, Any]) -> None:
    def end_earlier(other: dict[str, Any]) -> None:
        other["report"]["steps"]["halves[1].y"].update(status="not_run", attempts=0, outputs={}, started=None, finished=None)

    hasty = replace(seen[0], options=Options(fail_fast=True))
    partial = _changed(failed, end_earlier)
    for ours, theirs in ((failed, partial), (partial, failed)):
        assert differences(hasty, ours, theirs, "airflow") == []
        told = differences(hasty, ours, _changed(theirs, lambda seen: seen["report"]["steps"]["m"].update(attempts=2)), "airflow")
        assert told == ["step m: attempts is 2, natively 1"]
    assert differences(hasty, failed, _changed(failed, lambda seen: seen["failures"].clear()), "airflow") != []


def test_more_steps_at_a_time_than_may_be_are_found(seen: tuple[Pipeline, dict[str, Any]]) -> None:
    narrow = replace(seen[0], options=Options(max_parallel=1))
    assert disorder(narrow, seen[1]["report"]) == []
    longer = _changed(seen[1], lambda seen: seen["report"]["steps"]["halves[0].y"].update(finished="9999"))
    assert "limit: 2 steps at a time, where 1 may be" in disorder(narrow, longer["report"])


def test_only_a_construct_that_a_target_cannot_express_is_refused(seen: tuple[Pipeline, dict[str, Any]]) -> None:
    pipeline, native = seen
    assert judged("kfp", pipeline, native, {"refused": ["E1120"], "said": "E1120 no"}) == []
    assert judged("kfp", pipeline, native, {"refused": ["E1105", "E1120"], "said": "too long"}) == ["refused: too long"]


def test_a_program_is_made_smaller() -> None:
    def still_loops(smaller: Program) -> bool:
        return not isinstance(checked(smaller), str) and " = loop " in render(smaller)

    whole = next(made for made in map(program, range(100)) if still_loops(made))
    smallest = shrunk(whole, still_loops, seconds=60)
    assert still_loops(smallest)
    assert len(render(smallest)) < len(render(whole)) / 2
