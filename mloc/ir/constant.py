"""Values known at compile time, computed by the very evaluator that runs later."""

from __future__ import annotations

from mloc.ir.model import Const, Expr
from mloc.ir.program import expr_json
from mloc.ir.walk import refs
from mloc.runner.domains import check_domain
from mloc.runner.evaluate import Scope, evaluate
from mloc.runner.failures import ExpressionError
from mloc.runner.scalars import Invalid, Value
from mloc.runner.types import parse_domain, parse_type
from mloc.runner.values import decode_text, encode_text
from mloc.types.encode import domain_json, type_json
from mloc.types.model import Domain, Type


class NoValue(Exception):
    """An expression without a value at compile time; the message says why and stands alone."""


def is_constant(expr: Expr) -> bool:
    """Whether nothing in the expression comes from a run."""
    return not refs(expr)


def value_of(expr: Expr) -> Const:
    """The constant an expression without Refs evaluates to. Raises NoValue (division by zero, an absent key …)."""
    if isinstance(expr, Const):
        return expr
    try:
        value = evaluate(expr_json(expr), Scope(_no_captures))
        return Const(expr.type, encode_text(parse_type(type_json(expr.type)), value, "the value"))
    except (ExpressionError, Invalid) as error:
        raise NoValue(str(error)) from None


def canonical(type_: Type, text: str) -> Const:
    """The constant that a wire text is of a type. Raises NoValue when it is none."""
    runner_type = parse_type(type_json(type_))
    try:
        return Const(type_, encode_text(runner_type, decode_text(runner_type, text, "the value"), "the value"))
    except Invalid as error:
        raise NoValue(str(error)) from None


def whole(text: str) -> int:
    """The integer that a wire text is; beyond 53 bits it is one in quotes, with a mark."""
    return int(text.strip('"').removeprefix("i:"))


def outside(domain: Domain, type_: Type, text: str, name: str) -> str | None:
    """Why a constant is outside a domain (`20.0 is outside 0.05..0.5`), None when it is inside."""
    runner_type, runner_domain = parse_type(type_json(type_)), parse_domain(domain_json(domain))
    assert runner_domain is not None
    try:
        check_domain(runner_type, runner_domain, decode_text(runner_type, text, name), name)
    except Invalid as error:
        return str(error).removeprefix(f"`{name}`: ")
    return None


def _no_captures(key: str) -> Value:
    raise AssertionError(f"a constant reads {key}")
