"""Computes at compile time what needs no run.

before: `call fit(rounds = (10 * 2), name = format("run ", {1}), strict = (true and %made.ok))`
after: `call fit(rounds = 20, name = "run 1", strict = %made.ok)`
"""

from __future__ import annotations

import json

from mloc.diagnostics.model import Bag
from mloc.frozen import replace
from mloc.ir.constant import NoValue, value_of
from mloc.ir.model import (
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    Format,
    Get,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Pipeline,
    Project,
    Ref,
    Widen,
)
from mloc.ir.typing import same
from mloc.ir.walk import children, map_exprs, refs
from mloc.types.model import BOOL, STR, Optional

_TRUE, _FALSE = Const(BOOL, "true"), Const(BOOL, "false")


def fold(pipeline: Pipeline, bag: Bag) -> Pipeline:
    """Replace every expression that has one value in all runs by that value; what fails at run time stays and fails there.

    No value of a run is dropped from an expression, not even from a side that is never taken:
    what an expression names is waited for, and that can be seen (rulings, 23).
    """
    return map_exprs(pipeline, _simplify)


def _simplify(expr: Expr) -> Expr:
    """One step, on an expression whose operands are folded already."""
    if _is_known(expr):
        try:
            return value_of(expr)
        except NoValue:
            pass
    simpler = _simpler(expr)
    if simpler is None or not same(simpler.type, expr.type) or not _reads_all(simpler, expr):
        return expr
    return simpler


def _is_known(expr: Expr) -> bool:
    match expr:
        case Const() | Ref() | Local():
            return False
        case Project():
            return _is_closed(expr, frozenset())
        case _:
            return all(isinstance(child, Const) for child in children(expr))


def _is_closed(expr: Expr, names: frozenset[str]) -> bool:
    """Whether an expression reads nothing but constants and the variables of projections inside it."""
    match expr:
        case Ref():
            return False
        case Local(_, name):
            return name in names
        case Project(_, name, source, body, condition):
            inner = names | {name}
            return _is_closed(source, names) and all(_is_closed(part, inner) for part in (body, condition) if part is not None)
        case _:
            return all(_is_closed(child, names) for child in children(expr))


def _reads_all(simpler: Expr, expr: Expr) -> bool:
    kept = {(ref.node, ref.output) for ref in refs(simpler)}
    return all((ref.node, ref.output) in kept for ref in refs(expr))


def _simpler(expr: Expr) -> Expr | None:
    match expr:
        case Logic():
            return _logic(expr)
        case Coalesce(type_, left, right):
            if isinstance(left, Const):
                return right if left.text == "null" else Const(type_, left.text)
            # A value made optional only to be asked whether it is there.
            return left.value if isinstance(left, Widen) and not isinstance(left.value.type, Optional) else None
        case Choose(_, Const(_, text), then, otherwise):
            return then if text == "true" else otherwise
        case Get(_, MakeRecord(_, fields), name):
            others = (value for field, value in fields if field != name)
            return dict(fields)[name] if all(_cannot_fail(value) for value in others) else None
        case Format():
            return _format(expr)
        case _:
            return None


def _logic(expr: Logic) -> Expr | None:
    neutral = _TRUE if expr.op == "and" else _FALSE
    if isinstance(expr.left, Const):
        return expr.right if expr.left == neutral else expr.left
    return expr.left if expr.right == neutral else None


def _format(expr: Format) -> Expr | None:
    """The text with constants written into it, neighbouring texts joined."""
    parts: list[str | Expr] = []
    for part in expr.parts:
        written = part
        if isinstance(part, Const):
            try:
                written = str(json.loads(value_of(Format(STR, (part,))).text))
            except NoValue:
                written = part
        if isinstance(written, str) and parts and isinstance(parts[-1], str):
            parts[-1] += written
        elif written != "":
            parts.append(written)
    return None if tuple(parts) == expr.parts else replace(expr, parts=tuple(parts))


def _cannot_fail(expr: Expr) -> bool:
    """Whether an expression has a value in every run, so that leaving it out hides no failure."""
    match expr:
        case Const() | Ref() | Local():
            return True
        case Get() | Not() | Logic() | Compare() | Coalesce() | Choose() | MakeList() | MakeMap() | MakeRecord() | Format():
            return all(_cannot_fail(child) for child in children(expr))
        case _:
            return False
