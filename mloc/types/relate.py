"""When a value of one type may stand where another is wanted, and why not."""

from __future__ import annotations

from typing import Literal, TypeAlias

from mloc.frozen import dataclass, replace
from mloc.types.model import (
    FLOAT,
    INT,
    NULL,
    Column,
    Enum,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    Optional,
    Record,
    Row,
    Scalar,
    Table,
    Type,
    Unknown,
    optional,
)

Reason: TypeAlias = Literal["type", "optional", "format", "field", "missing-column", "column-type", "nullable-column"]


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Why a value does not fit. `names` are the columns or fields concerned; `found` and `wanted` the innermost types that differ."""

    reason: Reason
    found: Type
    wanted: Type
    names: tuple[str, ...] = ()


def mismatch(found: Type, wanted: Type) -> Mismatch | None:
    """None when a value of type `found` may be given where `wanted` is expected."""
    match found, wanted:
        case (Unknown(), _) | (_, Unknown()):
            return None
        case Optional(inner), Optional(outer):
            return mismatch(inner, outer)
        case _, Optional(outer):
            return None if found == NULL else mismatch(found, outer)
        case Optional(inner), _:
            return mismatch(inner, wanted) or Mismatch("optional", found, wanted)
        case Scalar(), Scalar() if found == wanted or (found == INT and wanted == FLOAT):
            return None
        case Enum(), Enum() if found == wanted:
            return None
        case ListOf(a), ListOf(b):
            return mismatch(a, b)
        case MapOf(a), MapOf(b):
            return mismatch(a, b)
        case ((Record() | Metrics()), (Record() | Metrics())):
            return _fields(found, wanted)
        case File(a), File(b):
            return None if b is None or a == b else Mismatch("format", found, wanted)
        case Model(a), Model(b):
            return None if b is None or a == b else Mismatch("format", found, wanted)
        case Table(a), Table(b):
            return _rows(a, b, found, wanted)
        case _:
            return None if type(found) is type(wanted) and found == wanted else Mismatch("type", found, wanted)


def _fields(found: Record | Metrics, wanted: Record | Metrics) -> Mismatch | None:
    have = {f.name: f for f in found.fields}
    missing = tuple(f.name for f in wanted.fields if f.name not in have and f.default is None)
    if missing:
        return Mismatch("field", found, wanted, missing)
    for field in wanted.fields:
        if field.name in have and (inner := mismatch(have[field.name].type, field.type)) is not None:
            return replace(inner, names=(field.name, *inner.names))
    return None


def _rows(found: Row, wanted: Row, found_type: Type, wanted_type: Type) -> Mismatch | None:
    have = {c.name: c.type for c in found.columns}
    missing = tuple(c.name for c in wanted.columns if c.name not in have)
    if missing:
        return Mismatch("missing-column", found_type, wanted_type, missing)
    for column in wanted.columns:
        reason = _column(have[column.name], column.type)
        if reason is not None:
            return Mismatch(reason, have[column.name], column.type, (column.name,))
    return None


def _column(found: Type, wanted: Type) -> Reason | None:
    if found == wanted or isinstance(found, Unknown) or isinstance(wanted, Unknown):
        return None
    inner = mismatch(found, wanted)
    if inner is None:
        return None
    return "nullable-column" if inner.reason == "optional" else "column-type"


def join(a: Type, b: Type) -> Type | None:
    """The smallest type that holds both, None when there is none."""
    if isinstance(a, Unknown):
        return b
    if isinstance(b, Unknown):
        return a
    if a == NULL or b == NULL:
        other = b if a == NULL else a
        return optional(other)
    if isinstance(a, Optional) or isinstance(b, Optional):
        inner = join(a.item if isinstance(a, Optional) else a, b.item if isinstance(b, Optional) else b)
        return None if inner is None else optional(inner)
    if isinstance(a, ListOf) and isinstance(b, ListOf):
        item = join(a.item, b.item)
        return None if item is None else ListOf(item)
    if isinstance(a, MapOf) and isinstance(b, MapOf):
        value = join(a.value, b.value)
        return None if value is None else MapOf(value)
    if isinstance(a, Table) and isinstance(b, Table):
        return _join_tables(a, b)
    if mismatch(a, b) is None:
        return b
    if mismatch(b, a) is None:
        return a
    return None


def _join_tables(a: Table, b: Table) -> Type:
    """Both tables' common columns; open when either has more."""
    others = {c.name: c.type for c in b.row.columns}
    columns = []
    for column in a.row.columns:
        type_ = join(column.type, others[column.name]) if column.name in others else None
        if type_ is not None:
            columns.append(Column(column.name, type_))
    same = len(columns) == len(a.row.columns) == len(b.row.columns)
    return Table(Row(tuple(columns), open=not same or a.row.open or b.row.open))


def substitute(row: Row, bound: dict[str, Row]) -> tuple[Row, tuple[str, ...]]:
    """An output row with its row variable replaced by what a call bound to it, and the columns that would then stand twice.

    A column that the row names itself replaces the one passed through.
    """
    if row.variable is None:
        return row, ()
    rest = bound.get(row.variable)
    if rest is None:
        return replace(row, variable=None), ()
    named = [c.name for c in row.columns]
    twice = tuple(sorted({n for n in named if named.count(n) > 1}))
    passed = tuple(c for c in rest.columns if c.name not in named)
    return Row(row.columns + passed, open=rest.open), twice
