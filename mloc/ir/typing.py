"""The typing rules of expressions: the type a form has by itself, and what is wrong with one whose operands do not fit."""

from __future__ import annotations

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
from mloc.types.model import (
    BOOL,
    BYTES,
    DURATION,
    FLOAT,
    INT,
    NULL,
    RATIO,
    STR,
    Field,
    ListOf,
    MapOf,
    Metrics,
    Optional,
    Record,
    Table,
    Type,
    optional,
)
from mloc.types.relate import mismatch
from mloc.types.show import show

_SIGNED = (INT, FLOAT, RATIO, DURATION)
_QUANTITIES = (DURATION, BYTES)


def same(a: Type, b: Type) -> bool:
    """Whether two types are equal; cheap for one object, as two mentions of a type mostly are."""
    return a is b or a == b


def fits(found: Type, wanted: Type) -> bool:
    """Whether a value may stand where `wanted` is declared without a Widen: the types are equal, or a table has the columns."""
    if same(found, wanted):
        return True
    return isinstance(found, Table) and isinstance(wanted, Table) and mismatch(found, wanted) is None


def natural(expr: Expr) -> Type | None:
    """The type that a form has by its operands alone; None where they do not tell."""
    match expr:
        case Const() | Ref() | Local() | Widen():
            return None
        case Get(_, value, field):
            return _field(value.type, field)
        case Index(_, value, _):
            return value.type.item if isinstance(value.type, ListOf) else value.type.value if isinstance(value.type, MapOf) else None
        case Arith(_, op, left, right):
            return right.type if left is None else _arith(op, left.type, right.type)
        case Compare() | Logic() | Not():
            return BOOL
        case Coalesce(_, _, right):
            return right.type
        case Choose(_, _, then, _):
            return then.type
        case MakeList(_, items):
            return ListOf(items[0].type) if items else None
        case MakeRecord(_, fields):
            return Record(tuple(Field(name, value.type) for name, value in fields))
        case MakeMap(_, entries):
            return MapOf(entries[0][1].type) if entries else None
        case Project(_, _, _, body, _):
            return ListOf(body.type)
        case Format():
            return STR
        case _:
            assert_never(expr)


def _field(type_: Type, name: str) -> Type | None:
    if isinstance(type_, Optional):
        inner = _field(type_.item, name)
        return None if inner is None else optional(inner)
    if isinstance(type_, (Record, Metrics)):
        return next((f.type for f in type_.fields if f.name == name), None)
    return None


def _arith(op: str, left: Type, right: Type) -> Type | None:
    if left == right:
        if op == "/":
            return FLOAT if left in (INT, FLOAT, *_QUANTITIES) else None
        if left in (INT, FLOAT):
            return left
        return left if (op == "+" and left == STR) or (op in ("+", "-") and left in _QUANTITIES) else None
    if op == "*" and INT in (left, right):
        other = right if left == INT else left
        return other if other in _QUANTITIES else None
    return None


def fault(expr: Expr) -> str | None:
    """Why an expression's own form breaks the rules, given the types of its operands; None when it does not."""
    match expr:
        case Const() | Ref() | Local():
            return None
        case Get() | Index() | Arith() | Compare() | Logic() | Not() | Project() | Format():
            return _operands(expr) or _own(expr)
        case Widen(type_, value):
            return None if _widens(value.type, type_) else f"a {_name(value.type)} cannot be widened to {_name(type_)}"
        case Coalesce(type_, left, right):
            good = (fits(left.type, optional(type_)) or fits(left.type, type_)) and fits(right.type, type_)
            return None if good else "the sides of `??` are of other types than the whole"
        case Choose(type_, condition, then, otherwise):
            if condition.type != BOOL:
                return "a condition is not a bool"
            return None if fits(then.type, type_) and fits(otherwise.type, type_) else "a choice is of another type than the whole"
        case MakeList(type_, items):
            good = isinstance(type_, ListOf) and all(fits(item.type, type_.item) for item in items)
            return None if good else "an item of a list is of another type than its items"
        case MakeMap(type_, entries):
            good = isinstance(type_, MapOf) and all(fits(value.type, type_.value) for _, value in entries)
            return None if good else "a value of a map is of another type than its values"
        case MakeRecord(type_, fields):
            return _record(type_, fields)
        case _:
            assert_never(expr)


def _own(expr: Expr) -> str | None:
    wanted = natural(expr)
    if wanted is None or not same(wanted, expr.type):
        return f"its type is {_name(expr.type)}, its operands make {'none' if wanted is None else _name(wanted)}"
    return None


def _operands(expr: Get | Index | Arith | Compare | Logic | Not | Project | Format) -> str | None:
    match expr:
        case Index(_, value, key):
            return None if key.type == (INT if isinstance(value.type, ListOf) else STR) else "the key is of the wrong type"
        case Arith(_, op, None, right):
            return None if op == "-" and right.type in _SIGNED else "only numbers and durations are negated"
        case Compare(_, _, left, right):
            good = NULL in (left.type, right.type) or same(left.type, right.type)
            return None if good else f"{_name(left.type)} is compared with {_name(right.type)}"
        case Logic(_, _, left, right):
            return None if left.type == right.type == BOOL else "an operand is not a bool"
        case Not(_, value):
            return None if value.type == BOOL else "an operand is not a bool"
        case Project(_, _, source, _, condition):
            if not isinstance(source.type, ListOf):
                return "its source is not a list"
            return None if condition is None or condition.type == BOOL else "a condition is not a bool"
        case Get() | Arith() | Format():
            return None
        case _:
            assert_never(expr)


def _record(type_: Type, fields: tuple[tuple[str, Expr], ...]) -> str | None:
    if not isinstance(type_, (Record, Metrics)):
        return "its type is not a record"
    if tuple(name for name, _ in fields) != tuple(f.name for f in type_.fields):
        return "its fields are not those of its type, in order"
    wrong = next((f.name for f, (_, value) in zip(type_.fields, fields, strict=True) if not fits(value.type, f.type)), None)
    return None if wrong is None else f"its field `{wrong}` is of another type"


def _widens(found: Type, wanted: Type) -> bool:
    """Also RATIO to FLOAT, as arithmetic does, and T? to T, where a test before has shown that it is not null."""
    if mismatch(found, wanted) is None or (found == RATIO and wanted == FLOAT):
        return True
    return isinstance(found, Optional) and mismatch(found.item, wanted) is None


def _name(type_: Type) -> str:
    return f"`{show(type_)}`"
