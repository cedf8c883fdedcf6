"""The pipeline's parameters as Airflow Params: JSON schemas that refuse a wrong launch before a run exists."""

from __future__ import annotations

import json
from typing import assert_never

from mloc.emit.python import Code, call, code
from mloc.ir.model import Parameter
from mloc.types.encode import Json
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
from mloc.types.show import show

Schema = dict[str, Json]

_DURATION = "In milliseconds."
_ARTIFACT = "A path that the workers see, or the descriptor of an artifact in the store."
_BOUNDS = {"list": ("minItems", "maxItems"), "map": ("minProperties", "maxProperties"), "number": ("minimum", "maximum")}


def param(parameter: Parameter, standard: str | None) -> Code:
    """The source of a Param with its default, if any. What a JSON schema cannot say (bounds of dates, NaN) the first task checks."""
    default = () if standard is None else (code(plain(parameter.type, json.loads(standard))),)
    about = {"title": f"{parameter.name}: {show(parameter.type)}", **_described(parameter.type, parameter.doc)}
    keywords = {**schema(parameter.type, parameter.domain), **about}
    return call("Param", default, {name: code(value) for name, value in keywords.items()})


def schema(type_: Type, domain: Domain | None = None) -> Schema:
    """The JSON schema of a value as users launch it: like the wire's, but that whole numbers may stand for floats."""
    match type_:
        case Scalar(name):
            return _scalar(name, domain)
        case Enum(_, members):
            return {"type": "string", "enum": [*members], **_domain("string", domain)}
        case Record(fields) | Metrics(fields):
            return _record(fields)
        case ListOf(item):
            return {"type": "array", "items": schema(item), **_domain("list", domain)}
        case MapOf(value):
            return {"type": "object", "additionalProperties": schema(value), **_domain("map", domain)}
        case Optional(item):
            return _nullable(schema(item, domain))
        case File() | Dir() | Table() | Model():
            return {"type": ["string", "object"]}
        case Unknown():
            raise AssertionError("a program with errors is not lowered")
        case _:
            assert_never(type_)


def plain(type_: Type, wire: Json) -> Json:
    """A wire value as users write it: integers as integers."""
    match type_, wire:
        case _, None:
            return None
        case Scalar(), str() if wire.startswith("i:") and type_.name in ("int", "bytes", "duration"):
            return int(wire[2:])
        case Optional(item), _:
            return plain(item, wire)
        case ListOf(item), list():
            return [plain(item, each) for each in wire]
        case MapOf(item), dict():
            return {key: plain(item, each) for key, each in wire.items()}
        case ((Record(fields) | Metrics(fields)), dict()):
            types = {field.name: field.type for field in fields}
            return {key: plain(types[key], each) for key, each in wire.items()}
        case _:
            return wire


def _scalar(name: str, domain: Domain | None) -> Schema:
    match name:
        case "int" | "duration" | "bytes":
            return {"type": "integer", **_domain("number", domain)}
        case "float" | "ratio" if domain is None:
            # Not-a-number and the infinities are texts; a number field of the trigger form takes the first type.
            return {"type": ["number", "string"], "pattern": "^f:(nan|inf|-inf)$"}
        case "float" | "ratio":
            return {"type": "number", **_domain("number", domain)}
        case "bool":
            return {"type": "boolean"}
        case "date":
            return {"type": "string", "format": "date", **_domain("string", domain)}
        case "datetime":
            return {"type": "string", "format": "date-time", **_domain("string", domain)}
        case "null":
            return {"type": "null"}
        case _:
            return {"type": "string", **_domain("string", domain)}


def _record(fields: tuple[Field, ...]) -> Schema:
    properties: Schema = {}
    for field in fields:
        described: Schema = {**schema(field.type, field.domain), **_described(field.type, field.doc)}
        if field.default is not None:
            described["default"] = plain(field.type, json.loads(field.default))
        properties[field.name] = described
    required = [field.name for field in fields if field.default is None]
    return {"type": "object", "properties": properties, **({"required": [*required]} if required else {})}


def _nullable(inner: Schema) -> Schema:
    types = inner["type"]
    with_null: Schema = {"type": [*(types if isinstance(types, list) else [types]), "null"]}
    members = inner.get("enum")
    if isinstance(members, list):
        with_null["enum"] = [*members, None]
    return inner | with_null


def _domain(kind: str, domain: Domain | None) -> Schema:
    match domain:
        case Bounds(low, high) if kind in _BOUNDS:
            least, most = _BOUNDS[kind]
            return {least: _number(low), most: _number(high)}
        case OneOf(members):
            return {"enum": [json.loads(member) for member in members]}
        case _:
            return {}


def _number(text: str) -> Json:
    value = json.loads(text)
    return int(value[2:]) if isinstance(value, str) else value


def _described(type_: Type, doc: str) -> dict[str, Json]:
    """The doc comment, and how a value is written where that is not plain."""
    inner = type_.item if isinstance(type_, Optional) else type_
    how = ""
    if inner == Scalar("duration"):
        how = _DURATION
    elif isinstance(inner, (File, Dir, Table, Model)):
        how = _ARTIFACT
    text = "\n\n".join(part for part in (doc.strip(), how) if part)
    return {"description": text} if text else {}
