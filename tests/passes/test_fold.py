"""Constant folding: what it computes, what it leaves, and that no run can tell."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mloc.diagnostics.model import Bag
from mloc.ir.model import Const, Expr, Pipeline, Ref
from mloc.ir.program import expr_json, key
from mloc.ir.text import parse, show
from mloc.ir.verify import verify
from mloc.ir.walk import refs
from mloc.passes.fold import fold
from mloc.runner.evaluate import Scope, evaluate
from mloc.runner.failures import ExpressionError
from mloc.runner.scalars import Invalid, Value
from mloc.runner.types import parse_type
from mloc.runner.values import decode_text, encode_text
from mloc.types.encode import type_json
from mloc.types.model import FLOAT, INT, STR, ListOf, Optional, Type
from tests.ir.generate import pipelines
from tests.ir.generate_exprs import expression
from tests.ir.generate_types import constant, value_type

HEAD = """pipeline p from "p.mlp" sha256 ""

parameter $n: int
parameter $m: int
parameter $s: str
parameter $b: bool
parameter $o: int?
parameter $xs: list[int]

"""


def folded(text: str, type_: str) -> str:
    """An expression after folding, printed."""
    found = parse(f"{HEAD}result r: {type_} = {text}\n")
    verify(found)
    after = fold(found, Bag())
    verify(after)
    return show(after).split(f"result r: {type_} = ")[1].strip()


@pytest.mark.parametrize(
    ("text", "type_", "expected"),
    [
        ("(1 + (2 * 3))", "int", "7"),
        ("(7 / 2)", "float", "3.5"),
        ("((1 + 2) * $n)", "int", "(3 * $n)"),
        ("(1 as float)", "float", "1.0"),
        ("(1 as int?)", "int?", "1:int?"),
        ('format("a", {1}, "b", {$n}, {true}, "")', "str", 'format("a1b", {$n}, "true")'),
        ('format("a", {1})', "str", '"a1"'),
        ("list[1, 2]", "list[int]", "[1,2]:list[int]"),
        ("list[1, (1 + 1), $n]", "list[int]", "list[1, 2, $n]"),
        ("([1,2,3]:list[int])[1]", "int", "2"),
        ("record{a = 1}->a", "int", "1"),
        ("record{a = $n, b = 2}->a", "int", "$n"),
        ("(true and $b)", "bool", "$b"),
        ("($b and true)", "bool", "$b"),
        ("(false or $b)", "bool", "$b"),
        ("($b or false)", "bool", "$b"),
        ("(null:int? ?? $n)", "int", "$n"),
        ("(($n as int?) ?? 5)", "int", "$n"),
        ("(if true then $n else 2)", "int", "$n"),
        ("(if (1 > 2) then 3 else $n)", "int", "$n"),
        ("(not (1 == 1))", "bool", "false"),
        ("list[for x in [1,2,3]:list[int] if (@x > 1) yield (@x * 10)]", "list[int]", "[20,30]:list[int]"),
        ("list[for x in $xs yield (@x * (1 + 1))]", "list[int]", "list[for x in $xs yield (@x * 2)]"),
        (
            "list[for x in [1]:list[int] yield list[for y in [2]:list[int] yield (@x + @y)]]",
            "list[list[int]]",
            "[[3]]:list[list[int]]",
        ),
        (
            "list[for x in $xs yield list[for y in [2]:list[int] yield (@x + @y)]]",
            "list[list[int]]",
            "list[for x in $xs yield list[for y in [2]:list[int] yield (@x + @y)]]",
        ),
    ],
)
def test_what_is_known_is_computed(text: str, type_: str, expected: str) -> None:
    assert folded(text, type_) == expected


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("(1 % 0)", "int"),
        ('("i:9223372036854775807":int + 1)', "int"),
        ("([1]:list[int])[1]", "int"),
        ("(null:int? as int)", "int"),
        ("($n + (1 % 0))", "int"),
        ("record{a = 1, b = (1 % 0)}->a", "int"),
    ],
)
def test_what_fails_in_a_run_fails_there(text: str, type_: str) -> None:
    assert folded(text, type_) == text


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("(false and $b)", "bool"),
        ("(if true then $n else $m)", "int"),
        ("(5:int? ?? $n)", "int"),
        ("(($n as int?) ?? $m)", "int"),
        ("record{a = $n, b = $m}->a", "int"),
    ],
)
def test_what_is_waited_for_stays(text: str, type_: str) -> None:
    assert folded(text, type_) == text


def test_a_side_that_is_never_taken_and_reads_nothing_goes_even_if_it_would_fail() -> None:
    assert folded("(if true then $n else (1 % 0))", "int") == "$n"
    assert folded("(false and (1 == (1 % 0)))", "bool") == "false"


@given(pipelines(4))
@settings(deadline=None, max_examples=40, suppress_health_check=list(HealthCheck))
def test_the_result_is_well_formed_and_folded(found: Pipeline) -> None:
    once = fold(found, Bag())
    verify(once)
    assert fold(once, Bag()) is once


def test_the_same_object_comes_back_when_nothing_changed() -> None:
    found = parse(f"{HEAD}result r: int = ($n + 1)\n")
    assert fold(found, Bag()) is found


TYPES: tuple[Type, ...] = (INT, FLOAT, STR, Optional(INT), ListOf(INT))


@given(st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=1000, suppress_health_check=list(HealthCheck))
def test_no_run_can_tell(random: Random) -> None:
    given_ = {f"v{at}": random.choice((*TYPES, value_type(random, 1))) for at in range(4)}
    sight: list[Expr] = [Ref(type_, "$", name) for name, type_ in given_.items()]
    values = {f"${name}": constant(random, type_) for name, type_ in given_.items()}
    expr = expression(random, value_type(random), sight, depth=4)
    assert expr is not None
    after = folded_expr(expr)
    assert {key(ref) for ref in refs(after)} == {key(ref) for ref in refs(expr)}
    assert outcome(after, values) == outcome(expr, values)


def folded_expr(expr: Expr) -> Expr:
    found = parse('pipeline p from "p.mlp" sha256 ""\n\nresult r: int = 1\n')
    (result,) = found.results
    with_expr = Pipeline("p", (), (), found.region, (type(result)("r", expr.type, expr),), "", "")
    return fold(with_expr, Bag()).results[0].value


def outcome(expr: Expr, values: dict[str, Const]) -> str:
    """What the runner makes of an expression: the text of its value, or that it has none."""

    def capture(name: str) -> Value:
        return decode_text(parse_type(type_json(values[name].type)), values[name].text, name)

    try:
        return encode_text(parse_type(type_json(expr.type)), evaluate(expr_json(expr), Scope(capture)), "it")
    except (ExpressionError, Invalid) as error:
        return f"fails: {error}"
