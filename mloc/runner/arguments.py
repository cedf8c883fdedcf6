"""A step's inputs as Python objects, each in the form that its annotation asks for."""

from __future__ import annotations

import enum
from datetime import timedelta
from typing import Callable

from .artifacts import local_path
from .codecs import load_artifact
from .hints import build, fields_of, hints_of, item_hint, origin_of, plain_hint, value_hint
from .jsons import Json
from .scalars import Invalid, Value
from .types import ARTIFACTS, Enum, ListOf, MapOf, Metrics, Record, Scalar, Type, base_type
from .values import as_json

_COLLECTIONS: dict[object, Callable[[list[object]], object]] = {tuple: tuple, set: set, frozenset: frozenset}


def to_python(type_: Type, value: Value, hint: object, where: str) -> object:
    """A value as the annotation asks for it; without one, in the plain form of its type. Raises Invalid when it cannot be given so."""
    type_ = base_type(type_)
    if value is None:
        return None
    if isinstance(type_, ARTIFACTS) and isinstance(value, dict):
        descriptor: dict[str, Json] = {key: as_json(item) for key, item in value.items()}
        return load_artifact(type_, local_path(descriptor), descriptor.get("type"), plain_hint(hint), where)
    if isinstance(type_, Enum) and isinstance(value, str):
        return _member(value, plain_hint(hint), where)
    if isinstance(type_, ListOf) and isinstance(value, list):
        items = [to_python(type_.item, item, item_hint(hint), f"{where}[{at}]") for at, item in enumerate(value)]
        return _COLLECTIONS.get(origin_of(hint), list)(items)
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {key: to_python(type_.value, item, value_hint(hint), f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(type_, (Record, Metrics)) and isinstance(value, dict):
        return _record(type_, value, hint, where)
    return _scalar(type_, value, plain_hint(hint))


def _scalar(type_: Type, value: Value, hint: object) -> object:
    if isinstance(type_, Scalar) and type_.name == "duration" and isinstance(value, int):
        return timedelta(milliseconds=value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _member(value: str, hint: object, where: str) -> object:
    if not (isinstance(hint, type) and issubclass(hint, enum.Enum)):
        return value
    if value not in hint.__members__:
        raise Invalid(f"`{where}`: the Python class {hint.__name__} has no member `{value}`; it has {', '.join(hint.__members__)}")
    return hint[value]


def _record(type_: Record | Metrics, value: dict[str, Value], hint: object, where: str) -> object:
    shape = origin_of(hint)
    names = fields_of(shape) if isinstance(shape, type) else None
    if names is None or not isinstance(shape, type):
        hinted = value_hint(hint)
        return {field.name: to_python(field.type, value[field.name], hinted, f"{where}.{field.name}") for field in type_.fields}
    hints = hints_of(shape)
    taken = [field for field in type_.fields if field.name in names]
    return build(shape, {f.name: to_python(f.type, value[f.name], hints.get(f.name), f"{where}.{f.name}") for f in taken}, where)
