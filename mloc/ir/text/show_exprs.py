"""Prints expressions; a type is said only where a reader could not tell it."""

from __future__ import annotations

import json
from typing import assert_never

from mloc.ir.model import (
    Arith,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    Format,
    Get,
    Index,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Project,
    Ref,
    Widen,
)
from mloc.ir.text.show_types import TypeNames
from mloc.ir.text.words import Known, implied, name
from mloc.ir.typing import same
from mloc.types.model import UNKNOWN, ListOf


def expr_text(expr: Expr, known: Known, types: TypeNames) -> str:
    """An expression, followed by `:type` where its type is not implied."""
    text = _bare(expr, known, types)
    if isinstance(expr, Widen):
        return text
    usual = implied(expr, known)
    return text if usual is not None and same(usual, expr.type) else f"{text}:{types.spell(expr.type)}"


def _bare(expr: Expr, known: Known, types: TypeNames) -> str:
    def sub(part: Expr) -> str:
        return expr_text(part, known, types)

    def base(part: Expr) -> str:
        """An operand that `->` or `[` follows: a type said in between would end in the wrong place."""
        text = sub(part)
        return text if text == _bare(part, known, types) else f"({text})"

    match expr:
        case Const(_, text):
            return text
        case Ref(_, node, output):
            return f"${name(output)}" if node == "$" else f"%{node}.{name(output)}"
        case Local(_, variable):
            return f"@{name(variable)}"
        case Get(_, value, field):
            return f"{base(value)}->{name(field)}"
        case Index(_, value, key):
            return f"{base(value)}[{sub(key)}]"
        case Arith(_, op, left, right):
            return f"(neg {sub(right)})" if left is None else f"({sub(left)} {op} {sub(right)})"
        case Compare(_, op, left, right) | Logic(_, op, left, right):
            return f"({sub(left)} {op} {sub(right)})"
        case Not(_, value):
            return f"(not {sub(value)})"
        case Coalesce(_, left, right):
            return f"({sub(left)} ?? {sub(right)})"
        case Choose(_, condition, then, otherwise):
            return f"(if {sub(condition)} then {sub(then)} else {sub(otherwise)})"
        case Widen(type_, value):
            return f"({sub(value)} as {types.spell(type_)})"
        case Project():
            return _project(expr, known, types)
        case MakeList(_, items):
            return f"list[{', '.join(sub(item) for item in items)}]"
        case MakeRecord(_, fields):
            return f"record{{{', '.join(f'{name(label)} = {sub(value)}' for label, value in fields)}}}"
        case MakeMap(_, entries):
            return f"map{{{', '.join(f'{json.dumps(key)}: {sub(value)}' for key, value in entries)}}}"
        case Format(_, parts):
            return f"format({', '.join(json.dumps(p) if isinstance(p, str) else f'{{{sub(p)}}}' for p in parts)})"
        case _:
            assert_never(expr)


def _project(expr: Project, known: Known, types: TypeNames) -> str:
    item = expr.source.type.item if isinstance(expr.source.type, ListOf) else UNKNOWN
    inner = known | {("@", expr.name): item}
    condition = "" if expr.condition is None else f" if {expr_text(expr.condition, inner, types)}"
    source = expr_text(expr.source, known, types)
    return f"list[for {name(expr.name)} in {source}{condition} yield {expr_text(expr.body, inner, types)}]"
