"""Literals as typed constants in canonical JSON text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import BAD_LITERAL
from mloc.ir.model import Const
from mloc.syntax import tree as t
from mloc.types.model import BOOL, BYTES, DURATION, FLOAT, INT, NULL, RATIO, STR, UNKNOWN, Scalar, Type

if TYPE_CHECKING:
    from decimal import Decimal

_BYTES = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_MILLISECONDS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
UNITS = frozenset({*_BYTES, *_MILLISECONDS, "pct"})
_FOREIGN = {
    BYTES: {"K": "KB", "M": "MB", "G": "GB", "T": "TB", "Ki": "KiB", "Mi": "MiB", "Gi": "GiB", "Ti": "TiB", "k": "KB"},
    DURATION: {"m": "min", "sec": "s", "secs": "s", "seconds": "s", "mins": "min", "minutes": "min", "hours": "h", "days": "d"},
    RATIO: {"%": "pct"},
}
"""Units as Kubernetes and others write them."""
_SAFE = 2**53 - 1
_LOW, _HIGH = -(2**63), 2**63 - 1
_EXACT_DIGITS = 15
"""Numbers of so many digits divide by 100 as well with floats as with decimals."""


def read_quantity(text: str, type_: Scalar) -> str | None:
    """A text that means a quantity of a type to other tools (`16 GB`, `512Mi`, `30m`), as it is written here; None for any other."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z%]+)", text.strip())
    own = {BYTES: {*_BYTES}, DURATION: {*_MILLISECONDS}, RATIO: {"pct"}}.get(type_)
    if match is None or own is None:
        return None
    number, unit = match.groups()
    folded = {name.lower(): name for name in own}
    meant = unit if unit in own else _FOREIGN[type_].get(unit) or folded.get(unit.lower())
    return None if meant is None else f"{number}{meant}"


def int_text(value: int) -> str:
    """The canonical text of an int."""
    return str(value) if -_SAFE <= value <= _SAFE else f'"i:{value}"'


def float_text(value: float) -> str:
    """The canonical text of a float; what JSON cannot say is tagged."""
    if value != value:
        return '"f:nan"'
    if value in (float("inf"), float("-inf")):
        return '"f:inf"' if value > 0 else '"f:-inf"'
    return repr(value)


def text_text(value: str) -> str:
    """The canonical text of a string."""
    return json.dumps(value)


Literal = t.IntLiteral | t.FloatLiteral | t.Text | t.Bool | t.Null


def constant(expr: Literal, hint: Type | None, bag: Bag) -> Const:
    """The constant a literal means; a whole number where a float is wanted is a float if it is one exactly."""
    match expr:
        case t.IntLiteral(value, span):
            if not _LOW <= value <= _HIGH:
                bag.report(
                    BAD_LITERAL,
                    span,
                    f"{value} does not fit a 64-bit int",
                    help=f"ints are {_LOW} to {_HIGH}; write `{value}.0` for a float",
                )
                return Const(UNKNOWN, "null")
            if hint == FLOAT:
                if int(float(value)) != value:
                    bag.report(BAD_LITERAL, span, f"{value} is not exact as a float", help=f"the nearest float is {int(float(value))}")
                    return Const(UNKNOWN, "null")
                return Const(FLOAT, float_text(float(value)))
            return Const(INT, int_text(value))
        case t.FloatLiteral(text, span):
            value_ = float(text)
            if value_ == float("inf"):
                bag.report(BAD_LITERAL, span, f"{text} is larger than any float", help="the largest is about 1.8e308")
                return Const(UNKNOWN, "null")
            return Const(FLOAT, float_text(value_))
        case t.Text(value, _, _):
            return Const(STR, text_text(value))
        case t.Bool(value, _):
            return Const(BOOL, "true" if value else "false")
        case t.Null():
            return Const(NULL, "null")


def quantity(expr: t.Quantity, bag: Bag) -> Const:
    """The constant a quantity means: bytes, milliseconds or a ratio."""
    number = _number(expr.number)
    if number is None:
        bag.report(BAD_LITERAL, expr.span, f"`{expr.number}` is not a number")
        return Const(UNKNOWN, "null")
    if expr.unit == "pct":
        return Const(RATIO, float_text(float(number / 100)))
    table, type_, small = (
        (_BYTES, BYTES, "a whole number of bytes") if expr.unit in _BYTES else (_MILLISECONDS, DURATION, "whole milliseconds")
    )
    exact = number * table[expr.unit]
    if exact != int(exact) or not _LOW <= int(exact) <= _HIGH:
        bag.report(BAD_LITERAL, expr.span, f"`{expr.number}{expr.unit}` is not {small}")
        return Const(UNKNOWN, "null")
    return Const(type_, int_text(int(exact)))


def _number(text: str) -> int | Decimal | None:
    """What the digits of a quantity say. Whole numbers, which most are, do not pay for loading decimals."""
    if text.isascii() and text.isdecimal() and len(text) <= _EXACT_DIGITS:
        return int(text)
    from decimal import Decimal, InvalidOperation

    try:
        return Decimal(text)
    except InvalidOperation:
        return None
