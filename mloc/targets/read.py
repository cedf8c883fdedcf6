"""A table of attributes from the JSON Schema document that a backend brings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mloc.targets.model import Attribute, AttributeTable, Capability, Level, Place
from mloc.targets.versions import version_of
from mloc.types.encode import Json

VERSION = "version"


class BadTable(Exception):
    """A document that is no table of attributes; the message is for the author of the backend."""


def table_of(target: str, document: Mapping[str, object]) -> AttributeTable:
    """The table of a target. Raises BadTable.

    The document is the JSON Schema of an object with a property for every attribute. On top of JSON Schema, properties have `x-place`
    (`["pipeline", "step"]`), `x-since` and `x-until` (versions), `x-example` and `x-key`; the document has `x-versions` and
    `x-capabilities`.
    """
    found = cast("Mapping[str, Json]", document)
    versions = _object(found.get("x-versions"), "x-versions")
    oldest, newest, assumed = (_version(versions.get(name), f"x-versions.{name}") for name in ("oldest", "newest", "assumed"))
    if found.get("additionalProperties") is not False:
        raise BadTable("`additionalProperties` must be false: a table of attributes is closed")
    attributes = {name: _attribute(name, value) for name, value in _object(found.get("properties"), "properties").items()}
    if VERSION not in attributes:
        raise BadTable(f"`properties` must have `{VERSION}`")
    capabilities = tuple(_capability(entry) for entry in _list(found.get("x-capabilities", []), "x-capabilities"))
    return AttributeTable(target, oldest, newest, assumed, attributes, capabilities)


def _attribute(name: str, value: Json) -> Attribute:
    schema = _object(value, name)
    places = tuple(str(place) for place in _list(schema.get("x-place"), f"{name}.x-place"))
    if not places or any(place not in ("pipeline", "step") for place in places):
        raise BadTable(f"`{name}.x-place` must name `pipeline`, `step` or both")
    since, until = (None if key not in schema else _version(schema[key], f"{name}.{key}") for key in ("x-since", "x-until"))
    return Attribute(
        name,
        schema,
        cast("tuple[Place, ...]", places),
        since,
        until,
        _text(schema.get("x-example"), f"{name}.x-example"),
        None if "x-key" not in schema else _text(schema["x-key"], f"{name}.x-key"),
        _text(schema.get("description"), f"{name}.description"),
    )


def _capability(entry: Json) -> Capability:
    found = _object(entry, "an entry of x-capabilities")
    level = _text(found.get("level"), "level")
    if level not in ("refused", "ignored"):
        raise BadTable(f"`level` must be `refused` or `ignored`, found `{level}`")
    since = _version(found.get("since"), "since")
    reason, alternative = (_text(found.get(name), name) for name in ("reason", "alternative"))
    return Capability(_text(found.get("feature"), "feature"), since, cast("Level", level), reason, alternative)


def _object(value: Json, name: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise BadTable(f"`{name}` must be an object")
    return value


def _list(value: Json, name: str) -> list[Json]:
    if not isinstance(value, list):
        raise BadTable(f"`{name}` must be an array")
    return value


def _text(value: Json, name: str) -> str:
    if not isinstance(value, str) or not value:
        raise BadTable(f"`{name}` must be a text")
    return value


def _version(value: Json, name: str) -> str:
    text = _text(value, name)
    if version_of(text) is None:
        raise BadTable(f"`{name}` must be a version, found `{text}`")
    return text
