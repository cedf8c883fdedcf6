"""Puts what `raw` says into a document, by JSON pointer (RFC 6901)."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy

from mloc.types.encode import Json
from mloc_kfp.spec import Doc


def patched(document: Doc, raw: Mapping[str, Json]) -> Doc:
    """The document with these values at these places; objects on the way are made where there is none."""
    found: Json = deepcopy(document)
    for pointer, value in raw.items():
        found = _put(found, [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]], value)
    return found if isinstance(found, dict) else document


def _put(place: Json, path: list[str], value: Json) -> Json:
    if not path:
        return value
    name, *rest = path
    if isinstance(place, list):
        at = int(name) if name.isdigit() else len(place)
        if at < len(place):
            return [_put(item, rest, value) if index == at else item for index, item in enumerate(place)]
        return [*place, _put({}, rest, value)]
    inside = place if isinstance(place, dict) else {}
    return {**inside, name: _put(inside.get(name, {}), rest, value)}
