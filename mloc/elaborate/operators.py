"""Operators: which types they take and what they give."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mloc.diagnostics.rules import BAD_COMPARISON, BAD_OPERATION, OPTIONAL_USED, TYPE_MISMATCH, UNRELATED_COMPARISON
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.expect import convert
from mloc.elaborate.narrowing import narrowing
from mloc.elaborate.runs import STATUSES, wrong_status
from mloc.elaborate.scope import POISON, Scope
from mloc.ir.model import Arith, Choose, Coalesce, Compare, Const, Expr, Logic, Not
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    NULL,
    RATIO,
    STR,
    UNKNOWN,
    Enum,
    ListOf,
    Optional,
    Scalar,
    Type,
    Unknown,
    optional,
)
from mloc.types.relate import join
from mloc.types.show import show

if TYPE_CHECKING:
    from mloc.elaborate.expressions import Expressions

_ORDERED = (INT, FLOAT, RATIO, BYTES, DURATION, DATE, DATETIME, STR)
_NUMBERS = (INT, FLOAT, RATIO)


def unary(e: Expressions, expr: t.Unary, scope: Scope) -> Expr:
    if expr.op == "not":
        value = e.condition(expr.value, scope)
        return POISON if isinstance(value.type, Unknown) else Not(BOOL, value)
    value = e.infer(expr.value, scope)
    if value.type in (INT, FLOAT, RATIO, DURATION):
        return Arith(value.type, "-", None, value)
    return _no_operator(e, "-", expr.span, value)


def binary(e: Expressions, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
    match expr.op:
        case "and" | "or":
            left = e.condition(expr.left, scope)
            inner = scope.inner()
            inner.narrowed.update(narrowing(e, expr.left, scope, when=expr.op == "and"))
            right = e.condition(expr.right, inner)
            if UNKNOWN in (left.type, right.type):
                return POISON
            return Logic(BOOL, expr.op, left, right)
        case "??":
            return _coalesce(e, expr, scope, hint)
        case "==" | "!=" | "<" | "<=" | ">" | ">=":
            return _compare(e, expr, expr.op, scope)
        case _:
            return _arith(e, expr, scope, hint)


def _coalesce(e: Expressions, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
    left = e.infer(expr.left, scope, hint)
    inner = left.type.item if isinstance(left.type, Optional) else left.type
    right = e.infer(expr.right, scope, inner)
    if UNKNOWN in (left.type, right.type):
        return POISON
    type_ = join(inner if inner != NULL else right.type, right.type)
    if type_ is None:
        message = f"the fallback is `{show(right.type)}`, the value before `??` is `{show(inner)}`"
        e.bag.report(TYPE_MISMATCH, expr.right.span, message, label=f"`{show(right.type)}`")
        return POISON
    return Coalesce(type_, convert(left, optional(type_)), convert(right, type_))


def _compare(e: Expressions, expr: t.Binary, op: str, scope: Scope) -> Expr:
    left, right = _operands(e, expr, scope)
    if UNKNOWN in (left.type, right.type):
        return POISON
    null = NULL in (left.type, right.type)
    if null and op in ("==", "!="):
        return Compare(BOOL, op, left, right)  # type: ignore[arg-type]
    type_ = join(left.type, right.type)
    if type_ is None:
        never = "are never equal" if op in ("==", "!=") else "cannot be compared"
        message = f"{_named(e, expr.left, left)} and {_named(e, expr.right, right)} {never}"
        hint = _comparison_hint(left, right) or _comparison_hint(right, left)
        e.bag.report(UNRELATED_COMPARISON, expr.span, message, help=hint)
        return POISON
    bare = type_.item if isinstance(type_, Optional) else type_
    if op not in ("==", "!="):
        if isinstance(type_, Optional):
            span = expr.left.span if isinstance(left.type, Optional) else expr.right.span
            e.bag.report(
                OPTIONAL_USED,
                span,
                f"`{op}` needs a value, but this may be null",
                help="give a fallback with `?? value`, or test `!= null` first",
            )
            return POISON
        if bare not in _ORDERED:
            e.bag.report(
                BAD_COMPARISON,
                expr.span,
                "an empty list has no order" if bare == ListOf(UNKNOWN) else f"`{show(bare)}` has no order",
                help="compare with `==` or `!=`" if isinstance(bare, Enum) else None,
            )
            return POISON
    elif not isinstance(bare, (Scalar, Enum)):
        what = "an empty list" if bare == ListOf(UNKNOWN) else f"`{show(bare)}`"
        e.bag.report(BAD_COMPARISON, expr.span, f"{what} cannot be compared", help="compare a field of it, or let a step decide")
        return POISON
    compared = Compare(BOOL, op, convert(left, type_), convert(right, type_))  # type: ignore[arg-type]
    wrong = wrong_status(compared)
    if wrong is None:
        return compared
    near = suggest(wrong, STATUSES) or ("succeeded" if wrong.startswith("succe") else None)
    help_ = f"did you mean `{near}`?" if near else f"it is {', '.join(f'`{status}`' for status in STATUSES)}"
    e.bag.report(UNRELATED_COMPARISON, expr.span, f"`run.status` is never `{wrong}`", help=help_)
    return POISON


def _operands(e: Expressions, expr: t.Binary, scope: Scope) -> tuple[Expr, Expr]:
    """Both operands; a literal takes the other side's type where that is exact."""
    if isinstance(expr.left, (t.IntLiteral, t.FloatLiteral)):
        right = e.infer(expr.right, scope)
        return e.infer(expr.left, scope, right.type), right
    left = e.infer(expr.left, scope)
    return left, e.infer(expr.right, scope, left.type)


def _arith(e: Expressions, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
    left, right = _operands(e, expr, scope)
    if UNKNOWN in (left.type, right.type):
        return POISON
    for value, at in ((left, expr.left), (right, expr.right)):
        if isinstance(value.type, Optional) or value.type == NULL:
            e.bag.report(
                OPTIONAL_USED,
                at.span,
                f"`{expr.op}` needs a value, but this may be null",
                help="give a fallback with `?? value`, or test `!= null` first",
            )
            return POISON
    type_ = _arith_type(expr.op, left.type, right.type)
    if type_ is None:
        return _no_operator(e, expr.op, expr.span, left, right)
    if left.type in _NUMBERS and right.type in _NUMBERS:
        both = FLOAT if expr.op == "/" or FLOAT in (left.type, right.type) or RATIO in (left.type, right.type) else INT
        left, right = convert(left, both), convert(right, both)
    return Arith(type_, expr.op, left, right)  # type: ignore[arg-type]


def _no_operator(e: Expressions, op: str, span: Span, *values: Expr) -> Expr:
    if not any(isinstance(v.type, Unknown) for v in values):
        types = " and ".join(f"`{show(v.type)}`" for v in values)
        help_ = 'write an f-string: `f"{…}…"`' if op == "+" and any(v.type == STR for v in values) else None
        e.bag.report(BAD_OPERATION, span, f"`{op}` does not take {types}", help=help_)
    return POISON


def ternary(e: Expressions, expr: t.Ternary, scope: Scope, hint: Type | None) -> Expr:
    condition = e.condition(expr.condition, scope)
    yes, no = scope.inner(), scope.inner()
    yes.narrowed.update(narrowing(e, expr.condition, scope, when=True))
    no.narrowed.update(narrowing(e, expr.condition, scope, when=False))
    then, otherwise = e.infer(expr.then, yes, hint), e.infer(expr.otherwise, no, hint)
    if UNKNOWN in (condition.type, then.type, otherwise.type):
        return POISON
    type_ = join(then.type, otherwise.type)
    if type_ is None:
        message = f"one side is `{show(then.type)}`, the other `{show(otherwise.type)}`"
        e.bag.report(TYPE_MISMATCH, expr.span, message, help="both sides of `if … else …` must have one type")
        return POISON
    return Choose(type_, condition, convert(then, type_), convert(otherwise, type_))


def _arith_type(op: str, left: Type, right: Type) -> Type | None:
    if left in _NUMBERS and right in _NUMBERS:
        if op == "/":
            return FLOAT
        return INT if left == right == INT else FLOAT
    if op == "+" and left == right == STR:
        return STR
    if op in ("+", "-") and left == right and left in (DURATION, BYTES):
        return left
    if op == "*" and {left, right} in ({DURATION, INT}, {BYTES, INT}):
        return left if right == INT else right
    if op == "/" and left == right and left in (DURATION, BYTES):
        return FLOAT
    return None


def _named(e: Expressions, written: t.Expr, value: Expr) -> str:
    """An operand in words: what is written, and its type."""
    text, type_ = e.written(written.span), f"`{show(value.type)}`"
    return type_ if text == "this" else f"{text} ({type_})"


def _comparison_hint(one: Expr, other: Expr) -> str | None:
    """What may be meant by comparing these two."""
    match one.type, other.type:
        case Enum(name=name, members=members), Scalar(name="str"):
            text = json.loads(other.text) if isinstance(other, Const) else ""
            near = text if text in members else suggest(text, members)
            if near is not None:
                return f"write the member without quotes: `{name}.{near}`"
            return f"compare with a member: {', '.join(f'`{name}.{member}`' for member in members[:8])}"
        case Scalar(name="bytes" | "duration" | "ratio" as kind), Scalar(name="int" | "float"):
            return f"write the number with its unit, as `{ {'bytes': '4GiB', 'duration': '30min', 'ratio': '10pct'}[kind] }`"
        case Scalar(name="bool"), Scalar(name="str" | "int"):
            return "a flag is `true` or `false`: test it by itself, or with `not`"
        case Scalar(name="str"), Scalar(name="int" | "float"):
            return "a text is never read as a number"
        case _:
            return None
