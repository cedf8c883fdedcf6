"""Scalars of the language in memory and on the wire, and the checks that every value passes.

In memory a value is None, bool, int (`int`, `bytes`, and `duration` in milliseconds), float (`float`, `ratio`),
str (`str` and an enum's member), `datetime.date`, an aware UTC `datetime.datetime`, a list,
or a dict (`map`, a record, Metrics, and the descriptor of an artifact).
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Union

from .jsons import Json, shorten
from .types import Enum, Scalar, Type, show_type

Value = Union[None, bool, int, float, str, date, datetime, "list[Value]", "dict[str, Value]"]

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
JSON_INT_MAX = 2**53 - 1
NAN, INFINITY = float("nan"), float("inf")

_FLOAT_TAGS = {"f:nan": NAN, "f:inf": INFINITY, "f:-inf": -INFINITY}
_BIG_INT = re.compile(r"i:(-?[0-9]{1,20})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]+))?([Zz]|[+-][0-9]{2}:[0-9]{2})")
_INTS, _FLOATS = ("int", "bytes", "duration"), ("float", "ratio")


class Invalid(ValueError):
    """A value that is not of its declared type; the message begins with where it stands and stands alone."""


def decode_scalar(name: str, wire: Json, where: str) -> Value:
    if name in _INTS:
        return _decode_int(name, wire, where)
    if name in _FLOATS:
        return _decode_float(name, wire, where)
    if name == "bool":
        if not isinstance(wire, bool):
            raise mismatch(Scalar(name), wire, where)
        return wire
    if name == "null":
        if wire is not None:
            raise mismatch(Scalar(name), wire, where)
        return None
    text = check_text(wire, where, name)
    if name == "str":
        return text
    return _decode_date(text, where) if name == "date" else _decode_datetime(text, where)


def _decode_int(name: str, wire: Json, where: str) -> int:
    if isinstance(wire, str):
        match = _BIG_INT.fullmatch(wire)
        if match:
            return check_int(int(match.group(1)), where)
    if isinstance(wire, float) and wire.is_integer() and abs(wire) <= JSON_INT_MAX:
        # Kubeflow's lists and structs know doubles only, so 5 comes back as 5.0.
        return int(wire)
    if isinstance(wire, bool) or not isinstance(wire, int):
        raise mismatch(Scalar(name), wire, where)
    return check_int(wire, where)


def _decode_float(name: str, wire: Json, where: str) -> float:
    if isinstance(wire, str) and wire in _FLOAT_TAGS:
        return _FLOAT_TAGS[wire]
    if isinstance(wire, bool) or not isinstance(wire, (int, float)):
        raise mismatch(Scalar(name), wire, where)
    try:
        return float(wire)
    except OverflowError:
        raise Invalid(f"`{where}`: {shorten(str(wire))} does not fit a 64-bit float") from None


def _decode_date(text: str, where: str) -> date:
    if not _DATE.fullmatch(text):
        raise Invalid(f"`{where}`: {shorten(text)} is not a date (YYYY-MM-DD)")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid(f"`{where}`: {shorten(text)} is not a date: {error}") from None


def _decode_datetime(text: str, where: str) -> datetime:
    match = _DATETIME.fullmatch(text)
    if not match:
        raise Invalid(f"`{where}`: {shorten(text)} is not an instant with a zone (2024-01-31T12:00:00Z)")
    day, time, fraction, zone = match.groups()
    digits = (fraction or "").rstrip("0")
    if len(digits) > 6:
        raise Invalid(f"`{where}`: {shorten(text)} is finer than microseconds")
    try:
        found = datetime.fromisoformat(f"{day}T{time}.{digits:0<6}{'+00:00' if zone in 'Zz' else zone}")
        return found.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise Invalid(f"`{where}`: {shorten(text)} is not an instant: {error}") from None


def encode_scalar(type_: Scalar, value: Value, where: str) -> Json:
    if type_.name in _INTS and isinstance(value, int) and not isinstance(value, bool):
        number = check_int(value, where)
        return number if abs(number) <= JSON_INT_MAX else f"i:{number}"
    if type_.name in _FLOATS and isinstance(value, float):
        return float_wire(value)
    if type_.name == "bool" and isinstance(value, bool):
        return value
    if type_.name == "str":
        return check_text(value, where)
    if type_.name == "datetime" and isinstance(value, datetime):
        return datetime_text(value)
    if type_.name == "date" and isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if type_.name == "null" and value is None:
        return None
    raise mismatch(type_, value, where)


def float_wire(value: float) -> Json:
    """A float on the wire: a number, or its tag where JSON has none."""
    if value != value:
        return "f:nan"
    if value in (INFINITY, -INFINITY):
        return "f:inf" if value > 0 else "f:-inf"
    return value


def datetime_text(value: datetime) -> str:
    """RFC 3339 in UTC; the fraction without trailing zeros, absent when zero."""
    utc = value.astimezone(timezone.utc).replace(tzinfo=None)
    whole, _, fraction = utc.isoformat(timespec="microseconds").partition(".")
    digits = fraction.rstrip("0")
    return f"{whole}.{digits}Z" if digits else f"{whole}Z"


def check_int(value: int, where: str) -> int:
    if not INT_MIN <= value <= INT_MAX:
        shown = f"an integer of {value.bit_length()} bits" if value.bit_length() > 256 else str(value)
        raise Invalid(f"`{where}`: {shown} does not fit a 64-bit int")
    return value


def check_text(value: object, where: str, wanted: str = "str") -> str:
    """A text the wire can carry. Raises Invalid for anything but a str, and for what UTF-8 or a C program could not take."""
    if not isinstance(value, str):
        raise Invalid(f"`{where}`: expected {wanted}, not {describe(value)}")
    if "\0" in value:
        raise Invalid(f"`{where}`: strings may not contain NUL: {shorten(value)}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Invalid(f"`{where}`: strings must be valid Unicode, without lone surrogates: {ascii(value)[:80]}") from None
    return value


def check_member(type_: Enum, name: str, where: str) -> str:
    if name not in type_.members:
        raise Invalid(f"`{where}`: {shorten(name)} is not a member of {type_.name or 'the enum'} ({', '.join(type_.members)})")
    return name


def mismatch(type_: Type, value: object, where: str) -> Invalid:
    """The error of a value that is of another kind than its type."""
    return Invalid(f"`{where}`: expected {show_type(type_)}, not {describe(value)}")


def describe(value: object) -> str:
    """A value with its kind, for messages: `the string 'x'`, `the float 5.5`."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, (int, float)):
        return f"the {type(value).__name__} {shorten(str(value))[1:-1] if abs(value) < 10**300 else '(enormous)'}"
    if isinstance(value, str):
        return f"the string {shorten(value)}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    return "an object" if isinstance(value, dict) else f"a {type(value).__name__}"
