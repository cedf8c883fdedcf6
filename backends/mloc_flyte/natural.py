"""Which types the pipeline's own inputs and outputs have in Flyte: the natural one where Flyte keeps every value, else JSON text."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_never

from mloc.emit.python import Bracket, Code, call, code, literal
from mloc.ir.model import Parameter, Result
from mloc.runner.jsons import parse
from mloc.runner.scalars import Value
from mloc.runner.types import parse_type
from mloc.runner.values import decode_text
from mloc.types.encode import type_json
from mloc.types.model import Dir, Enum, File, ListOf, MapOf, Metrics, Model, Optional, Record, Scalar, Table, Type, Unknown

from .settings import duration

JSON = "str"

_SCALARS = {
    "int": "int",
    "float": "float",
    "bool": "bool",
    "str": "str",
    "date": "date",
    "datetime": "datetime",
    "duration": "timedelta",
    "bytes": "int",
    "ratio": "float",
}


def annotation(type_: Type) -> str | None:
    """The Python annotation of a type that Flyte keeps exactly; None when a value travels as JSON text."""
    match type_:
        case Scalar(name):
            return _SCALARS.get(name)
        case Enum():
            return "str"
        case Optional(item):
            inner = annotation(item)
            return None if inner is None else f"{inner} | None"
        case ListOf(item):
            inner = annotation(item)
            return None if inner is None else f"list[{inner}]"
        case MapOf(value):
            inner = annotation(value)
            return None if inner is None else f"dict[str, {inner}]"
        case Record() | Metrics() | File() | Dir() | Table() | Model() | Unknown():
            return None
        case _:
            assert_never(type_)


def parameter_annotation(parameter: Parameter) -> str | None:
    """Like `annotation`, for a parameter.

    Flyte takes a missing optional for null, so an optional that must be given travels as text; a file may be a FlyteFile.
    """
    match parameter.type:
        case Optional() if parameter.default is None:
            return None
        case File() | Table():
            return "FlyteFile"
        case Dir():
            return "FlyteDirectory"
        case _:
            return annotation(parameter.type)


def result_annotation(result: Result) -> str | None:
    """Like `annotation`, for an output of the pipeline."""
    return "FlyteFile" if isinstance(result.type, (File, Table)) else annotation(result.type)


def default_code(parameter: Parameter) -> Code | None:
    """The default of a parameter as Python, in the form its annotation asks for; None when the parameter is required."""
    if parameter.default is None:
        return None
    if parameter_annotation(parameter) is None:
        return default_text(parameter)
    value = decode_text(parse_type(type_json(parameter.type)), parameter.default, parameter.name)
    return _value_code(parameter.type, value)


def default_text(parameter: Parameter) -> Code:
    """Code for the canonical JSON text of a default."""
    return call("mloc.text", [code(parse(parameter.default or ""))])


def _value_code(type_: Type, value: Value) -> Code:
    match type_, value:
        case Optional(), None:
            return "None"
        case Optional(item), _:
            return _value_code(item, value)
        case ListOf(item), list():
            return Bracket("[", tuple(("", _value_code(item, one)) for one in value), "]")
        case MapOf(item), dict():
            return Bracket("{", tuple((f"{literal(key)}: ", _value_code(item, one)) for key, one in value.items()), "}")
        case Scalar("duration"), int():
            return duration(value)
        case _, datetime():
            fields = [value.year, value.month, value.day, value.hour, value.minute, value.second, value.microsecond]
            return call("datetime", [literal(field) for field in fields], {"tzinfo": "timezone.utc"})
        case _, date():
            return call("date", [literal(field) for field in (value.year, value.month, value.day)])
        case _, (None | bool() | int() | float() | str()):
            return code(value)
        case _:
            raise AssertionError(f"no literal for a {type(value).__name__} as {type_}")
