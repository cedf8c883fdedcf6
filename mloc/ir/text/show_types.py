"""Types as the printed IR spells them: long and declared ones get a name of their own, defined once at the top."""

from __future__ import annotations

from typing import assert_never

from mloc.ir.text.words import IDENTIFIER, LIMIT, name
from mloc.types.model import (
    Bounds,
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
    Scalar,
    Table,
    Type,
    Unknown,
)

_SHORT = 40
"""What has no name and is not longer than this stands where it is used."""


def domain_text(domain: Domain | None) -> str:
    """` in 1..5`, ` in [1, 2]`, or nothing."""
    match domain:
        case None:
            return ""
        case Bounds(low, high):
            return f" in {low}..{high}"
        case OneOf(members):
            return f" in [{', '.join(members)}]"
        case _:
            assert_never(domain)


class TypeNames:
    """Spells types, and collects the definitions that the spelling needs, inner ones first."""

    def __init__(self) -> None:
        self.definitions: list[str] = []
        # By name too: the name of a record takes no part in equality, and is worth keeping.
        self._aliases: dict[tuple[str, Type], str] = {}
        self._taken: set[str] = set()
        # By id, because hashing a type walks all of it; the value keeps the type alive.
        self._spelled: dict[int, tuple[Type, str]] = {}

    def spell(self, type_: Type) -> str:
        found = self._spelled.get(id(type_))
        if found is None:
            found = (type_, self._spell(type_))
            self._spelled[id(type_)] = found
        return found[1]

    def declared(self, label: str, type_: Type, default: str | None, domain: Domain | None) -> str:
        """`label: type = default in domain`."""
        return f"{label}: {self.spell(type_)}{'' if default is None else f' = {default}'}{domain_text(domain)}"

    def _spell(self, type_: Type) -> str:
        match type_:
            case Scalar(scalar):
                return scalar
            case ListOf(item):
                return f"list[{self.spell(item)}]"
            case MapOf(value):
                return f"map[{self.spell(value)}]"
            case Optional(item):
                return f"{self.spell(item)}?"
            case File(kind):
                return "File" if kind is None else f"File[{name(kind)}]"
            case Model(kind):
                return "Model" if kind is None else f"Model[{name(kind)}]"
            case Dir():
                return "Dir"
            case Unknown():
                return "unknown"
            case Enum() | Record() | Table() | Metrics():
                return self._alias(type_)
            case _:
                assert_never(type_)

    def _alias(self, type_: Enum | Record | Table | Metrics) -> str:
        label = "" if isinstance(type_, Metrics) else type_.name
        if (label, type_) in self._aliases:
            return self._aliases[label, type_]
        head, members = self._parts(type_, label)
        flat = f"{head}{{{', '.join(members)}}}"
        if not label and len(flat) <= _SHORT:
            return flat
        alias = self._free(label)
        self._aliases[label, type_] = alias
        broken = f"{head}{{\n    {f',{chr(10)}    '.join(members)}\n}}"
        self.definitions.append(f"type {alias} = {flat if len(flat) <= LIMIT else broken}")
        return alias

    def _parts(self, type_: Enum | Record | Table | Metrics, label: str) -> tuple[str, list[str]]:
        """The word before the braces, and what stands in them."""
        said = f" {name(label)}" if label else ""
        match type_:
            case Enum(_, members):
                return f"enum{said}", [name(member) for member in members]
            case Record(fields):
                return f"record{said}", [self._field(field) for field in fields]
            case Metrics(fields):
                return "Metrics", [self._field(field) for field in fields]
            case Table(row):
                rest = [f"...{'' if row.variable is None else name(row.variable)}"] if row.open or row.variable is not None else []
                return f"Table{said}", [f"{name(c.name)}: {self.spell(c.type)}" for c in row.columns] + rest
            case _:
                assert_never(type_)

    def _field(self, field: Field) -> str:
        return self.declared(name(field.name), field.type, field.default, field.domain)

    def _free(self, label: str) -> str:
        stem = label if IDENTIFIER.fullmatch(label) else "t"
        number = 1
        alias = f"!{stem}" if stem != "t" else "!t1"
        while alias in self._taken:
            number += 1
            alias = f"!{stem}{'_' if stem != 't' else ''}{number}"
        self._taken.add(alias)
        return alias
