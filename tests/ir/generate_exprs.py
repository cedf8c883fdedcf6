"""Random expressions of a wanted type over the values in sight."""

from __future__ import annotations

from random import Random

from mloc.ir.model import (
    Arith,
    Choose,
    Coalesce,
    Compare,
    Expr,
    Format,
    Get,
    Index,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Project,
    Widen,
)
from mloc.types.model import (
    BOOL,
    DURATION,
    FLOAT,
    INT,
    NULL,
    STR,
    Field,
    ListOf,
    MapOf,
    Metrics,
    Optional,
    Record,
    Scalar,
    Type,
    holds_artifact,
    optional,
)
from tests.ir.generate_types import TEXTS, constant, has_constants, value_type


def expression(random: Random, type_: Type, sight: list[Expr], depth: int = 3) -> Expr | None:
    """An expression of the type; None when only a value of a run can have it and none is in sight."""
    seen = [value for value in sight if value.type == type_]
    if seen and (depth <= 0 or random.randrange(3) == 0):
        return random.choice(seen)
    if holds_artifact(type_):
        return _of_artifacts(random, type_, seen, sight)
    if depth <= 0 or random.randrange(4) == 0:
        return constant(random, type_)
    return _Builder(random, sight, depth - 1).of(type_)


def _of_artifacts(random: Random, type_: Type, seen: list[Expr], sight: list[Expr]) -> Expr | None:
    lists = [value for value in sight if value.type == ListOf(type_)]
    if lists and random.randrange(2):
        return Index(type_, random.choice(lists), constant(random, INT))
    if seen:
        return random.choice(seen)
    return constant(random, type_) if has_constants(type_) else None


class _Builder:
    def __init__(self, random: Random, sight: list[Expr], depth: int) -> None:
        self.random, self.sight, self.depth = random, sight, depth

    def part(self, type_: Type) -> Expr:
        return expression(self.random, type_, self.sight, self.depth) or constant(self.random, type_)

    def of(self, type_: Type) -> Expr:
        general = self.random.randrange(8)
        if general == 0:
            return Choose(type_, self.part(BOOL), self.part(type_), self.part(type_))
        if general == 1:
            return Coalesce(type_, self.part(optional(type_)), self.part(type_))
        if general == 2:
            return self.element(type_)
        if general == 3:
            record = Record((Field("kept", type_), Field("dropped", INT)))
            return Get(type_, MakeRecord(record, (("kept", self.part(type_)), ("dropped", self.part(INT)))), "kept")
        return self.special(type_)

    def element(self, type_: Type) -> Expr:
        if self.random.randrange(2):
            return Index(type_, self.part(MapOf(type_)), self.part(STR))
        return Index(type_, self.part(ListOf(type_)), self.part(INT))

    def special(self, type_: Type) -> Expr:
        match type_:
            case Scalar("bool"):
                return self.truth()
            case Scalar("int" | "float" | "duration" | "bytes" | "str"):
                return self.scalar(type_)
            case Optional(item):
                return Widen(type_, self.part(item))
            case ListOf(item):
                return self.list(type_, item)
            case MapOf(value):
                keys = sorted({self.random.choice(TEXTS) for _ in range(self.random.randrange(3))})
                return MakeMap(type_, tuple((key, self.part(value)) for key in keys))
            case Record(fields) | Metrics(fields):
                return MakeRecord(type_, tuple((f.name, self.part(f.type)) for f in fields))
            case _:
                return constant(self.random, type_)

    def list(self, type_: ListOf, item: Type) -> Expr:
        if self.random.randrange(2):
            return MakeList(type_, tuple(self.part(item) for _ in range(self.random.randrange(3))))
        source_item = value_type(self.random, 1)
        source = self.part(ListOf(source_item))
        name = self.random.choice(("x", "each", "yield_"))
        # The inner variable hides an outer one of the same name.
        outer = [value for value in self.sight if not (isinstance(value, Local) and value.name == name)]
        inner = _Builder(self.random, [*outer, Local(source_item, name)], self.depth - 1)
        return Project(type_, name, source, inner.part(item), inner.part(BOOL) if self.random.randrange(2) else None)

    def truth(self) -> Expr:
        kind = self.random.randrange(4)
        if kind == 0:
            return Not(BOOL, self.part(BOOL))
        if kind == 1:
            return Logic(BOOL, self.random.choice(("and", "or")), self.part(BOOL), self.part(BOOL))
        if kind == 2:
            return Compare(BOOL, self.random.choice(("==", "!=")), self.part(optional(INT)), constant(self.random, NULL))
        type_ = self.random.choice((INT, FLOAT, STR, DURATION))
        return Compare(BOOL, self.random.choice(("==", "!=", "<", "<=", ">", ">=")), self.part(type_), self.part(type_))

    def scalar(self, type_: Type) -> Expr:
        if type_ == STR:
            return self.text()
        if type_ == FLOAT:
            if self.random.randrange(3) == 0:
                return Widen(FLOAT, self.part(INT))
            if self.random.randrange(3) == 0:
                return Arith(FLOAT, "/", self.part(INT), self.part(INT))
        if type_ in (INT, FLOAT):
            return Arith(type_, self.random.choice(("+", "-", "*", "%")) if type_ == INT else "+", self.part(type_), self.part(type_))
        if type_ == DURATION and self.random.randrange(3) == 0:
            return Arith(type_, "-", None, self.part(type_))
        if self.random.randrange(3) == 0:
            return Arith(type_, "*", self.part(INT), self.part(type_))
        return Arith(type_, self.random.choice(("+", "-")), self.part(type_), self.part(type_))

    def text(self) -> Expr:
        if self.random.randrange(3) == 0:
            return Arith(STR, "+", self.part(STR), self.part(STR))
        return Format(STR, tuple(self.piece() for _ in range(self.random.randrange(4))))

    def piece(self) -> str | Expr:
        return self.random.choice(TEXTS) if self.random.randrange(2) else self.part(self.random.choice((INT, STR, FLOAT, BOOL)))
