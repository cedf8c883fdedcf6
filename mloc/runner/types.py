"""The types and domains of a program, read from their JSON form (docs/runner.md) and written back to it.

Tuples with names, here and in `program`, because the library for data classes takes as long to load as all of the child's own code.
"""

from __future__ import annotations

from typing import NamedTuple, Union

from .jsons import BadProgram, Json, as_array, as_object, as_text, as_text_or_none, canonical

SCALARS = ("int", "float", "bool", "str", "date", "datetime", "duration", "bytes", "ratio", "null")


class Scalar(NamedTuple):
    name: str


class Enum(NamedTuple):
    name: str
    members: tuple[str, ...]


class Range(NamedTuple):
    """Inclusive; both ends are canonical JSON text of the type, of an int where they bound a length."""

    low: str
    high: str


class OneOf(NamedTuple):
    """A closed choice of canonical JSON texts."""

    members: tuple[str, ...]


Domain = Union[Range, OneOf]


class Field(NamedTuple):
    """`default` is canonical JSON text, None when the field is required."""

    name: str
    type: Type
    default: str | None = None
    domain: Domain | None = None


class Record(NamedTuple):
    fields: tuple[Field, ...]
    name: str = ""


class ListOf(NamedTuple):
    item: Type


class MapOf(NamedTuple):
    value: Type


class Optional(NamedTuple):
    item: Type


class File(NamedTuple):
    format: str | None = None


class Dir(NamedTuple):
    pass


class Table(NamedTuple):
    """`open` says that further columns may be there."""

    columns: tuple[tuple[str, Type], ...]
    open: bool = False


class Model(NamedTuple):
    kind: str | None = None


class Metrics(NamedTuple):
    fields: tuple[Field, ...]


Type = Union[Scalar, Enum, Record, ListOf, MapOf, Optional, File, Dir, Table, Model, Metrics]
ARTIFACTS = (File, Dir, Table, Model)

STR = Scalar("str")


def parse_type(data: Json) -> Type:
    """The type of a JSON form. Raises BadProgram for a form this runner does not know."""
    if isinstance(data, str):
        if data == "dir":
            return Dir()
        if data in SCALARS:
            return Scalar(data)
        raise BadProgram(f"unknown type `{data}`")
    form = as_object(data, "a type")
    if "enum" in form:
        members = as_array(form["members"], "an enum's members")
        return Enum(as_text(form["enum"], "an enum's name"), tuple(as_text(member, "an enum's member") for member in members))
    if "record" in form:
        return Record(_fields(form["record"]), as_text(form.get("name", ""), "a record's name"))
    if "table" in form:
        return Table(_columns(form["table"]), form.get("open") is True)
    if "metrics" in form:
        return Metrics(_fields(form["metrics"]))
    return _wrapper(form)


def _wrapper(form: dict[str, Json]) -> Type:
    if "list" in form:
        return ListOf(parse_type(form["list"]))
    if "map" in form:
        return MapOf(parse_type(form["map"]))
    if "optional" in form:
        return Optional(parse_type(form["optional"]))
    if "file" in form:
        return File(as_text_or_none(form["file"], "a file's format"))
    if "model" in form:
        return Model(as_text_or_none(form["model"], "a model's kind"))
    raise BadProgram(f"unknown type {canonical(form)}")


def _fields(data: Json) -> tuple[Field, ...]:
    return tuple(_field(as_array(entry, "a field")) for entry in as_array(data, "fields"))


def _field(entry: list[Json]) -> Field:
    """`[name, TYPE]` or `[name, TYPE, default text|null, DOMAIN|null]`."""
    name, type_, default, domain = [*entry, None, None][:4]
    return Field(as_text(name, "a field's name"), parse_type(type_), as_text_or_none(default, "a default"), parse_domain(domain))


def _columns(data: Json) -> tuple[tuple[str, Type], ...]:
    entries = [as_array(entry, "a column") for entry in as_array(data, "columns")]
    return tuple((as_text(name, "a column's name"), parse_type(type_)) for name, type_ in entries)


def parse_domain(data: Json) -> Domain | None:
    """The domain of a JSON form; null is none."""
    if data is None:
        return None
    form = as_object(data, "a domain")
    if "one_of" in form:
        return OneOf(tuple(as_text(m, "a domain's member") for m in as_array(form["one_of"], "a domain's members")))
    return Range(as_text(form.get("min"), "a domain's lower end"), as_text(form.get("max"), "a domain's upper end"))


def type_json(type_: Type) -> Json:
    """The JSON form of a type, as a descriptor carries it."""
    if isinstance(type_, Scalar):
        return type_.name
    if isinstance(type_, Dir):
        return "dir"
    if isinstance(type_, Enum):
        return {"enum": type_.name, "members": list(type_.members)}
    if isinstance(type_, Record):
        return {"record": [[f.name, type_json(f.type), f.default, _domain_json(f.domain)] for f in type_.fields], "name": type_.name}
    if isinstance(type_, Metrics):
        return {"metrics": [[f.name, type_json(f.type)] for f in type_.fields]}
    if isinstance(type_, Table):
        return {"table": [[name, type_json(column)] for name, column in type_.columns], "open": type_.open}
    if isinstance(type_, ListOf):
        return {"list": type_json(type_.item)}
    if isinstance(type_, MapOf):
        return {"map": type_json(type_.value)}
    if isinstance(type_, Optional):
        return {"optional": type_json(type_.item)}
    return {"file": type_.format} if isinstance(type_, File) else {"model": type_.kind}


def _domain_json(domain: Domain | None) -> Json:
    if domain is None:
        return None
    if isinstance(domain, OneOf):
        return {"one_of": list(domain.members)}
    return {"min": domain.low, "max": domain.high}


def show_type(type_: Type) -> str:
    """A type as the language writes it, for messages: `list[int]?`, `Table{id: int, …}`."""
    if isinstance(type_, Scalar):
        return type_.name
    if isinstance(type_, Enum):
        return type_.name
    if isinstance(type_, Optional):
        return f"{show_type(type_.item)}?"
    if isinstance(type_, ListOf):
        return f"list[{show_type(type_.item)}]"
    if isinstance(type_, MapOf):
        return f"map[str, {show_type(type_.value)}]"
    if isinstance(type_, Record):
        return type_.name or f"{{{', '.join(f'{f.name}: {show_type(f.type)}' for f in type_.fields)}}}"
    if isinstance(type_, Metrics):
        return f"Metrics{{{', '.join(f'{f.name}: {show_type(f.type)}' for f in type_.fields)}}}"
    if isinstance(type_, Table):
        columns = [f"{name}: {show_type(column)}" for name, column in type_.columns] + ["..."] * type_.open
        return f"Table{{{', '.join(columns)}}}"
    if isinstance(type_, Dir):
        return "Dir"
    if isinstance(type_, File):
        return f"File[{type_.format}]" if type_.format else "File"
    return f"Model[{type_.kind}]" if type_.kind else "Model"


def base_type(type_: Type) -> Type:
    """`T` of `T?`, and any other type itself."""
    return type_.item if isinstance(type_, Optional) else type_
