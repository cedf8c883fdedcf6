"""Evaluation of the pure expressions of a program, by the language's rules (docs/runner.md, "Expressions as JSON")."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import datetime
from typing import Callable

from .failures import ExpressionError
from .jsons import BadProgram, Json, as_array, as_text, canonical
from .scalars import Invalid, Value, check_int, datetime_text, describe
from .types import ListOf, MapOf, Metrics, Optional, Record, Scalar, Type, base_type, parse_type
from .values import decode_text, default_of, encode

Captures = Callable[[str], Value]
"""Gives the value of a capture by its key."""


class Scope:
    """What an expression reads: captures by key and the variables of enclosing projections by name."""

    def __init__(self, captures: Captures, names: Mapping[str, Value] | None = None) -> None:
        self.captures = captures
        self.names: Mapping[str, Value] = names or {}

    def bind(self, name: str, value: Value) -> Scope:
        return Scope(self.captures, {**self.names, name: value})


def evaluate(expr: Json, scope: Scope) -> Value:
    """The value of an expression. Raises ExpressionError, or Invalid when a capture it reads is not of its type."""
    parts = as_array(expr, "an expression")
    form = as_text(parts[0], "an expression's form")
    if form == "const":
        return decode_text(parse_type(parts[1]), as_text(parts[2], "a constant"), "a constant")
    rule = _RULES.get(form)
    if rule is None:
        raise BadProgram(f"unknown expression `{form}`")
    return rule(parts, scope)


def convert(type_: Type, value: Value, where: str) -> Value:
    """A value widened to a type: int to float, a record to a declared one (extra fields dropped, defaults filled), inside lists too."""
    if isinstance(type_, Optional):
        return None if value is None else convert(type_.item, value, where)
    if isinstance(type_, Scalar) and type_.name in ("float", "ratio") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(type_, ListOf) and isinstance(value, list):
        return [convert(type_.item, item, f"{where}[{at}]") for at, item in enumerate(value)]
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {key: convert(type_.value, item, f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(type_, (Record, Metrics)) and isinstance(value, dict):
        given = value
        return {
            field.name: convert(field.type, given[field.name], f"{where}.{field.name}") if field.name in given else default_of(field, where)
            for field in type_.fields
        }
    return value


def type_of(expr: Json) -> Type:
    return parse_type(as_array(expr, "an expression")[1])


def _ref(parts: list[Json], scope: Scope) -> Value:
    return scope.captures(as_text(parts[2], "a capture's key"))


def _local(parts: list[Json], scope: Scope) -> Value:
    return scope.names[as_text(parts[2], "a name")]


def _get(parts: list[Json], scope: Scope) -> Value:
    value, field = evaluate(parts[2], scope), as_text(parts[3], "a field's name")
    if value is None:
        return None
    if not isinstance(value, dict) or field not in value:
        raise ExpressionError(f"{describe(value)} has no field `{field}`")
    return value[field]


def _index(parts: list[Json], scope: Scope) -> Value:
    value, key = evaluate(parts[2], scope), evaluate(parts[3], scope)
    if isinstance(value, list) and isinstance(key, int):
        if not 0 <= key < len(value):
            raise ExpressionError(f"index {key} is outside a list of {len(value)}")
        return value[key]
    if isinstance(value, dict) and isinstance(key, str):
        if key not in value:
            raise ExpressionError(f"the map has no key {canonical(key)}")
        return value[key]
    raise ExpressionError(f"{describe(value)} cannot be indexed by {describe(key)}")


def _arith(parts: list[Json], scope: Scope) -> Value:
    op = as_text(parts[2], "an operator")
    left = None if parts[3] is None else evaluate(parts[3], scope)
    right = evaluate(parts[4], scope)
    try:
        if parts[3] is None:
            return _checked(-_number(right, op))
        if op == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        return _checked(_calculate(op, _number(left, op), _number(right, op)))
    except Invalid:
        shown = f"-({right})" if parts[3] is None else f"{left} {op} {right}"
        raise ExpressionError(f"integer overflow: {shown} does not fit a 64-bit int") from None


def _number(value: Value, op: str) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ExpressionError(f"`{op}` takes numbers, not {describe(value)}")
    return value


def _checked(value: int | float) -> Value:
    return check_int(value, "") if isinstance(value, int) else value


def _calculate(op: str, left: int | float, right: int | float) -> int | float:
    if op == "+":
        return left + right
    if op == "-":
        return left - right
    if op == "*":
        return left * right
    if right == 0:
        raise ExpressionError(f"division by zero: {_text(left)} {op} {_text(right)}")
    if op == "/":
        return float(left) / float(right)
    if op == "%":
        return left % right
    raise BadProgram(f"unknown operator `{op}`")


def _compare(parts: list[Json], scope: Scope) -> Value:
    op = as_text(parts[2], "an operator")
    left, right = _alike(evaluate(parts[3], scope), evaluate(parts[4], scope))
    if op == "==":
        return left == right
    if op == "!=":
        return left != right
    ordered = _ORDERS.get(op)
    if ordered is None:
        raise BadProgram(f"unknown operator `{op}`")
    try:
        return ordered(left, right)
    except TypeError:
        raise ExpressionError(f"`{op}` cannot compare {describe(left)} with {describe(right)}") from None


def _alike(left: Value, right: Value) -> tuple[Value, Value]:
    """Two numbers as one kind: Python compares an int with a float exactly, the language widens it first."""
    if isinstance(left, float) and isinstance(right, int) and not isinstance(right, bool):
        return left, float(right)
    if isinstance(right, float) and isinstance(left, int) and not isinstance(left, bool):
        return float(left), right
    return left, right


def _logic(parts: list[Json], scope: Scope) -> Value:
    left = _truth(evaluate(parts[3], scope))
    if left == (parts[2] == "or"):
        return left
    return _truth(evaluate(parts[4], scope))


def _truth(value: Value) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"a condition is {describe(value)}, not true or false")
    return value


def _not(parts: list[Json], scope: Scope) -> Value:
    return not _truth(evaluate(parts[2], scope))


def _coalesce(parts: list[Json], scope: Scope) -> Value:
    left = evaluate(parts[2], scope)
    return evaluate(parts[3], scope) if left is None else left


def _choose(parts: list[Json], scope: Scope) -> Value:
    return evaluate(parts[3] if _truth(evaluate(parts[2], scope)) else parts[4], scope)


def _list(parts: list[Json], scope: Scope) -> Value:
    return [evaluate(item, scope) for item in as_array(parts[2], "a list")]


def _entries(parts: list[Json], scope: Scope) -> Value:
    pairs = [as_array(pair, "an entry") for pair in as_array(parts[2], "entries")]
    return {as_text(name, "an entry's name"): evaluate(value, scope) for name, value in pairs}


def _project(parts: list[Json], scope: Scope) -> Value:
    name, source = as_text(parts[2], "a name"), evaluate(parts[3], scope)
    if not isinstance(source, list):
        raise ExpressionError(f"{describe(source)} is not a list")
    inner = [scope.bind(name, item) for item in source]
    return [evaluate(parts[4], each) for each in inner if parts[5] is None or _truth(evaluate(parts[5], each))]


def _format(parts: list[Json], scope: Scope) -> Value:
    texts = as_array(parts[2], "a text")
    return "".join(part if isinstance(part, str) else show(type_of(part), evaluate(part, scope)) for part in texts)


def _widen(parts: list[Json], scope: Scope) -> Value:
    return convert(parse_type(parts[1]), evaluate(parts[2], scope), "a record")


def show(type_: Type, value: Value) -> str:
    """A value in an f-string: text bare, floats in their shortest form, dates in ISO form, durations in milliseconds, the rest as JSON."""
    if isinstance(value, (list, dict)):
        return canonical(encode(base_type(type_), value, "a text"))
    return _text(value)


def _text(value: Value) -> str:
    if value is None or isinstance(value, bool):
        return canonical(value)
    if isinstance(value, (str, int, float)):
        return str(value)
    return datetime_text(value) if isinstance(value, datetime) else str(value)


_ORDERS: dict[str, Callable[..., bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}

_RULES: dict[str, Callable[[list[Json], Scope], Value]] = {
    "ref": _ref,
    "local": _local,
    "get": _get,
    "index": _index,
    "arith": _arith,
    "compare": _compare,
    "logic": _logic,
    "not": _not,
    "coalesce": _coalesce,
    "choose": _choose,
    "list": _list,
    "record": _entries,
    "map": _entries,
    "project": _project,
    "format": _format,
    "widen": _widen,
}
