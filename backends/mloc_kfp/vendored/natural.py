"""Pipeline parameters as people and Kubeflow's forms write them, and the wire values that they mean."""

from __future__ import annotations

import re

from mloc.runner.artifacts import holds_artifact
from mloc.runner.jsons import Json, NotCanonical, canonical, parse
from mloc.runner.scalars import float_wire
from mloc.runner.types import ARTIFACTS, Domain, ListOf, MapOf, Metrics, Optional, Range, Record, Scalar, Type

from .guard import guarded, is_hostile

# What Kubeflow would rewrite, or cannot hold where it stands, is given as this word and its JSON text.
PREFIX = "mloc-json:"
# Before the name of a schedule: the parameter is what that schedule computes when its run starts.
OF_SCHEDULE = "mloc-schedule:"

_LARGEST = 2**53 - 1
_INTS = ("int", "duration", "bytes")
_FLOATS = ("float", "ratio")
_DIGITS = re.compile(r"-?[0-9]+")
_TAGS: dict[str, Json] = {"nan": "f:nan", "inf": "f:inf", "infinity": "f:inf"}


def form(type_: Type, domain: Domain | None) -> str:
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
        # Kubeflow's double is JSON's: without NaN and infinities, which only a range excludes.
        return "NUMBER_DOUBLE" if isinstance(domain, Range) else "STRING"
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
        raise ValueError(f"Kubeflow's numbers have no {wire}")
    return _nested(wire)


def _nested(wire: Json) -> Json:
    """A value in a list or struct of Kubeflow's; `kfp.local` knows no null there."""
    if wire is None:
        return f"{PREFIX}null"
    if isinstance(wire, str):
        return _plain(wire)
    if isinstance(wire, list):
        return [_nested(item) for item in wire]
    return {_plain(key): _nested(item) for key, item in wire.items()} if isinstance(wire, dict) else wire


def _to_text(type_: Type, wire: Json) -> str:
    if isinstance(type_, Scalar) and type_.name in (*_INTS, *_FLOATS):
        return wire.partition(":")[2] if isinstance(wire, str) else canonical(wire)
    if isinstance(wire, str) and not isinstance(type_, Optional):
        return _plain(wire)
    return guarded(canonical(wire))


def _plain(text: str) -> str:
    return PREFIX + guarded(canonical(text)) if is_hostile(text) or text.startswith((PREFIX, OF_SCHEDULE)) else text


def to_wire(type_: Type, natural: Json) -> Json:
    """The wire value that was meant. What cannot be read is passed on, for the runner to refuse in its own words."""
    wire = _from_text(type_, natural) if isinstance(natural, str) else _unnested(natural)
    return _described(type_, wire)


def _from_text(type_: Type, text: str) -> Json:
    if isinstance(type_, Scalar) and type_.name in _INTS:
        digits = text.strip().removeprefix("+")
        if not _DIGITS.fullmatch(digits):
            return text
        return int(digits) if len(digits) < 16 else f"i:{digits}"
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


def _unnested(natural: Json) -> Json:
    if isinstance(natural, str):
        return _unplain(natural)
    if isinstance(natural, list):
        return [_unnested(item) for item in natural]
    return {str(_unplain(key)): _unnested(item) for key, item in natural.items()} if isinstance(natural, dict) else natural


def _unplain(text: str) -> Json:
    if not text.startswith(PREFIX):
        return text
    try:
        return parse(text[len(PREFIX) :])
    except NotCanonical:
        return text


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
