"""Values of every type on the wire: what a text means by its declared type, and the one text of a value."""

from __future__ import annotations

from datetime import date

from .domains import check_domain
from .jsons import Json, NotCanonical, canonical, parse, shorten
from .scalars import Invalid, Value, check_member, check_text, decode_scalar, encode_scalar, mismatch
from .types import Enum, Field, ListOf, MapOf, Metrics, Optional, Record, Scalar, Type, show_type

_DESCRIPTOR = {"uri": str, "digest": str, "size": int}


def decode_text(type_: Type, text: str, where: str) -> Value:
    """The value of a wire text. Raises Invalid; `where` names the value in the message (`n`)."""
    try:
        wire = parse(text)
    except NotCanonical as error:
        raise Invalid(f"`{where}`: {error}") from None
    return decode(type_, wire, where)


def encode_text(type_: Type, value: Value, where: str) -> str:
    """The canonical wire text of a value. Raises Invalid when it is not a value of the type."""
    return canonical(encode(type_, value, where))


def decode(type_: Type, wire: Json, where: str) -> Value:
    """The value of a wire form: extra fields of records dropped, defaults filled in. Raises Invalid."""
    try:
        return _decode(type_, wire, where)
    except RecursionError:
        raise Invalid(f"`{where}`: the value is nested too deeply") from None


def _decode(type_: Type, wire: Json, where: str) -> Value:
    if isinstance(type_, Optional):
        return None if wire is None else _decode(type_.item, wire, where)
    if isinstance(type_, Scalar):
        return decode_scalar(type_.name, wire, where)
    if isinstance(type_, Enum):
        return check_member(type_, check_text(wire, where, show_type(type_)), where)
    if isinstance(type_, ListOf):
        if not isinstance(wire, list):
            raise mismatch(type_, wire, where)
        return [_decode(type_.item, item, f"{where}[{at}]") for at, item in enumerate(wire)]
    if not isinstance(wire, dict):
        raise mismatch(type_, wire, where)
    if isinstance(type_, MapOf):
        return {check_text(key, where): _decode(type_.value, wire[key], at_key(where, key)) for key in sorted(wire)}
    if isinstance(type_, (Record, Metrics)):
        return {field.name: _decode_field(field, wire, where) for field in type_.fields}
    return _decode_descriptor(type_, wire, where)


def _decode_field(field: Field, wire: dict[str, Json], where: str) -> Value:
    inner = f"{where}.{field.name}"
    if field.name not in wire:
        return default_of(field, where)
    value = _decode(field.type, wire[field.name], inner)
    if field.domain is not None:
        check_domain(field.type, field.domain, value, inner)
    return value


def default_of(field: Field, where: str) -> Value:
    """The value of a field that was left out. Raises Invalid when it has no default."""
    if field.default is None:
        raise Invalid(f"`{where}`: the field `{field.name}` is missing")
    return decode_text(field.type, field.default, f"{where}.{field.name}")


def _decode_descriptor(type_: Type, wire: dict[str, Json], where: str) -> Value:
    for key, kind in _DESCRIPTOR.items():
        if not isinstance(wire.get(key), kind):
            raise Invalid(f"`{where}`: not the descriptor of a {show_type(type_)}: `{key}` is missing or not a {kind.__name__}")
    found: dict[str, Value] = {}
    for key in (*_DESCRIPTOR, "type"):
        found[key] = as_plain(wire.get(key))
    return found


def as_plain(wire: Json) -> Value:
    """A JSON value as it is (every JSON value is also a Value)."""
    if isinstance(wire, list):
        return [as_plain(item) for item in wire]
    if isinstance(wire, dict):
        return {key: as_plain(item) for key, item in wire.items()}
    return wire


def encode(type_: Type, value: Value, where: str) -> Json:
    """The wire form of a value. Raises Invalid when it is not one of the type."""
    if isinstance(type_, Optional):
        return None if value is None else encode(type_.item, value, where)
    if isinstance(type_, Scalar):
        return encode_scalar(type_, value, where)
    if isinstance(type_, Enum):
        return check_member(type_, check_text(value, where, show_type(type_)), where)
    if isinstance(type_, ListOf):
        if not isinstance(value, list):
            raise mismatch(type_, value, where)
        return [encode(type_.item, item, f"{where}[{at}]") for at, item in enumerate(value)]
    if not isinstance(value, dict):
        raise mismatch(type_, value, where)
    if isinstance(type_, MapOf):
        return {check_text(key, where): encode(type_.value, value[key], at_key(where, key)) for key in sorted(value)}
    if isinstance(type_, (Record, Metrics)):
        return {field.name: _encode_field(field, value, where) for field in type_.fields}
    return {key: as_json(value[key]) for key in (*_DESCRIPTOR, "type") if key in value}


def _encode_field(field: Field, value: dict[str, Value], where: str) -> Json:
    inner = f"{where}.{field.name}"
    found = value[field.name] if field.name in value else default_of(field, where)
    if field.domain is not None:
        check_domain(field.type, field.domain, found, inner)
    return encode(field.type, found, inner)


def as_json(value: Value) -> Json:
    """The JSON of what `as_plain` gave."""
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return str(value) if isinstance(value, date) else value


def at_key(where: str, key: str) -> str:
    return f"{where}[{shorten(key, 40)}]"
