"""Tables in Python: frames from Parquet files and back, with the columns that were declared."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Protocol

from .codecs import shown_path
from .columns import ArrowSchema, ArrowTable, arrow_type, check_names, conform
from .frames import FRAMES, from_frame, to_pandas
from .hints import is_frame
from .scalars import Invalid
from .types import Table


class _ParquetFile(Protocol):
    """What is used of `pyarrow.parquet.ParquetFile`."""

    schema_arrow: ArrowSchema

    def iter_batches(self) -> Iterable[object]: ...


def load_table(type_: Table, path: Path, hint: object, where: str) -> object:
    """The frame that a parameter is annotated with, with every column of the file; pandas where nothing is annotated."""
    lazy = is_frame(hint, "polars", "LazyFrame")
    if lazy or is_frame(hint, "polars", "DataFrame"):
        frame = _library("polars", where).from_arrow(_read(type_, path, where))
        return frame.lazy() if lazy else frame
    if is_frame(hint, "pyarrow", "Table"):
        return _read(type_, path, where)
    if hint is None or is_frame(hint, "pandas", "DataFrame"):
        return to_pandas(_library("pandas", where), type_, _read(type_, path, where))
    raise Invalid(f"`{where}`: a table cannot be given as {getattr(hint, '__name__', hint)}; annotate it as {FRAMES}")


def save_table(type_: Table, frame: object, where: str, out: Path) -> Path:
    """The Parquet file of a frame that a step returned. Raises Invalid when its columns are not those declared."""
    arrow = _library("pyarrow", where)
    table = conform(arrow, type_, from_frame(arrow, type_, frame, where), where, closed=not type_.open)
    path = _free(out)
    _library("pyarrow.parquet", where).write_table(table, path)
    return path


def check_table(type_: Table, path: Path, where: str, out: Path) -> Path:
    """The path of a Parquet file that a step wrote, or of a copy with the declared types. Raises Invalid as `save_table` does.

    Where pyarrow is not installed only the file's kind can be checked.
    """
    with path.open("rb") as start:
        if start.read(4) != b"PAR1":
            raise Invalid(f"`{where}`: {shown_path(path, out)} is not a Parquet file")
    if importlib.util.find_spec("pyarrow") is None:
        return path
    arrow, parquet = _library("pyarrow", where), _library("pyarrow.parquet", where)
    with ExitStack() as stack:
        try:
            file: _ParquetFile = stack.enter_context(parquet.ParquetFile(path))
        except arrow.ArrowException as error:
            raise Invalid(f"`{where}`: {shown_path(path, out)} is not a Parquet file: {error}") from None
        check_names(type_, file.schema_arrow.names, where, closed=not type_.open)
        given = {field.name: field.type for field in file.schema_arrow}
        if all(given[name] == arrow_type(arrow, kind) for name, kind in type_.columns):
            for _ in _conformed(arrow, type_, file, where):
                pass
            return path
        copy = _free(out)
        schema = conform(arrow, type_, file.schema_arrow.empty_table(), where, closed=not type_.open).schema
        writer = stack.enter_context(parquet.ParquetWriter(copy, schema))
        for table in _conformed(arrow, type_, file, where):
            writer.write_table(table)
        return copy


def _conformed(arrow: ModuleType, type_: Table, file: _ParquetFile, where: str) -> Iterator[ArrowTable]:
    """The checked parts of a file, one after the other because it may be larger than the memory."""
    for batch in file.iter_batches():
        yield conform(arrow, type_, arrow.Table.from_batches([batch]), where, closed=not type_.open)


def _free(out: Path) -> Path:
    """A path for a file of ours, of which there may be many where tables stand in lists."""
    folder = out / "tables"
    folder.mkdir(exist_ok=True)
    return folder / f"{sum(1 for _ in folder.iterdir())}.parquet"


def _library(name: str, where: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name.partition(".")[0]:
            raise
        raise Invalid(
            f"`{where}`: tables need the Python package `{error.name}`, which is not installed here; pathlib.Path needs none"
        ) from None


def _read(type_: Table, path: Path, where: str) -> ArrowTable:
    arrow = _library("pyarrow", where)
    try:
        table: ArrowTable = _library("pyarrow.parquet", where).read_table(path)
    except arrow.ArrowException as error:
        raise Invalid(f"`{where}`: the table cannot be read: {error}") from None
    return conform(arrow, type_, table, where, closed=False)
