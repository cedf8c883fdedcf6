"""Values that are compared, replaced or divided in a way that cannot be meant."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import DIVISION_BY_ZERO, FLOAT_EQUALITY, USELESS_FALLBACK
from mloc.lint.program import Program
from mloc.lint.scopes import Body
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import everything, parts
from mloc.types.model import FLOAT, NULL, RATIO, Optional, Type, Unknown
from mloc.types.show import show


def values(program: Program, bag: Bag) -> None:
    """W0212, W0221 and W0222 of every pipeline."""
    for body in program.bodies:
        for expr in everything(body.pipeline.body):
            if not isinstance(expr, t.Binary):
                continue
            if expr.op in ("==", "!="):
                _equality(program, body, expr, bag)
            elif expr.op == "??":
                _fallback(program, expr, bag)
            elif expr.op in ("/", "%") and _is_zero(expr.right):
                message = "this divides by zero: it fails whenever it is reached"
                bag.report(DIVISION_BY_ZERO, expr.span, message, help="divide by something else")


def _equality(program: Program, body: Body, expr: t.Binary, bag: Bag) -> None:
    """Two floats of which one was computed; what a parameter or a constant says is exact, and so is zero."""
    types = [_bare(program.type_of(side)) for side in (expr.left, expr.right)]
    if not any(type_ in (FLOAT, RATIO) for type_ in types) or not all(type_ is not None for type_ in types):
        return
    if isinstance(expr.left, t.Null) or isinstance(expr.right, t.Null) or _is_zero(expr.left) or _is_zero(expr.right):
        return
    if not any(_is_computed(body, side) for side in (expr.left, expr.right)):
        return
    word = "equal" if expr.op == "==" else "unequal"
    message = f"two floats are compared for being {word}, which rounding decides"
    bag.report(FLOAT_EQUALITY, expr.span, message, help="compare with `<` or `>`, or let a step compare with a tolerance")


def _bare(type_: Type) -> Type | None:
    if isinstance(type_, Unknown):
        return None
    return type_.item if isinstance(type_, Optional) else type_


def _is_computed(body: Body, expr: t.Expr) -> bool:
    """Whether a value comes from arithmetic, or from a step."""
    for part in parts(expr):
        if isinstance(part, t.Name) and part in body.of and body.of[part].kind not in ("parameter", "item", "element"):
            return True
        if isinstance(part, t.Binary) and part.op in ("+", "-", "*", "/", "%"):
            return True
    return False


def _fallback(program: Program, expr: t.Binary, bag: Bag) -> None:
    """`x ?? y` where x is never null."""
    type_ = program.type_of(expr.left)
    if isinstance(type_, (Optional, Unknown)) or type_ == NULL:
        return
    fix = Fix("machine-applicable", (Edit(Span(expr.span.file, expr.left.span.end, expr.right.span.end), ""),))
    shown = program.file.source.text[expr.left.span.start : expr.left.span.end]
    message = f"the fallback is never used: `{shown}` is `{show(type_)}`, never null"
    bag.report(USELESS_FALLBACK, expr.right.span, message, help="remove it, or let the value be null: `…?`", fix=_only_plain(expr, fix))


def _only_plain(expr: t.Binary, fix: Fix) -> Fix | None:
    """A fix only where nothing is in brackets, whose ends the tree does not tell."""
    return fix if isinstance(expr.left, (t.Name, t.Member)) and isinstance(expr.right, _ATOMS) else None


_ATOMS = (t.Name, t.Member, t.IntLiteral, t.FloatLiteral, t.Text, t.Bool, t.Quantity)


def _is_zero(expr: t.Expr) -> bool:
    match expr:
        case t.IntLiteral(value=value):
            return value == 0
        case t.FloatLiteral(text=text):
            return float(text) == 0
        case t.Quantity(number=number):
            return float(number) == 0
        case t.Unary(op="-", value=value):
            return _is_zero(value)
        case _:
            return False
