"""Pipeline parameters as people and Kubeflow's forms write them, and the wire values that they mean."""

from __future__ import annotations

from collections.abc import Callable

from mloc.runner.artifacts import holds_artifact
from mloc.runner.jsons import Json, NotCanonical, as_text, canonical, parse
from mloc.runner.scalars import float_wire
from mloc.runner.types import ARTIFACTS, Domain, ListOf, MapOf, Metrics, Optional, Range, Record, Scalar, Type

from .guard import guarded, is_hostile

# A text that Kubeflow would rewrite is given as this word and the JSON text of it.
PREFIX = "mloc-json:"

_LARGEST = 2**53 - 1
_INTS = ("int", "duration", "bytes")
_FLOATS = ("float", "ratio")
Changer = Callable[[str], str]
_TAGS: dict[str, Json] = {"nan": "f:nan", "inf": "f:inf", "infinity": "f:inf"}


def form(type_: Type, domain: Domain | None, default: str | None) -> str:
    """The Kubeflow type of a parameter: a natural one where every value of the declared type survives in it, else STRING."""
    if isinstance(type_, ListOf):
        return "LIST"
    if isinstance(type_, (MapOf, Record, Metrics)):
        return "STRUCT"
    if not isinstance(type_, Scalar):
        return "STRING"
    if type_.name in _INTS:
        return "NUMBER_INTEGER" if _is_exact(domain) else "STRING"
    if type_.name in _FLOATS:
        # A double in JSON has no NaN, no infinity and, on the way through integers, no -0.0.
        return "STRING" if default is not None and (default.startswith('"') or default == "-0.0") else "NUMBER_DOUBLE"
    return "BOOLEAN" if type_.name == "bool" else "STRING"


def _is_exact(domain: Domain | None) -> bool:
    if not isinstance(domain, Range):
        return False
    ends = [parse(domain.low), parse(domain.high)]
    return all(isinstance(end, int) and abs(end) <= _LARGEST for end in ends)


def to_natural(type_: Type, kubeflow_type: str, text: str) -> Json:
    """What to give Kubeflow for a wire text. Raises ValueError where its type has no such value."""
    wire = parse(text)
    if kubeflow_type == "STRING":
        return _to_text(type_, wire)
    if kubeflow_type in ("NUMBER_INTEGER", "NUMBER_DOUBLE") and (isinstance(wire, str) or canonical(wire) == "-0.0"):
        raise ValueError(f"Kubeflow's numbers have no {str(wire).removeprefix('f:')}")
    return _map_strings(wire, _plain)


def _to_text(type_: Type, wire: Json) -> str:
    if isinstance(type_, Scalar) and type_.name in (*_INTS, *_FLOATS):
        return wire.partition(":")[2] if isinstance(wire, str) else canonical(wire)
    if isinstance(wire, str) and not isinstance(type_, Optional):
        return _plain(wire)
    return guarded(canonical(wire))


def _plain(text: str) -> str:
    return PREFIX + guarded(canonical(text)) if is_hostile(text) or text.startswith(PREFIX) else text


def to_wire(type_: Type, natural: Json) -> Json:
    """The wire value that was meant. What cannot be read is passed on, for the runner to refuse in its own words."""
    wire = _from_text(type_, natural) if isinstance(natural, str) else _map_strings(natural, _unplain)
    return _described(type_, wire)


def _from_text(type_: Type, text: str) -> Json:
    if isinstance(type_, Scalar) and type_.name in _INTS:
        digits = text.strip()
        number = digits[1:] if digits[:1] in ("-", "+") else digits
        return int(digits) if number.isdecimal() and len(number) < 16 else f"i:{digits.lstrip('+')}"
    if isinstance(type_, Scalar) and type_.name in _FLOATS:
        return _float(text)
    if isinstance(type_, Scalar) or text.startswith(PREFIX):
        return _unplain(text)
    try:
        return parse(text)
    except NotCanonical:
        # A name of a member, a path, or a text for an optional text: they need no quotes.
        return text


def _float(text: str) -> Json:
    sign, name = ("-", text.strip()[1:]) if text.strip().startswith("-") else ("", text.strip())
    tag = _TAGS.get(name.lower())
    if tag is not None:
        return f"f:-{str(tag)[2:]}" if sign and tag != "f:nan" else tag
    try:
        return float_wire(float(text))
    except ValueError:
        return text


def _unplain(text: str) -> str:
    if not text.startswith(PREFIX):
        return text
    try:
        return as_text(parse(text[len(PREFIX) :]), "a text")
    except NotCanonical:
        return text


def _map_strings(value: Json, change: Changer) -> Json:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_map_strings(item, change) for item in value]
    if isinstance(value, dict):
        return {change(key): _map_strings(item, change) for key, item in value.items()}
    return value


def _described(type_: Type, wire: Json) -> Json:
    """The wire value with `{"uri": …}` where an artifact is given by its place alone."""
    if wire is None or not holds_artifact(type_):
        return wire
    if isinstance(type_, ARTIFACTS):
        return {"uri": wire} if isinstance(wire, str) else wire
    if isinstance(type_, Optional):
        return _described(type_.item, wire)
    if isinstance(type_, ListOf) and isinstance(wire, list):
        return [_described(type_.item, item) for item in wire]
    if isinstance(type_, MapOf) and isinstance(wire, dict):
        return {key: _described(type_.value, item) for key, item in wire.items()}
    if isinstance(type_, Record) and isinstance(wire, dict):
        types = {field.name: field.type for field in type_.fields}
        return {key: _described(types[key], item) if key in types else item for key, item in wire.items()}
    return wire
