"""Domains (`in 1..5`, `in ["a", "b"]`): whether a value lies in the one declared for it."""

from __future__ import annotations

from datetime import date

from .jsons import canonical, parse
from .scalars import Invalid, Value, decode_scalar, describe, encode_scalar
from .types import Domain, Enum, OneOf, Optional, Range, Scalar, Type, base_type


class OutOfDomain(Invalid):
    """A value of its type, but outside its declared domain."""


def check_domain(type_: Type, domain: Domain, value: Value, where: str) -> None:
    """Raises OutOfDomain when a value of the type is outside. Null lies in the domain of an optional; NaN lies in no range."""
    if value is None and isinstance(type_, Optional):
        return
    if isinstance(domain, OneOf):
        _check_choice(base_type(type_), domain, value, where)
    elif isinstance(value, (list, dict)):
        _check_length(domain, len(value), where)
    else:
        _check_range(base_type(type_), domain, value, where)


def _check_choice(type_: Type, domain: OneOf, value: Value, where: str) -> None:
    text = canonical(value) if isinstance(type_, Enum) and isinstance(value, str) else _scalar_text(type_, value, where)
    if text not in domain.members:
        raise OutOfDomain(f"`{where}`: {_shown(type_, text)} is not one of {', '.join(_shown(type_, member) for member in domain.members)}")


def _scalar_text(type_: Type, value: Value, where: str) -> str:
    if not isinstance(type_, Scalar):
        raise Invalid(f"`{where}`: {describe(value)} has no choice of values")
    return canonical(encode_scalar(type_, value, where))


def _shown(type_: Type, text: str) -> str:
    """A value as people read it: a large integer without the tag that it travels with."""
    is_whole = isinstance(type_, Scalar) and type_.name in ("int", "bytes", "duration")
    return text.strip('"').removeprefix("i:") if is_whole else text


def _check_length(domain: Range, length: int, where: str) -> None:
    low, high = (decode_scalar("int", parse(end), where) for end in (domain.low, domain.high))
    if not is_within(low, length, high):
        raise OutOfDomain(f"`{where}`: has {length} elements, outside {low}..{high}")


def _check_range(type_: Type, domain: Range, value: Value, where: str) -> None:
    if not isinstance(type_, Scalar):
        raise Invalid(f"`{where}`: {describe(value)} has no range")
    low, high = (decode_scalar(type_.name, parse(end), where) for end in (domain.low, domain.high))
    if not is_within(low, value, high):
        found, lowest, highest = (_shown(type_, text) for text in (_scalar_text(type_, value, where), domain.low, domain.high))
        raise OutOfDomain(f"`{where}`: {found} is outside {lowest}..{highest}")


def is_within(low: Value, value: Value, high: Value) -> bool:
    """Whether low <= value <= high, for numbers or for dates."""
    if isinstance(low, (int, float)) and isinstance(value, (int, float)) and isinstance(high, (int, float)):
        return low <= value <= high
    if isinstance(low, date) and isinstance(value, date) and isinstance(high, date):
        return low <= value <= high
    return False
