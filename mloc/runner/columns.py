"""Columns of tables: that a frame has the declared ones, of the declared types, cast where that loses nothing."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Callable, Protocol

from .scalars import Invalid
from .types import Enum, ListOf, MapOf, Metrics, Optional, Record, Scalar, Table, Type, base_type, show_type


class ArrowType(Protocol):
    """A data type of pyarrow."""


class ArrowColumn(Protocol):
    """What is used of `pyarrow.ChunkedArray`."""

    type: ArrowType
    null_count: int

    def cast(self, target_type: ArrowType, safe: bool = True) -> ArrowColumn: ...

    def equals(self, other: ArrowColumn) -> bool: ...

    def unique(self) -> ArrowColumn: ...

    def to_pylist(self) -> list[object]: ...


class ArrowField(Protocol):
    """What is used of `pyarrow.Field`."""

    name: str
    type: ArrowType


class ArrowSchema(Protocol):
    """What is used of `pyarrow.Schema`."""

    names: list[str]

    def __iter__(self) -> Iterator[ArrowField]: ...

    def empty_table(self) -> ArrowTable: ...


class ArrowTable(Protocol):
    """What is used of `pyarrow.Table`."""

    schema: ArrowSchema
    column_names: list[str]
    columns: list[ArrowColumn]


def conform(arrow: ModuleType, type_: Table, table: ArrowTable, where: str, closed: bool) -> ArrowTable:
    """The table with its declared columns cast to their types. With `closed`, others are refused.

    Raises Invalid naming the column that is missing, unexpected, of another type, or null where it may not be.
    """
    check_names(type_, table.column_names, where, closed)
    declared = dict(type_.columns)
    columns: list[ArrowColumn] = []
    for name, column in zip(table.column_names, table.columns):
        kind = declared.get(name)
        columns.append(column if kind is None else _conform_column(arrow, kind, column, f"`{where}`: the column `{name}`"))
    conformed: ArrowTable = arrow.table(columns, names=table.column_names)
    return conformed


def check_names(type_: Table, names: Iterable[object], where: str, closed: bool) -> None:
    """Raises Invalid unless every declared column is among these names, once, and with `closed` no other."""
    given = list(names)
    shown = ", ".join(f"`{name}`" for name in given) or "no columns"
    for name in given:
        if not isinstance(name, str):
            raise Invalid(f"`{where}`: a column is named {name!r}, a {type(name).__name__}; names of columns are text")
        if given.count(name) > 1:
            raise Invalid(f"`{where}`: the table has the column `{name}` twice")
    for name, kind in type_.columns:
        if name not in given:
            raise Invalid(f"`{where}`: the column `{name}: {show_type(kind)}` is missing; the table has {shown}")
    extra = [f"`{name}`" for name in given if name not in dict(type_.columns)]
    if closed and extra:
        raise Invalid(
            f"`{where}`: the table has {', '.join(extra)} beyond the declared columns, and {show_type(type_)} has exactly its own"
        )


def _conform_column(arrow: ModuleType, type_: Type, column: ArrowColumn, label: str) -> ArrowColumn:
    kind = base_type(type_)
    if column.null_count and not isinstance(type_, Optional):
        rows = "a null" if column.null_count == 1 else f"{column.null_count} nulls"
        raise Invalid(f"{label} has {rows}, and its type {show_type(type_)} is not optional")
    target = arrow_type(arrow, kind)
    if column.type != target:
        column = _cast(arrow, type_, column, target, label)
    if isinstance(kind, Enum):
        strange = [value for value in column.unique().to_pylist() if value is not None and value not in kind.members]
        if strange:
            raise Invalid(f"{label} holds {strange[0]!r}, which is not a member of {kind.name} ({', '.join(kind.members)})")
    return column


def _cast(arrow: ModuleType, type_: Type, column: ArrowColumn, target: ArrowType, label: str) -> ArrowColumn:
    kind, shown = base_type(type_), show_type(type_)
    if not _may_cast(kind, column.type):
        raise Invalid(f"{label} is {column.type}, which is not {shown}")
    if _is("is_floating", column.type) and str(target) == "int64" and _is_rounded(column):
        raise Invalid(
            f"{label} is {column.type} and cannot be {shown}: it holds numbers beyond 2**53, which a float rounds; "
            'in pandas, integers with nulls stay whole as `astype("Int64")`'
        )
    # An int becomes the nearest float, as in the language; every other cast must be exact.
    widens = isinstance(kind, Scalar) and kind.name in ("float", "ratio")
    try:
        found = column.cast(target, safe=not widens)
        is_exact = not _is("is_timestamp", column.type) or found.cast(column.type).equals(column)
    except arrow.ArrowException as error:
        raise Invalid(f"{label} is {column.type} and cannot be {shown}: {error}") from None
    if not is_exact:
        raise Invalid(f"{label} holds times of day, which a {shown} would lose")
    return found


def _is_rounded(column: ArrowColumn) -> bool:
    """Whether a column of floats is no witness of the integers it was made of: one beyond 2**53 may have been rounded."""
    ends = importlib.import_module("pyarrow.compute").min_max(column).as_py()
    return any(end is not None and abs(end) > 2**53 for end in ends.values())


def _may_cast(kind: Type, given: ArrowType) -> bool:
    """Whether values of an Arrow type may stand for a column of this type, given that the cast is exact."""
    if _is("is_null", given):
        return True
    if not isinstance(kind, (Scalar, Enum)):
        return _is("is_nested", given)
    name = kind.name if isinstance(kind, Scalar) else "str"
    return any(_is(test, given) for test in _TESTS[name]) and _zone_fits(name, given)


def _zone_fits(name: str, given: ArrowType) -> bool:
    if not _is("is_timestamp", given):
        return True
    return (getattr(given, "tz", None) is not None) == (name == "datetime")


_TEXT = ("is_string", "is_large_string", "is_string_view", "is_dictionary")
_NUMBERS = ("is_integer", "is_floating")
_TESTS: dict[str, tuple[str, ...]] = {
    "int": _NUMBERS,
    "bytes": _NUMBERS,
    "float": _NUMBERS,
    "ratio": _NUMBERS,
    "bool": ("is_boolean",),
    "str": _TEXT,
    "date": ("is_date", "is_timestamp"),
    "datetime": ("is_timestamp",),
    "duration": ("is_duration",),
    "null": (),
}


def _is(test: str, given: ArrowType) -> bool:
    answer: Callable[[ArrowType], bool] = getattr(importlib.import_module("pyarrow.types"), test)
    return answer(given)


def arrow_type(arrow: ModuleType, type_: Type) -> ArrowType:
    """The Arrow type that a column of this type is kept as."""
    kind = base_type(type_)
    if isinstance(kind, ListOf):
        found: ArrowType = arrow.list_(arrow_type(arrow, kind.item))
    elif isinstance(kind, MapOf):
        found = arrow.map_(arrow.string(), arrow_type(arrow, kind.value))
    elif isinstance(kind, (Record, Metrics)):
        found = arrow.struct([(field.name, arrow_type(arrow, field.type)) for field in kind.fields])
    else:
        found = _ARROW_SCALARS[kind.name if isinstance(kind, Scalar) else "str"](arrow)
    return found


_ARROW_SCALARS: dict[str, Callable[[ModuleType], ArrowType]] = {
    "int": lambda arrow: arrow.int64(),
    "bytes": lambda arrow: arrow.int64(),
    "float": lambda arrow: arrow.float64(),
    "ratio": lambda arrow: arrow.float64(),
    "bool": lambda arrow: arrow.bool_(),
    "str": lambda arrow: arrow.string(),
    "date": lambda arrow: arrow.date32(),
    "datetime": lambda arrow: arrow.timestamp("us", tz="UTC"),
    "duration": lambda arrow: arrow.duration("ms"),
    "null": lambda arrow: arrow.null(),
}
