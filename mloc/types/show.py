"""A type as a user would write it, for messages and documentation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from mloc.types.model import Dir, Enum, Field, File, ListOf, MapOf, Metrics, Model, Optional, Record, Row, Scalar, Table, Type, Unknown

# A longer row says less in a message than its first columns do.
SHOWN_MEMBERS = 6


def show(type_: Type, limit: int | None = SHOWN_MEMBERS) -> str:
    """The type in the language's own spelling, a declared one by its name.

    Of a row or record with more members than `limit` the first few stand, then how many more there are; `limit` None shows all.
    """
    match type_:
        case Scalar(name):
            return name
        case Enum(name, _):
            return name
        case Record(fields, name):
            return name or _braces(_fields(fields), limit)
        case ListOf(item):
            return f"list[{show(item, limit)}]"
        case MapOf(value):
            return f"map[str, {show(value, limit)}]"
        case Optional(item):
            return f"{show(item, limit)}?"
        case File(file_format):
            return "File" if file_format is None else f"File[{file_format}]"
        case Dir():
            return "Dir"
        case Table(row, name):
            return name or f"Table{show_row(row, limit)}"
        case Model(kind):
            return "Model" if kind is None else f"Model[{kind}]"
        case Metrics(fields):
            return f"Metrics{_braces(_fields(fields), limit)}"
        case Unknown():
            return "unknown"
        case _:
            assert_never(type_)


def show_row(row: Row, limit: int | None = SHOWN_MEMBERS) -> str:
    """A row in braces: `{id: int, ...R}`."""
    rest = [f"...{row.variable or ''}"] if row.open else []
    return _braces([(c.name, c.type) for c in row.columns], limit, rest)


def _fields(fields: Sequence[Field]) -> list[tuple[str, Type]]:
    return [(f.name, f.type) for f in fields]


def _braces(members: Sequence[tuple[str, Type]], limit: int | None, rest: Sequence[str] = ()) -> str:
    # One member too many is shown as it is: "1 more" would take its place.
    shown = members if limit is None or len(members) <= limit + 1 else members[: limit - 1]
    hidden = len(members) - len(shown)
    parts = [f"{name}: {show(member, limit)}" for name, member in shown]
    more = [f"… {hidden} more"] if hidden else []
    return "{" + ", ".join([*parts, *more, *rest]) + "}"
