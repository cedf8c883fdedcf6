"""Random types, and random constants of them."""

from __future__ import annotations

import json
from random import Random

from mloc.ir.model import Const
from mloc.types.encode import Json
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    RATIO,
    STR,
    Bounds,
    Column,
    Dir,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    Optional,
    Record,
    Row,
    Scalar,
    Table,
    Type,
    holds_artifact,
    optional,
)

SCALARS: tuple[Type, ...] = (INT, FLOAT, BOOL, STR, DATE, DATETIME, DURATION, BYTES, RATIO)
COLOUR = Enum("Colour", ("red", "green", "blue"))
TEXTS = ("", "a", 'a "quoted"\nline', "\\ {x} %d $HOME `id`", "naïve ☃ 𝄞", "null", "#1 | @x -> in 1..2")
_INTS = (0, 1, -1, 7, 2**53, 2**63 - 1, -(2**63))
_FLOATS = (0.0, -0.0, 1.0, 0.1, -2.5, 1e300, 5e-324)


def value_type(random: Random, depth: int = 2) -> Type:
    """A type of small values."""
    kind = random.randrange(8 if depth > 0 else 3)
    if kind < 3:
        return random.choice((*SCALARS, INT, STR, COLOUR))
    if kind == 3:
        return ListOf(value_type(random, depth - 1))
    if kind == 4:
        return MapOf(value_type(random, depth - 1))
    if kind == 5:
        return optional(value_type(random, depth - 1))
    if kind == 6:
        return Metrics((Field("auc", FLOAT), Field("rows", INT)))
    return record(random, depth - 1)


def record(random: Random, depth: int) -> Record:
    fields = [Field(f"f{at}", value_type(random, depth)) for at in range(random.randrange(4))]
    if random.randrange(2):
        fields.append(Field("size", INT, "3", Bounds("1", "9")))
    return Record(tuple(fields), random.choice(("", "Settings", "Pair")))


def artifact_type(random: Random) -> Type:
    kind = random.randrange(4)
    if kind == 0:
        return File(random.choice((None, "csv", "json")))
    if kind == 1:
        return Dir()
    if kind == 2:
        return Model(random.choice((None, "sklearn")))
    columns = tuple(Column(f"c{at}", random.choice((*SCALARS, optional(FLOAT), COLOUR))) for at in range(random.randrange(1, 12)))
    return Table(Row(columns, open=bool(random.randrange(2))), random.choice(("", "Rows")))


def has_constants(type_: Type) -> bool:
    """Whether some constant is of the type: of one that holds artifacts, only an empty one."""
    return isinstance(type_, (Optional, ListOf, MapOf)) or not holds_artifact(type_)


def constant(random: Random, type_: Type) -> Const:
    """A constant in canonical JSON; of an optional artifact, null."""
    return Const(type_, json.dumps(_wire(random, type_), separators=(",", ":"), allow_nan=False))


def _wire(random: Random, type_: Type) -> Json:
    match type_:
        case Scalar(name):
            return _scalar(random, name)
        case Enum(_, members):
            return random.choice(members)
        case ListOf(item):
            return [_wire(random, item) for _ in range(_count(random, item))]
        case MapOf(value):
            return {key: _wire(random, value) for key in sorted({random.choice(TEXTS) for _ in range(_count(random, value))})}
        case Optional(item):
            return _wire(random, item) if has_constants(item) and random.randrange(2) else None
        case Record(fields) | Metrics(fields):
            return {f.name: _wire(random, f.type) if f.domain is None else 5 for f in fields}
        case _:
            raise AssertionError(f"no constant is a {type_}")


def _count(random: Random, type_: Type) -> int:
    return random.randrange(3) if has_constants(type_) else 0


def _scalar(random: Random, name: str) -> Json:
    if name in ("int", "bytes", "duration"):
        number = random.choice(_INTS)
        return number if abs(number) < 2**53 else f"i:{number}"
    if name in ("float", "ratio"):
        return random.choice((*_FLOATS, "f:nan", "f:-inf"))
    if name == "bool":
        return random.randrange(2) == 1
    if name == "null":
        return None
    return {"date": "2024-02-29", "datetime": "2024-02-29T12:00:00Z"}.get(name) or random.choice(TEXTS)
