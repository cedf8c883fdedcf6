"""Whether a value fits the JSON Schema of an attribute: the part of JSON Schema that tables of attributes are written in.

The whole of it, as `jsonschema` has it, takes longer to load than checking a program; the tests hold both to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from mloc.types.encode import Json

Schema = Mapping[str, Json]

KEYWORDS = frozenset(
    "type enum pattern minimum maximum minItems uniqueItems items properties additionalProperties propertyNames required format "
    "description minLength maxLength".split()
)
"""What a schema may say; keywords with `x-` are ours."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
_NAMES = {"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false"} | {
    "array": "a list",
    "object": "a map or record",
}


def misfit(value: Json, schema: Schema, name: str) -> str | None:
    """Why a value does not fit, beginning with its name or place (`tolerations[0].key`); None when it fits."""
    wanted = schema.get("type")
    if isinstance(wanted, str) and (not isinstance(value, _TYPES[wanted]) or (isinstance(value, bool) and wanted != "boolean")):
        return f"`{name}` must be {_NAMES[wanted]}"
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        return f"`{name}` must be one of {', '.join(f'`{choice}`' for choice in choices)}"
    match value:
        case str():
            return _text(value, schema, name)
        case bool() | None:
            return None
        case int() | float():
            return _number(value, schema, name)
        case list():
            return _items(value, schema, name)
        case dict():
            return _members(value, schema, name)


def _text(value: str, schema: Schema, name: str) -> str | None:
    pattern, most, least = schema.get("pattern"), schema.get("maxLength"), schema.get("minLength")
    if isinstance(least, int) and len(value) < least:
        return f"`{name}` must not be empty"
    if isinstance(most, int) and len(value) > most:
        return f"`{name}` must be at most {most} characters long, found {len(value)}"
    if isinstance(pattern, str) and not re.search(pattern, value):
        return f"`{value}` cannot be `{name}`"
    return None


def _number(value: float, schema: Schema, name: str) -> str | None:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, (int, float)) and value < least:
        return f"`{name}` must be at least {least}"
    if isinstance(most, (int, float)) and value > most:
        return f"`{name}` must be at most {most}"
    return None


def _items(value: list[Json], schema: Schema, name: str) -> str | None:
    least = schema.get("minItems")
    if isinstance(least, int) and len(value) < least:
        return f"`{name}` must not be empty"
    if schema.get("uniqueItems") is True:
        twice = next((item for at, item in enumerate(value) if item in value[:at]), None)
        if twice is not None:
            return f"`{twice}` stands twice in `{name}`"
    inner = schema.get("items")
    if not isinstance(inner, dict):
        return None
    return next((found for at, item in enumerate(value) if (found := misfit(item, inner, f"{name}[{at}]")) is not None), None)


def _members(value: dict[str, Json], schema: Schema, name: str) -> str | None:
    known = cast("dict[str, Schema]", schema.get("properties", {}))
    required = cast("list[str]", schema.get("required", []))
    missing = next((key for key in required if key not in value), None)
    if missing is not None:
        return f"`{name}` needs `{missing}`"
    names, more = schema.get("propertyNames"), schema.get("additionalProperties")
    for key, member in value.items():
        if isinstance(names, dict) and misfit(key, names, name) is not None:
            return f"`{key}` cannot be a name in `{name}`"
        if key in known:
            found = misfit(member, known[key], f"{name}.{key}")
        elif isinstance(more, dict):
            found = misfit(member, more, f"{name}[{key}]")
        elif more is False:
            found = f"`{name}` has no `{key}`; it has {', '.join(f'`{each}`' for each in known)}"
        else:
            found = None
        if found is not None:
            return found
    return None
