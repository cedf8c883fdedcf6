"""The columns of a file: their names, and the narrowest types that hold what is in them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from mloc import patterns
from mloc.frozen import dataclass, field

if TYPE_CHECKING:
    import pyarrow

_SAMPLE = 1 << 16
_INT = patterns.of(r"[+-]?(0|[1-9]\d{0,18})", re.ASCII)
_FLOAT = patterns.of(r"[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|nan|NaN|inf|Infinity)", re.ASCII)
_PADDED = patterns.of(r"[+-]?0\d")


class UnreadableTable(Exception):
    """A file that is no table; the message reads on from its name."""


@dataclass(frozen=True, slots=True)
class Found:
    """A column; without a type, `why` names what it holds. `null` is a text without which its type would be narrower."""

    name: str
    type: str | None
    why: str = ""
    null: str | None = None


def _is_bool(text: str) -> bool:
    return text in ("true", "false", "True", "False", "TRUE", "FALSE")


def _is_int(text: str) -> bool:
    return _INT.fullmatch(text) is not None and -(2**63) <= int(text) < 2**63


def _is_float(text: str) -> bool:
    # A number with zeros before it is a code: the zeros would be lost.
    return _FLOAT.fullmatch(text) is not None and _PADDED.match(text) is None


def _is_date(text: str) -> bool:
    return len(text) == 10 and _reads(date.fromisoformat, text)


def _is_datetime(text: str) -> bool:
    return len(text) >= 16 and text[10:11] in ("T", " ") and _reads(datetime.fromisoformat, text)


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


# What other programs write for a null; here it is text unless the user says otherwise.
_MARKERS = frozenset({"NA", "N/A", "n/a", "#N/A", "NULL", "null", "None", "NaT", "-"})
# From narrow to wide, but each by itself: what fits none of them is text.
_KINDS: dict[str, Callable[[str], bool]] = {
    "bool": _is_bool,
    "int": _is_int,
    "float": _is_float,
    "date": _is_date,
    "datetime": _is_datetime,
}


@dataclass(slots=True)
class _Column:
    """What a column can still be after the cells seen so far; `marker` is one that other programs take for null."""

    name: str
    possible: list[str] = field(default_factory=lambda: list(_KINDS))
    has_null: bool = False
    has_value: bool = False
    marker: str | None = None

    def see(self, cell: str, nulls: frozenset[str]) -> None:
        if cell in nulls:
            self.has_null = True
        elif cell in _MARKERS:
            self.marker = cell
        else:
            self.has_value = True
            if self.possible:
                self.possible = [kind for kind in self.possible if _KINDS[kind](cell)]

    @property
    def found(self) -> Found:
        kind = self.possible[0] if self.possible and self.has_value and self.marker is None else "str"
        null = self.marker if self.possible and self.has_value else None
        return Found(self.name, f"{kind}?" if self.has_null or not (self.has_value or self.marker) else kind, null=null)


def csv_columns(path: Path, rows: int | None, nulls: frozenset[str]) -> list[Found]:
    """The columns of a CSV file by its first `rows` rows, or all of them; `nulls` are the cells that stand for null.

    Raises UnreadableTable or OSError.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        try:
            sample = file.read(_SAMPLE)
            file.seek(0)
            return _scan(csv.reader(file, _dialect(sample), strict=True), rows, nulls)
        except UnicodeDecodeError as error:
            raise UnreadableTable(f"is not UTF-8 text (byte {error.start})") from None
        except csv.Error as error:
            raise UnreadableTable(f"is not CSV: {error}") from None


def _dialect(sample: str) -> type[csv.Dialect]:
    header = sample.partition("\n")[0]

    class Dialect(csv.excel):
        delimiter = max(",;\t|", key=header.count)

    return Dialect


def _scan(reader: Iterator[list[str]], rows: int | None, nulls: frozenset[str]) -> list[Found]:
    header = next(reader, None)
    if not header:
        raise UnreadableTable("is empty: its first line should name the columns")
    twice = {name for name in header if header.count(name) > 1}
    if twice:
        raise UnreadableTable(f"has several columns named {', '.join(f'`{name}`' for name in sorted(twice))}")
    columns = [_Column(name) for name in header]
    for number, row in enumerate(islice(reader, rows), start=1):
        if len(row) > len(columns):
            raise UnreadableTable(f"row {number} has {len(row)} cells, and there are {len(columns)} columns")
        for at, column in enumerate(columns):
            column.see(row[at] if at < len(row) else "", nulls)
    return [column.found for column in columns]


def parquet_columns(path: Path) -> list[Found]:
    """The columns of a Parquet file; one of which the file says that it has no nulls is not nullable. Raises UnreadableTable or OSError."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UnreadableTable("Parquet is read by pyarrow, which is not installed: pip install pyarrow") from None
    try:
        file = parquet.ParquetFile(path)
    except pyarrow.ArrowInvalid as error:
        raise UnreadableTable(f"is not Parquet: {error}") from None
    metadata = file.metadata
    groups = [metadata.row_group(at) for at in range(metadata.num_row_groups)]
    nulls: dict[str, bool] = {}
    for group in groups:
        for at in range(group.num_columns):
            chunk = group.column(at)
            known = chunk.statistics is not None and chunk.statistics.has_null_count
            nulls[chunk.path_in_schema] = nulls.get(chunk.path_in_schema, False) or not known or chunk.statistics.null_count > 0
    # pandas keeps a frame's index as a column, which steps do not see.
    fields = [field for field in file.schema_arrow if not field.name.startswith("__index_level_")]
    return [_arrow(field.name, field.type, field.nullable and nulls.get(field.name, True)) for field in fields]


def _arrow(name: str, type_: pyarrow.DataType, has_nulls: bool) -> Found:
    from pyarrow import types

    if types.is_dictionary(type_):
        return _arrow(name, type_.value_type, has_nulls)
    kinds = {
        "bool": types.is_boolean,
        "int": types.is_integer,
        "float": types.is_floating,
        "str": lambda t: types.is_string(t) or types.is_large_string(t),
        "date": types.is_date,
        "datetime": types.is_timestamp,
        "duration": types.is_duration,
    }
    kind = next((kind for kind, holds in kinds.items() if holds(type_)), None)
    return Found(name, None, str(type_)) if kind is None else Found(name, f"{kind}?" if has_nulls else kind)
