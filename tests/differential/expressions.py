"""Random expressions of the language, of a wanted type, over the names in scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from mloc.types.model import BOOL, BYTES, DATE, DATETIME, DURATION, FLOAT, INT, STR, Enum, ListOf, MapOf, Optional, Record, Scalar, Type
from tests.differential import constants


@dataclass(frozen=True, slots=True)
class Known:
    """A path that has a value: `made.p`. It may be not null where its type would allow that: then `type` says so."""

    text: str
    type: Type


class Expressions:
    """Makes expressions; `risk` is the chance of an operation that may fail, wherever there is one."""

    def __init__(self, rng: Random, risk: float) -> None:
        self.rng = rng
        self.risk = risk
        self.locals = 0

    def has(self, type_: Type, known: Sequence[Known]) -> bool:
        """Whether there can be an expression of the type: of a file only where there is one."""
        return type_ != constants.FILE or any(have == type_ for _, have in _paths(known))

    def of(self, type_: Type, known: Sequence[Known], depth: int = 2) -> str:
        """An expression that can stand where the type is wanted."""
        rng = self.rng
        paths = [text for text, have in _paths(known) if have == type_ or Optional(have) == type_]
        if paths and rng.random() < 0.6:
            return rng.choice(paths)
        if type_ == constants.FILE:
            return rng.choice(paths)
        if depth <= 0 or rng.random() < 0.2:
            return constants.written(type_, constants.value(type_, rng))
        way = rng.random()
        if way < 0.08:
            return f"({self.of(type_, known, depth - 1)} if {self.condition(known, depth - 1)} else {self.of(type_, known, depth - 1)})"
        optional = [text for text, have in _paths(known) if have == Optional(type_)]
        if optional and way < 0.5:
            return f"({rng.choice(optional)} ?? {self.of(type_, known, depth - 1)})"
        if way < 0.6 and rng.random() < self.risk:
            found = self.indexed(type_, known, depth)
            if found:
                return found
        return self.built(type_, known, depth)

    def indexed(self, type_: Type, known: Sequence[Known], depth: int) -> str:
        """An element of a list or map, which need not have it; nothing where there is none of the type."""
        ways = [
            f"{text}[{self.rng.choice(('0', '0', '1', self.of(INT, known, depth - 1)))}]"
            for text, have in _paths(known)
            if have == ListOf(type_)
        ]
        ways += [f"{text}[{self.of(STR, known, 0)}]" for text, have in _paths(known) if have == MapOf(type_)]
        return self.rng.choice(ways) if ways else ""

    def built(self, type_: Type, known: Sequence[Known], depth: int) -> str:
        rng = self.rng
        match type_:
            case Optional(item):
                return "null" if rng.random() < 0.2 or not self.has(item, known) else self.of(item, known, depth - 1)
            case ListOf(item):
                return self.list_of(item, known, depth)
            case MapOf(item):
                keys = rng.sample(("a", "b c", "é", '"q"', ""), rng.choice((0, 1, 2)))
                return "{" + ", ".join(f"{constants.quoted(key)}: {self.of(item, known, depth - 1)}" for key in keys) + "}"
            case Record(fields, name):
                given = [field for field in fields if field.default is None or rng.random() < 0.6]
                return f"{name}(" + ", ".join(f"{field.name}={self.of(field.type, known, depth - 1)}" for field in given) + ")"
            case Enum(name, members):
                return f"{name}.{rng.choice(members)}"
            case _:
                return self.scalar(type_, known, depth)

    def list_of(self, item: Type, known: Sequence[Known], depth: int) -> str:
        sources = [(text, have.item) for text, have in _paths(known) if isinstance(have, ListOf)]
        if sources and self.rng.random() < 0.6 and self.has(item, known):
            source, inner = self.rng.choice(sources)
            self.locals += 1
            local = f"each{self.locals}"
            names = [*known, Known(local, inner)]
            condition = f" if {self.condition(names, 1)}" if self.rng.random() < 0.3 else ""
            return f"[{self.of(item, names, depth - 1)} for {local} in {source}{condition}]"
        count = constants.length(self.rng) if self.has(item, known) else 0
        return "[" + ", ".join(self.of(item, known, depth - 1) for _ in range(count)) + "]"

    def scalar(self, type_: Type, known: Sequence[Known], depth: int) -> str:
        rng = self.rng

        def part(wanted: Type) -> str:
            return self.of(wanted, known, depth - 1)

        small = rng.choice(("1", "2", "3", "7", "-2", "10"))
        if type_ == INT:
            ways = [f"({part(INT)} % {small})", f"({part(INT)} % 5 + {small})", f"(-({part(INT)} % 100))", f"({part(INT)} % 9 * {small})"]
            if rng.random() < self.risk:
                ways = [f"({part(INT)} {op} {part(INT)})" for op in "+-*%"]
            return rng.choice(ways)
        if type_ == FLOAT:
            ways = [f"({part(FLOAT)} {op} {part(FLOAT)})" for op in "+-*"] + [f"({part(INT)} / {small})", f"(-{part(FLOAT)})", part(INT)]
            return rng.choice([*ways, f"({part(FLOAT)} / {part(INT)})"] if rng.random() < self.risk else ways)
        if type_ == BOOL:
            return self.condition(known, depth)
        if type_ == STR:
            return self.text(known, depth)
        if type_ == DURATION:
            return f"({part(DURATION)} + {rng.choice(('5min', '1ms', '2h'))})"
        assert type_ in (DATE, DATETIME, BYTES), type_
        return constants.written(type_, constants.value(type_, rng))

    def text(self, known: Sequence[Known], depth: int) -> str:
        if self.rng.random() < 0.3:
            return f"({self.of(STR, known, depth - 1)} + {self.of(STR, known, depth - 1)})"
        paths = [text for text, have in _paths(known) if isinstance(have.item if isinstance(have, Optional) else have, (Scalar, Enum))]
        return 'f"' + "".join(self.part(paths) for _ in range(self.rng.choice((1, 2, 3)))) + '"'

    def part(self, paths: Sequence[str]) -> str:
        """A part of an f-string: a value, or text."""
        if paths and self.rng.random() < 0.6:
            return "{" + self.rng.choice(paths) + "}"
        return constants.quoted(constants.text(self.rng), escaped="{}")[1:-1]

    def condition(self, known: Sequence[Known], depth: int) -> str:
        """A bool; `== null` and its like among them."""
        rng = self.rng
        paths = _paths(known)
        optional = [text for text, have in paths if isinstance(have, Optional)]
        flags = [text for text, have in paths if have == BOOL]
        way = rng.random()
        if optional and way < 0.35:
            return f"({rng.choice(optional)} {rng.choice(('==', '!='))} null)"
        if flags and way < 0.6:
            return rng.choice(flags) if rng.random() < 0.7 else f"(not {rng.choice(flags)})"
        if depth > 0 and way < 0.7:
            return f"({self.condition(known, depth - 1)} {rng.choice(('and', 'or'))} {self.condition(known, depth - 1)})"
        type_ = rng.choice([have for _, have in paths if have in (INT, FLOAT, STR, DATE, DATETIME, DURATION, BYTES)] or [INT])
        op = rng.choice(("==", "!=", "<", "<=", ">", ">="))
        left, right = self.of(type_, known, depth - 1), self.of(type_, known, 0)
        return f"({left} {op} {right})"


def _paths(known: Sequence[Known]) -> list[tuple[str, Type]]:
    """Every path that has a value: the names, and the fields of those that are records."""
    found = [(each.text, each.type) for each in known]
    for text, type_ in found:
        if isinstance(type_, Record):
            # The list grows while it is gone through, so that the fields of fields are found.
            found += [(f"{text}.{field.name}", field.type) for field in type_.fields]
    return found
