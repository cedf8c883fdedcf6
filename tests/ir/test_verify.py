"""Every invariant of the IR: kept by what the front end makes, and its breach named."""

from __future__ import annotations

import cProfile
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from mloc.ir.model import (
    Arith,
    Branch,
    Call,
    Compare,
    Const,
    Expr,
    FanOut,
    Format,
    Get,
    Local,
    MakeList,
    MakeRecord,
    Merged,
    Node,
    Pipeline,
    Ref,
    Region,
    Result,
    Widen,
)
from mloc.ir.text import parse, show
from mloc.ir.verify import BrokenIR, verify
from mloc.types.model import BOOL, FLOAT, INT, STR, UNKNOWN, Field, ListOf, Optional, Record
from tests.elaborate.programs import body, pipeline
from tests.ir.generate import pipelines

PROGRAM = pipeline(
    body(
        "first = many(n=n)",
        "trials = for x in first.xs:",
        "    one = number(x=x)",
        "    two = number(x=one) after one",
        "    yield two",
        "if n > 1:",
        "    kept = number(x=n)",
        "    bare = number(x=kept)",
        "else:",
        "    kept = number(x=0)",
        "last = number(x=kept + trials[0]) after first",
    )
)
TEXT = show(PROGRAM)

Change = Callable[[Pipeline], Pipeline]


def written(old: str, new: str) -> Pipeline:
    """The program with a part of its printed form replaced."""
    assert old in TEXT, TEXT
    return parse(TEXT.replace(old, new, 1))


def node(found: Pipeline, id_: str) -> Node:
    return next(n for n in found.region.nodes if n.id == id_)


def with_node(new: Node) -> Pipeline:
    """The program with the node of that id replaced."""
    return replace(PROGRAM, region=Region(tuple(new if n.id == new.id else n for n in PROGRAM.region.nodes)))


def with_argument(value: Expr) -> Pipeline:
    """The program with another argument for the last call."""
    last = node(PROGRAM, "last")
    assert isinstance(last, Call)
    return with_node(replace(last, args=(("x", value),)))


@given(pipelines())
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_generated_pipelines_are_well_formed(found: Pipeline) -> None:
    verify(found)


def test_what_the_front_end_makes_is_well_formed() -> None:
    verify(PROGRAM)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("%trials[].one = call", "%one = call", "node `one`: an id here is `trials[].` and names joined by dots"),
        ("%last = call", "%a..b = call", "node `a..b`: an id here is `` and names joined by dots"),
        ("%last = call", "%first = call", "node `first`: `first` is the id of something else"),
        ("%last = call", "%trials.collect = call", "node `trials.collect`: `trials.collect` is the id of something else"),
        ("%last = call number", "%last = call nobody", "node `last`: there is no step `nobody`"),
        ("%last = call number(x =", "%last = call number(y =", "node `last`: the arguments are not the step's inputs, in order"),
        ("after %first", "after %last", "node `last`: `after` names `last`, which is not an earlier node in sight"),
        ("after %first", "after %trials[].one", "node `last`: `after` names `trials[].one`, which is not an earlier node in sight"),
        ("after %first", "after %first, %first", "node `last`: `after` `first` stands twice"),
        ("(x = $n)", "(x = $m:int)", "node `then.kept`: `$.m` is not in sight, or not an output"),
        ("(x = $n)", "(x = %last.result:int)", "node `then.kept`: `last.result` is not in sight, or not an output"),
        ("(x = $n)", "(x = %trials.item:int)", "node `then.kept`: `trials.item` is not in sight, or not an output"),
        ("(x = 0)", "(x = %then.kept.result)", "node `else.kept`: `then.kept.result` is not in sight, or not an output"),
        ("(x = 0)", "(x = %first.ys:int)", "node `else.kept`: `first.ys` is not in sight, or not an output"),
        ("(x = 0)", "(x = %first.label:int)", "node `else.kept`: `first.label` is `str`, read as `int`"),
        ("(x = 0)", "(x = %first.label)", "node `else.kept`: the argument `x` is `str`, not `int`"),
        ("(x = 0)", "(x = [0]:int)", "node `else.kept`: a constant is no `int`"),
        ("(x = 0)", "(x = 0.0:int)", "node `else.kept`: the constant 0.0 is written 0"),
        ("(x = 0)", '(x = "a":int)', "node `else.kept`: a constant is no `int`"),
        ("arm then ($n > 1)", "arm then $n", "node `if#1`: the condition of `then` is `int`, not `bool`"),
        ("arm then ($n > 1)", "arm then", "node `if#1`: the last arm, and no other, is without a condition"),
        ("arm else", "arm else true", "node `if#1`: the last arm, and no other, is without a condition"),
        ("arm else", "arm elif7", "node `if#1`: arm 1 is labelled `elif7`"),
        (" | %else.kept.result", "", "node `if#1`: `kept` has not one value an arm"),
        ("%else.kept.result", "null", "node `if#1`: value 1 of `kept` is `null`, not `int`"),
        ("phi bare", "phi kept", "node `if#1`: merged name `kept` stands twice"),
        ("phi bare", "phi arm", "node `if#1`: `arm` is the output that says which arm was taken"),
        ("for x: int in", "for x: str in", "node `trials`: the source is `list[int]`, not `list[str]`"),
        ("for x: int in", "for x: unknown in", "node `trials`: a type is unknown"),
        ("in %first.xs", "in %first.xs limit 0", "node `trials`: the limit is below 1"),
        ("step number(x: int)", "step number(x: list[unknown]?)", "pipeline `p`: a type is unknown"),
        ("parameter $n: int = 1", "parameter $n: int = true", "pipeline `p`: a constant is no `int`"),
    ],
)
def test_a_breach_is_named(old: str, new: str, message: str) -> None:
    with pytest.raises(BrokenIR) as caught:
        verify(written(old, new))
    assert str(caught.value).startswith(message)


ONE = Const(INT, "1")
PAIR = Record((Field("a", INT), Field("b", STR)))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Local(INT, "x"), "no projection around binds `x` with its type"),
        (Const(UNKNOWN, "null"), "a type is unknown"),
        (MakeList(ListOf(UNKNOWN), ()), "a type is unknown"),
        (Arith(INT, "/", ONE, ONE), "in a `Arith`, its type is `int`, its operands make `float`"),
        (Arith(INT, "+", ONE, Const(STR, '"a"')), "in a `Arith`, its type is `int`, its operands make none"),
        (Arith(INT, "+", None, ONE), "in a `Arith`, only numbers and durations are negated"),
        (Compare(INT, "<", ONE, ONE), "in a `Compare`, its type is `int`, its operands make `bool`"),
        (Compare(BOOL, "<", ONE, Const(FLOAT, "1.0")), "in a `Compare`, `int` is compared with `float`"),
        (Format(INT, ()), "in a `Format`, its type is `int`, its operands make `str`"),
        (Get(INT, Const(PAIR, '{"a":1,"b":""}'), "c"), "in a `Get`, its type is `int`, its operands make none"),
        (MakeRecord(PAIR, (("a", ONE),)), "in a `MakeRecord`, its fields are not those of its type, in order"),
        (MakeRecord(PAIR, (("a", ONE), ("b", ONE))), "in a `MakeRecord`, its field `b` is of another type"),
        (Widen(INT, Const(STR, '"a"')), "in a `Widen`, a `str` cannot be widened to `int`"),
        (Widen(INT, Const(Optional(STR), "null")), "in a `Widen`, a `str?` cannot be widened to `int`"),
    ],
)
def test_an_expression_is_of_its_type(value: Expr, message: str) -> None:
    with pytest.raises(BrokenIR) as caught:
        verify(with_argument(value))
    assert str(caught.value) == f"node `last`: {message}"


def test_a_null_stands_for_an_arm_that_does_not_bind_an_optional_name() -> None:
    branch = node(PROGRAM, "if#1")
    assert isinstance(branch, Branch)
    bare = next(m for m in branch.merged if m.name == "bare")
    assert bare == Merged("bare", Optional(INT), bare.values)
    assert bare.values[1].type != bare.type
    verify(PROGRAM)


def test_a_fan_out_that_yields_nothing_gives_nothing() -> None:
    trials = node(PROGRAM, "trials")
    assert isinstance(trials, FanOut)
    with pytest.raises(BrokenIR, match=r"`trials\.result` is not in sight"):
        verify(with_node(replace(trials, result=None)))


def test_a_result_is_of_its_type() -> None:
    wrong = replace(PROGRAM, results=(Result("r", STR, Ref(INT, "$", "n")),))
    with pytest.raises(BrokenIR, match="pipeline `p`: the result `r` is `int`, not `str`"):
        verify(wrong)


def test_readers_of_a_table_passed_through_agree_on_its_columns() -> None:
    text = """mlp 1

step rows() -> Table{a: int, b: int}:
    run inline "return 0"

step pass_on(rows: Table{a: int, ...R}) -> (rows: Table{a: int, ...R}):
    run inline "return rows"

step see(rows: Table{a: int, b: int}) -> int:
    run inline "return 0"

pipeline p() -> (n: int):
    made = rows()
    passed = pass_on(rows=made)
    one = see(rows=passed.rows)
    two = see(rows=passed.rows)
    return n=one + two
"""
    found = pipeline(text)
    verify(found)
    printed = show(found)
    assert "-> (rows: Table{a: int, b: int})" in printed
    line = "%two = call see(rows = %passed.rows)"
    assert line in printed
    with pytest.raises(BrokenIR, match=r"`passed\.rows` is read with two types"):
        verify(parse(printed.replace(line, "%two = call see(rows = %passed.rows:Table{a: int, b: int, c: int})")))
    with pytest.raises(BrokenIR, match=r"`passed\.rows` is `Table{a: int, ...R}`, read as `Table{b: int}`"):
        verify(parse(printed.replace(line, "%two = call see(rows = %passed.rows:Table{b: int})")))


def _calls(count: int) -> int:
    """How many functions verifying a chain of so many calls calls: the time itself depends on what else the machine does."""
    calls = "".join(f"%c{at} = call number(x = (%c{at - 1}.result + {at}))\n" for at in range(1, count))
    head, steps = TEXT.split("\n%first", 1)[0], "%c0 = call number(x = $n)\n"
    found = parse(f"{head}\n{steps}{calls}")
    profile = cProfile.Profile()
    profile.runcall(verify, found)
    return sum(entry.callcount for entry in profile.getstats())


def test_the_work_of_verifying_grows_with_the_size_and_no_faster() -> None:
    # Ten times the calls; a quadratic check would call a hundred times as many.
    assert _calls(5_000) < 12 * _calls(500)
