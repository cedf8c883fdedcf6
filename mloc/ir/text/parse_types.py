"""Reads types, domains and declared names from the printed IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from mloc.ir.text.cursor import Cursor
from mloc.types.model import (
    NULL,
    SCALARS,
    UNKNOWN,
    Bounds,
    Column,
    Dir,
    Domain,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    OneOf,
    Optional,
    Record,
    Row,
    Table,
    Type,
)

Aliases = dict[str, Type]
Item = TypeVar("Item")

_PLAIN: dict[str, Type] = {**SCALARS, "null": NULL, "Dir": Dir(), "unknown": UNKNOWN}


def parse_type(cursor: Cursor, aliases: Aliases) -> Type:
    type_ = _base(cursor, aliases)
    while cursor.touching("?"):
        type_ = Optional(type_)
    return type_


def _base(cursor: Cursor, aliases: Aliases) -> Type:
    if cursor.accept("!"):
        alias = cursor.name()
        if alias not in aliases:
            raise cursor.wrong(f"there is no type `!{alias}` above")
        return aliases[alias]
    word = cursor.name()
    match word:
        case "list":
            return ListOf(_inside(cursor, aliases))
        case "map":
            return MapOf(_inside(cursor, aliases))
        case "File":
            return File(_kind(cursor))
        case "Model":
            return Model(_kind(cursor))
        case "enum" | "record" | "Table" | "Metrics":
            return _braced(cursor, aliases, word)
        case _ if word in _PLAIN:
            return _PLAIN[word]
        case _:
            raise cursor.wrong(f"there is no type `{word}`")


def _inside(cursor: Cursor, aliases: Aliases) -> Type:
    cursor.expect("[")
    type_ = parse_type(cursor, aliases)
    cursor.expect("]")
    return type_


def _kind(cursor: Cursor) -> str | None:
    if not cursor.touching("["):
        return None
    kind = cursor.name()
    cursor.expect("]")
    return kind


def _braced(cursor: Cursor, aliases: Aliases, word: str) -> Type:
    label = ""
    if not cursor.accept("{"):
        label = cursor.name()
        cursor.expect("{")
    if word == "enum":
        return Enum(label, tuple(listed(cursor, "}", cursor.name)))
    if word == "Table":
        return Table(_row(cursor, aliases), label)
    fields = tuple(listed(cursor, "}", lambda: Field(*declared(cursor, aliases))))
    return Record(fields, label) if word == "record" else Metrics(fields)


def _row(cursor: Cursor, aliases: Aliases) -> Row:
    columns: list[Column] = []
    variable: list[str | None] = []

    def member() -> None:
        if cursor.accept("..."):
            ends = cursor.accept("}")
            variable.append(None if ends else cursor.name())
            cursor.at -= 1 if ends else 0
            return
        label = cursor.name()
        cursor.expect(":")
        columns.append(Column(label, parse_type(cursor, aliases)))

    listed(cursor, "}", member)
    return Row(tuple(columns), open=bool(variable), variable=variable[0] if variable else None)


def listed(cursor: Cursor, close: str, item: Callable[[], Item]) -> list[Item]:
    """Items separated by commas, up to the closing bracket."""
    found: list[Item] = []
    while not cursor.accept(close):
        if found:
            cursor.expect(",")
        found.append(item())
    return found


def declared(cursor: Cursor, aliases: Aliases) -> tuple[str, Type, str | None, Domain | None]:
    """`name: type = default in domain`."""
    label = cursor.name()
    cursor.expect(":")
    type_ = parse_type(cursor, aliases)
    default = cursor.json() if cursor.accept("=") else None
    return label, type_, default, domain(cursor)


def domain(cursor: Cursor) -> Domain | None:
    """`in 1..5` or `in [1, 2]`; None when there is none."""
    if not cursor.accept("in"):
        return None
    if cursor.accept("["):
        return OneOf(tuple(listed(cursor, "]", cursor.json)))
    low = cursor.json()
    cursor.expect("..")
    return Bounds(low, cursor.json())
