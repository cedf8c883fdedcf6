"""Handlers and options: what they see of the body, where they may stand, and how their steps are run."""

from __future__ import annotations

import pytest

from mloc.ir.model import Call, Options
from mloc.ir.text import show
from mloc.ir.verify import verify
from mloc.ir.walk import nodes
from tests.elaborate.programs import body, check, codes, pipeline

QUICK = " with timeout(1min)"
HANDLER = "    say(s=run.status) with timeout(1min)"


def test_ids_are_below_the_handler_and_counted_there() -> None:
    found = pipeline(body('say(s="a")', "on failure:", HANDLER, HANDLER, "finally:", "    if n > 1:", f"    {HANDLER}"))
    assert [node.id for node in nodes(found.region)] == ["say"]
    assert [node.id for node in nodes(found.on_failure)] == ["on_failure.say", "on_failure.say#2"]
    assert [node.id for node in nodes(found.final)] == ["finally.if#1", "finally.say"]
    verify(found)


@pytest.mark.parametrize(
    ("lines", "read", "printed"),
    [
        # a value of the body may be absent
        (["a = number(x=n)"], "a", "%a.result"),
        (["a = number(x=n)", "b = a"], "b", "%a.result"),
        # a computed one is null unless all that it needs is there
        (["a = number(x=n)", "b = a + n"], "b", "(if (%a.result != null) then (((%a.result as int) + $n) as int?) else null:int?)"),
        # parameters and constants are there always
        (["b = n + 1"], "b", "(($n + 1) as int?)"),
    ],
)
def test_what_a_handler_sees_of_the_body(lines: list[str], read: str, printed: str) -> None:
    step = 'step take(x: int?):\n    run inline "print(x)"\n    timeout 1min\n\n'
    text = body(*lines, "finally:", f"    take(x={read})").replace("pipeline p", step + "pipeline p")
    found = pipeline(text)
    verify(found)
    assert f"%finally.take = call take(x = {printed}) timeout=60000" in show(found)


def test_a_value_that_a_require_has_shown_to_be_there_is_tested_anew() -> None:
    step = 'step maybe() -> int?:\n    run inline "return None"\n\n'
    lines = ("m = maybe()", 'require m != null, "nothing"', "k = m + 1", "finally:", f"    number(x=k ?? 0){QUICK}")
    found = pipeline(body(*lines).replace("pipeline p", step + "pipeline p"))
    verify(found)
    assert "(if (%m.result != null) then (((%m.result as int) + 1) as int?) else null:int?) ?? 0" in show(found)


def test_a_handler_is_retried_only_where_it_says_so() -> None:
    steps = 'step own():\n    run inline "print(1)"\n    retry 3\n\ndefaults:\n    retry 2\n    timeout 1h\n\n'
    lines = ('say(s="a")', "finally:", '    say(s="a")', "    own()", '    say(s="b") with retry(1)')
    found = pipeline(body(*lines).replace("pipeline p", steps + "pipeline p"))
    counts = [node.settings.retry.count for node in (*nodes(found.region), *nodes(found.final)) if isinstance(node, Call)]
    assert counts == [2, 0, 3, 1]
    assert {node.settings.timeout_ms for node in nodes(found.final) if isinstance(node, Call)} == {3_600_000}


def test_a_narrowed_value_is_one() -> None:
    lines = ("a = number(x=n)", "finally:", "    if a != null:", f"        number(x=a){QUICK}")
    assert codes(body(*lines)) == []
    assert codes(body("a = number(x=n)", "finally:", f"    number(x=a){QUICK}")) == ["E0206"]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["say(s=run.status)"], "E0313"),
        (["finally:", f"    say(s=run.error.message){QUICK}"], "E0313"),
        (["say(s=run.error.message)"], "E0313"),
        (["finally:", f"    say(s=run.stat){QUICK}"], "E0215"),
        (["on failure:", f"    say(s=run.error.mesage){QUICK}"], "E0215"),
        (["finally:", '    if run.status == "sucess":', f'        say(s="a"){QUICK}'], "E0207"),
        (["finally:", '    say(s="a")'], "W0512"),
        (["finally:", HANDLER, "finally:", HANDLER], "E0518"),
        (["if n > 1:", "    finally:", f"    {HANDLER}"], "E0518"),
        (["finally:", "    finally:", f"    {HANDLER}"], "E0518"),
        (["finally:", "    options:", "        timeout 1h"], "E0518"),
        (["options:", "    timeout 1h", "options:", "    max_parallel 2"], "E0518"),
        (["finally:", HANDLER, 'say(s="a")'], "E0312"),
        (["finally:", "    return n"], "E0312"),
        (["options:", "    timeot 1h"], "E0720"),
        (["options:", "    timeout 1h", "    timeout 2h"], "E0722"),
        (["options:", "    timeout 1h, 2h"], "E0721"),
        (["options:", "    timeout 5"], "E0210"),
        (["options:", "    max_parallel 0"], "E0701"),
        (["options:", "    max_parallel n"], "E0218"),
        (["options:", "    fail often"], "E0721"),
        (["options:", "    converge"], "E0721"),
    ],
)
def test_mistakes_give_one_error(lines: list[str], code: str) -> None:
    assert codes(body("number(x=n)", *lines)) == [code]


@pytest.mark.parametrize("status", ["succeeded", "failed", "cancelled"])
def test_a_status_may_be_compared_with_each_that_there_is(status: str) -> None:
    assert codes(body("number(x=n)", "finally:", f'    if run.status == "{status}":', f"    {HANDLER}")) == []


def test_what_the_launch_knows_may_be_read_anywhere() -> None:
    dates = 'say(s=f"{run.today} {run.now} {run.scheduled_date} {run.scheduled_time}")'
    lines = ("say(s=run.id)", dates, "if n == 1:", "    say(s=run.id)")
    assert codes(body(*lines)) == []
    assert codes(body("number(x=n)", "finally:", f'    say(s=f"{{run.today}} {{run.id}}"){QUICK}')) == []


def test_options() -> None:
    found = pipeline(body("options:", "    timeout 90s", "    max_parallel 3", "    fail fast", "    converge required", "number(x=n)"))
    assert found.options == Options(90_000, 3, fail_fast=True, converge=True)
    assert [name for name, _ in found.options.spans] == ["timeout", "max_parallel", "fail", "converge"]
    assert pipeline(body("options:", "    fail drain", "number(x=n)")).options == Options()


@pytest.mark.parametrize("lines", [("finally:", HANDLER), ("options:", "    timeout 1h"), ("options:", "    fail fast")])
def test_a_pipeline_with_what_holds_for_a_run_is_not_called(lines: tuple[str, ...]) -> None:
    outer = "\npipeline outer(n: int = 1):\n    q = p(n=n)\n"
    assert codes(body("number(x=n)", *lines) + outer) == ["E0518"]
    assert codes(body("number(x=n)") + outer) == []


def test_convergence_is_asked_of_the_loops_of_the_pipeline_that_says_so() -> None:
    loop = ("s = loop x = 1 max 2:", "    y = number(x=x)", "    next y until y > 1")
    outer = "\npipeline outer(n: int = 1):\n    q = p(n=n)\n" + "".join(f"    {line}\n" for line in loop)
    pipelines, found = check(body("options:", "    converge required", *loop) + outer)
    assert not found
    assert [node.id for node in nodes(pipelines[0].region) if node.id.endswith("converge")] == ["s[1].converge"]
    assert [node.id for node in nodes(pipelines[1].region) if node.id.endswith("converge")] == ["q.s[1].converge"]
