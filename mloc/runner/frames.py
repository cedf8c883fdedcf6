"""Data frames of pandas, polars and pyarrow: to and from the one form that tables are checked in."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from types import ModuleType
from typing import Callable, Protocol, cast

from .columns import ArrowColumn, ArrowTable, ArrowType, check_names
from .hints import is_frame
from .scalars import Invalid
from .types import Enum, Optional, Scalar, Table, Type, base_type, show_type

FRAMES = "pandas.DataFrame, polars.DataFrame, polars.LazyFrame, pyarrow.Table or pathlib.Path"


class _Series(Protocol):
    """What is used of `pandas.Series`."""

    dtype: object

    def map(self, change: Callable[[object], object]) -> _Series: ...


class _PandasFrame(Protocol):
    """What is used of `pandas.DataFrame`."""

    columns: Iterable[object]

    def __getitem__(self, name: object) -> _Series: ...


class _PandasReady(Protocol):
    """What is used of `pyarrow.ChunkedArray` to make a Series."""

    def to_pandas(self, date_as_object: bool, types_mapper: Callable[[ArrowType], object]) -> object: ...


class _PolarsFrame(Protocol):
    """What is used of `polars.DataFrame` and `polars.LazyFrame`."""

    def collect(self) -> _PolarsFrame: ...

    def to_arrow(self) -> object: ...


def to_pandas(pandas: ModuleType, type_: Table, table: ArrowTable) -> object:
    """The pandas frame of a table that has its declared types."""
    declared = dict(type_.columns)
    series = {name: _series(pandas, declared.get(name), column) for name, column in zip(table.column_names, table.columns)}
    frame: object = pandas.DataFrame(series, columns=table.column_names)
    return frame


def _series(pandas: ModuleType, type_: Type | None, column: ArrowColumn) -> object:
    """A column as pandas has it: where nulls are possible, ints and bools are of pandas' own nullable types."""
    may_be_null = isinstance(type_, Optional) or (type_ is None and column.null_count > 0)
    nullable = {"int64": pandas.Int64Dtype(), "bool": pandas.BooleanDtype()}.get(str(column.type)) if may_be_null else None
    return cast("_PandasReady", column).to_pandas(date_as_object=False, types_mapper=lambda _: nullable)


def from_frame(arrow: ModuleType, type_: Table, frame: object, where: str) -> ArrowTable:
    """The Arrow table of a frame that a step returned, its index dropped. Raises Invalid for anything that is no frame."""
    if _is_a(frame, "pandas", "DataFrame"):
        return _from_pandas(arrow, type_, cast("_PandasFrame", frame), where)
    if _is_a(frame, "polars", "LazyFrame"):
        frame = cast("_PolarsFrame", frame).collect()
    if _is_a(frame, "polars", "DataFrame"):
        frame = cast("_PolarsFrame", frame).to_arrow()
    if not isinstance(frame, arrow.Table):
        raise Invalid(f"`{where}`: expected {show_type(type_)} as {FRAMES}, the step gave a {type(frame).__name__}")
    return cast("ArrowTable", frame)


def _is_a(frame: object, library: str, name: str) -> bool:
    return any(is_frame(shape, library, name) for shape in type(frame).__mro__)


def _from_pandas(arrow: ModuleType, type_: Table, frame: _PandasFrame, where: str) -> ArrowTable:
    # Names first: a column that stands twice cannot be asked for by name.
    check_names(type_, frame.columns, where, closed=not type_.open)
    declared = dict(type_.columns)
    names = [str(name) for name in frame.columns]
    columns = [_array(arrow, declared.get(name), frame[name], f"`{where}`: the column `{name}`") for name in names]
    table: ArrowTable = arrow.table(columns, names=names)
    return table


def _array(arrow: ModuleType, type_: Type | None, series: _Series, label: str) -> object:
    if isinstance(type_, (Enum, Optional)) and isinstance(base_type(type_), Enum) and str(series.dtype) == "object":
        series = series.map(lambda value: value.name if isinstance(value, enum.Enum) else value)
    # pandas writes a missing value as NaN; in a float column that may not be null, NaN is a value.
    keeps_nan = str(series.dtype) in ("float64", "float32", "float16") and (type_ is None or _is_float(type_))
    try:
        found: object = arrow.array(series, from_pandas=not keeps_nan)
    except (arrow.ArrowException, OverflowError) as error:
        raise Invalid(f"{label} cannot be kept: {error}") from None
    return found


def _is_float(type_: Type) -> bool:
    return isinstance(type_, Scalar) and type_.name in ("float", "ratio")
