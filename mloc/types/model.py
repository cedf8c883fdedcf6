"""The types of the language: what a value, a column or an artifact may be.

Every type is frozen and hashable.
`Unknown` is the poisoned type of something already reported: it is compatible with everything, so one mistake is one error.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass, field

ScalarName: TypeAlias = Literal["int", "float", "bool", "str", "date", "datetime", "duration", "bytes", "ratio", "null"]


@dataclass(frozen=True, slots=True)
class Scalar:
    """A built-in small value; `null` is the type of the literal `null` alone."""

    name: ScalarName


@dataclass(frozen=True, slots=True)
class Enum:
    """A nominal enumeration; a value is one of `members`, by name."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bounds:
    """An inclusive range (`low..high`); on a list or map it bounds the length. Both ends are canonical JSON text."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class OneOf:
    """A closed choice (`in ["a", "b"]`); members are canonical JSON text."""

    members: tuple[str, ...]


Domain: TypeAlias = Union[Bounds, OneOf]


@dataclass(frozen=True, slots=True)
class Field:
    """A named component of a record or of Metrics.

    `default` is the canonical JSON text of the default value, None when the field is required.
    """

    name: str
    type: Type
    default: str | None = None
    domain: Domain | None = None
    doc: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Record:
    """A structural record; `name` is the declaration it came from, empty for a literal, and takes no part in equality."""

    fields: tuple[Field, ...]
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class ListOf:
    item: Type


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map with text keys."""

    value: Type


@dataclass(frozen=True, slots=True)
class Optional:
    """`item?`; never nested (`T??` is `T?`)."""

    item: Type


@dataclass(frozen=True, slots=True)
class File:
    """One file; `format` None accepts any."""

    format: str | None = None


@dataclass(frozen=True, slots=True)
class Dir:
    """A directory tree."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: Type
    doc: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Row:
    """The columns of a table.

    `open` says that further columns may be there (`...`); `variable` names them (`...R`).
    """

    columns: tuple[Column, ...]
    open: bool = False
    variable: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    row: Row
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model; `kind` names its serialisation (`sklearn`, `xgboost`, `pickle` …), None accepts any."""

    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Metrics:
    """A small record of numbers and flags that engines also show as metrics."""

    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something already reported; compatible with everything."""


Type: TypeAlias = Union[Scalar, Enum, Record, ListOf, MapOf, Optional, File, Dir, Table, Model, Metrics, Unknown]

INT, FLOAT, BOOL, STR = Scalar("int"), Scalar("float"), Scalar("bool"), Scalar("str")
DATE, DATETIME, DURATION = Scalar("date"), Scalar("datetime"), Scalar("duration")
BYTES, RATIO, NULL = Scalar("bytes"), Scalar("ratio"), Scalar("null")
UNKNOWN = Unknown()

SCALARS: dict[str, Scalar] = {s.name: s for s in (INT, FLOAT, BOOL, STR, DATE, DATETIME, DURATION, BYTES, RATIO)}


def optional(item: Type) -> Type:
    """`item?`, collapsing nested optionals."""
    if isinstance(item, (Optional, Unknown)) or item == NULL:
        return item
    return Optional(item)


def is_artifact(type_: Type) -> bool:
    """Whether a value of this type is a file in a store rather than a small value."""
    return isinstance(type_, (File, Dir, Table, Model))


def is_known(type_: Type) -> bool:
    """Whether nothing in a type is Unknown: false for `[]`, of which nothing says what it holds."""
    match type_:
        case Unknown():
            return False
        case Optional(item) | ListOf(item) | MapOf(item):
            return is_known(item)
        case Record(fields) | Metrics(fields):
            return all(is_known(f.type) for f in fields)
        case Table(row):
            return all(is_known(column.type) for column in row.columns)
        case _:
            return True


def holds_artifact(type_: Type) -> bool:
    """Whether a value of this type is, or contains, an artifact."""
    match type_:
        case File() | Dir() | Table() | Model():
            return True
        case Optional(item) | ListOf(item) | MapOf(item):
            return holds_artifact(item)
        case Record(fields):
            return any(holds_artifact(f.type) for f in fields)
        case _:
            return False
