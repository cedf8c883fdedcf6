"""Types and domains as the JSON that the runner and `mloc compile --target ir` read (format: docs/runner.md)."""

from __future__ import annotations

from typing import TypeAlias, Union, assert_never

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

Json: TypeAlias = Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]


def type_json(type_: Type) -> Json:
    """The JSON form of a type. An Unknown never reaches here: a program with errors is not lowered."""
    match type_:
        case Scalar(name):
            return name
        case Enum(name, members):
            return {"enum": name, "members": list(members)}
        case Record(fields, name):
            return {"record": [_field_json(f) for f in fields], "name": name}
        case ListOf(item):
            return {"list": type_json(item)}
        case MapOf(value):
            return {"map": type_json(value)}
        case Optional(item):
            return {"optional": type_json(item)}
        case File(file_format):
            return {"file": file_format}
        case Dir():
            return "dir"
        case Table(row):
            found: dict[str, Json] = {"table": [[c.name, type_json(c.type)] for c in row.columns], "open": row.open}
            return found if row.variable is None else found | {"variable": row.variable}
        case Model(kind):
            return {"model": kind}
        case Metrics(fields):
            return {"metrics": [[f.name, type_json(f.type)] for f in fields]}
        case Unknown():
            raise AssertionError("an unknown type has no JSON form")
        case _:
            assert_never(type_)


def domain_json(domain: Domain | None) -> Json:
    match domain:
        case None:
            return None
        case Bounds(low, high):
            return {"min": low, "max": high}
        case OneOf(members):
            return {"one_of": list(members)}
        case _:
            assert_never(domain)


def _field_json(field: Field) -> Json:
    return [field.name, type_json(field.type), field.default, domain_json(field.domain)]
