"""Types and domains read from their JSON form, as `mloc.types.encode` writes it."""

from __future__ import annotations

from mloc.runner.jsons import BadProgram, as_array, as_object, as_text, as_text_or_none, canonical
from mloc.types.encode import Json
from mloc.types.model import (
    NULL,
    SCALARS,
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

_PLAIN: dict[str, Type] = {**SCALARS, "null": NULL, "dir": Dir()}


def type_of(data: Json) -> Type:
    """The type of a JSON form. Raises BadProgram for anything else."""
    if isinstance(data, str):
        if data not in _PLAIN:
            raise BadProgram(f"unknown type `{data}`")
        return _PLAIN[data]
    match as_object(data, "a type"):
        case {"enum": name, "members": members}:
            return Enum(as_text(name, "an enum's name"), tuple(as_text(m, "a member") for m in as_array(members, "an enum's members")))
        case {"record": fields, "name": name}:
            return Record(_fields(fields), as_text(name, "a record's name"))
        case {"table": columns, "open": is_open, **rest}:
            return Table(Row(_columns(columns), is_open is True, as_text_or_none(rest.get("variable"), "a row variable")))
        case {"metrics": fields}:
            return Metrics(_fields(fields))
        case {"list": item}:
            return ListOf(type_of(item))
        case {"map": value}:
            return MapOf(type_of(value))
        case {"optional": item}:
            return Optional(type_of(item))
        case {"file": kind}:
            return File(as_text_or_none(kind, "a file's format"))
        case {"model": kind}:
            return Model(as_text_or_none(kind, "a model's kind"))
        case _:
            raise BadProgram(f"unknown type {canonical(data)}")


def _fields(data: Json) -> tuple[Field, ...]:
    """Entries `[name, TYPE]` or `[name, TYPE, default text|null, DOMAIN|null]`."""
    found = []
    for entry in as_array(data, "fields"):
        name, type_, default, domain = [*as_array(entry, "a field"), None, None][:4]
        found.append(Field(as_text(name, "a field's name"), type_of(type_), as_text_or_none(default, "a default"), domain_of(domain)))
    return tuple(found)


def _columns(data: Json) -> tuple[Column, ...]:
    entries = [as_array(entry, "a column") for entry in as_array(data, "columns")]
    return tuple(Column(as_text(name, "a column's name"), type_of(type_)) for name, type_ in entries)


def domain_of(data: Json) -> Domain | None:
    """The domain of a JSON form; null is none."""
    match data:
        case None:
            return None
        case {"min": low, "max": high}:
            return Bounds(as_text(low, "a domain's lower end"), as_text(high, "a domain's upper end"))
        case {"one_of": members}:
            return OneOf(tuple(as_text(m, "a domain's member") for m in as_array(members, "a domain's members")))
        case _:
            raise BadProgram(f"unknown domain {canonical(data)}")
