"""Expressions: every form, and every way one can have no value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mloc.runner.evaluate import Scope, evaluate
from mloc.runner.failures import ExpressionError
from mloc.runner.jsons import BadProgram, Json, canonical
from mloc.runner.scalars import Value

POINT: Json = {"record": [["x", "int", None, None], ["y", "float", "0.5", None]], "name": "Point"}
CAPTURES: dict[str, Value] = {"$n": 3, "a.p": {"x": 1, "y": 2.0}, "a.none": None, "a.xs": [1, 2, 3], "a.m": {"k": 7}, "a.nan": math.nan}


def const(type_: Json, text: str) -> Json:
    return ["const", type_, text]


def integer(value: int) -> Json:
    return const("int", str(value) if abs(value) < 2**53 else f'"i:{value}"')


def ref(key: str, type_: Json = "int") -> Json:
    return ["ref", type_, key]


def arith(op: str, left: Json, right: Json, type_: Json = "int") -> Json:
    return ["arith", type_, op, left, right]


def compare(op: str, left: Json, right: Json) -> Json:
    return ["compare", "bool", op, left, right]


BOOM = arith("/", integer(1), integer(0))
TRUE, FALSE, NULL = const("bool", "true"), const("bool", "false"), const({"optional": "int"}, "null")


def value(expr: Json) -> Value:
    return evaluate(expr, Scope(CAPTURES.__getitem__))


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (ref("$n"), 3),
        (["get", "int", ref("a.p"), "x"], 1),
        (["get", {"optional": "int"}, ref("a.none"), "x"], None),
        (["index", "int", ref("a.xs"), integer(2)], 3),
        (["index", "int", ref("a.m"), const("str", '"k"')], 7),
        (arith("%", integer(-7), integer(3)), 2),
        (arith("%", integer(7), integer(-3)), -2),
        (arith("%", const("float", "-7.5"), const("float", "2.0"), "float"), 0.5),
        (arith("/", integer(1), integer(4), "float"), 0.25),
        (arith("+", const("str", '"a"'), const("str", '"b"'), "str"), "ab"),
        (arith("*", const("float", "1e+308"), const("float", "10.0"), "float"), math.inf),
        (arith("-", None, const("float", "0.0"), "float"), -0.0),
        (compare("==", NULL, NULL), True),
        (compare("!=", integer(1), NULL), True),
        (compare("==", integer(2**53 + 1), const("float", "9007199254740992.0")), True),
        (compare("==", ref("a.nan"), ref("a.nan")), False),
        (compare("<", const("date", '"2024-01-31"'), const("date", '"2024-02-01"')), True),
        (compare("<", const("str", '"Z"'), const("str", '"a"')), True),
        (["logic", "bool", "and", FALSE, compare("==", BOOM, integer(1))], False),
        (["logic", "bool", "or", TRUE, compare("==", BOOM, integer(1))], True),
        (["logic", "bool", "or", FALSE, TRUE], True),
        (["not", "bool", TRUE], False),
        (["coalesce", "int", NULL, integer(5)], 5),
        (["coalesce", "int", integer(0), BOOM], 0),
        (["choose", "int", TRUE, integer(1), BOOM], 1),
        (["list", {"list": "int"}, [integer(1), ref("$n")]], [1, 3]),
        (["record", POINT, [["x", integer(1)], ["y", const("float", "1.0")]]], {"x": 1, "y": 1.0}),
        (["map", {"map": "int"}, [["k", integer(1)]]], {"k": 1}),
        (
            [
                "project",
                {"list": "int"},
                "i",
                ref("a.xs"),
                arith("*", ["local", "int", "i"], ref("$n")),
                compare(">", ["local", "int", "i"], integer(1)),
            ],
            [6, 9],
        ),
        (["widen", "float", integer(3)], 3.0),
        (["widen", POINT, ["record", {"record": [], "name": ""}, [["x", integer(1)], ["z", integer(2)]]]], {"x": 1, "y": 0.5}),
        (["widen", {"list": "float"}, ref("a.xs")], [1.0, 2.0, 3.0]),
        (["widen", {"optional": "float"}, NULL], None),
    ],
)
def test_values(expr: Json, expected: Value) -> None:
    assert repr(value(expr)) == repr(expected)


@pytest.mark.parametrize(
    ("expr", "message"),
    [
        (BOOM, "division by zero: 1 / 0"),
        (arith("%", const("float", "1.0"), const("float", "-0.0"), "float"), "division by zero: 1.0 % -0.0"),
        (arith("+", integer(2**63 - 1), integer(1)), "integer overflow: 9223372036854775807 + 1 does not fit a 64-bit int"),
        (arith("*", integer(-(2**63)), integer(-1)), "integer overflow: -9223372036854775808 * -1 does not fit a 64-bit int"),
        (arith("-", None, integer(-(2**63))), "integer overflow: -(-9223372036854775808) does not fit a 64-bit int"),
        (["index", "int", ref("a.xs"), integer(3)], "index 3 is outside a list of 3"),
        (["index", "int", ref("a.xs"), integer(-1)], "index -1 is outside a list of 3"),
        (["index", "int", ref("a.m"), const("str", '"\\u00e9"')], 'the map has no key "\\u00e9"'),
        (compare("<", integer(1), NULL), "`<` cannot compare the int 1 with null"),
        (["not", "bool", integer(1)], "a condition is the int 1, not true or false"),
        (arith("+", TRUE, integer(1)), "`+` takes numbers, not true"),
    ],
)
def test_expressions_without_a_value(expr: Json, message: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(expr)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("type_", "text", "shown"),
    [
        ("str", '"a\\"b"', 'a"b'),
        ("int", "7", "7"),
        ("float", "1.0", "1.0"),
        ("float", "0.1", "0.1"),
        ("float", '"f:nan"', "nan"),
        ("bool", "true", "true"),
        ({"optional": "int"}, "null", "null"),
        ({"enum": "E", "members": ["a"]}, '"a"', "a"),
        ("date", '"2024-01-31"', "2024-01-31"),
        ("datetime", '"2024-01-31T12:00:00.5Z"', "2024-01-31T12:00:00.5Z"),
        ("duration", "1500", "1500"),
        ({"list": "float"}, "[1.0]", "[1.0]"),
    ],
)
def test_f_strings(type_: Json, text: str, shown: str) -> None:
    assert value(["format", "str", ["<", const(type_, text), ">"]]) == f"<{shown}>"


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1), st.sampled_from("+-*%"))
def test_integers_are_exact_or_fail(left: int, right: int, op: str) -> None:
    python = {"+": left + right, "-": left - right, "*": left * right, "%": left % right if right else None}[op]
    try:
        found = value(arith(op, integer(left), integer(right)))
    except ExpressionError:
        assert python is None or not -(2**63) <= python <= 2**63 - 1
    else:
        assert found == python


def test_an_unknown_form_is_not_an_expression_error() -> None:
    with pytest.raises(BadProgram, match="unknown expression `nope`"):
        value(["nope", "int"])
    assert canonical(TRUE) == '["const","bool","true"]'
