"""The launch's parameters, as users write them in the trigger form or its JSON, as wire texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mloc.runner.api import Program, Store
from mloc.runner.jsons import Json, canonical
from mloc.runner.remote_store import put_given

_EXACT = 2**53 - 1


def wire_texts(program: Program, given: Mapping[str, Json], store: Store) -> dict[str, str]:
    """The captures of the `parameters` unit. Names it does not know are left to it to refuse."""
    declared = program.unit("$parameters").body["parameters"]
    types = {str(entry[0]): entry[1] for entry in cast("list[list[Json]]", declared)}
    return {f"${name}": canonical(_wire(types.get(name), value, store)) for name, value in given.items()}


def _wire(type_: Json, value: Json, store: Store) -> Json:
    """The wire form of a value: whole numbers may stand for floats, large ones for themselves, a path for the artifact there."""
    if isinstance(type_, dict):
        return _wire_compound(type_, value, store)
    if type_ in ("float", "ratio") and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type_ in ("int", "bytes", "duration") and isinstance(value, int) and abs(value) > _EXACT:
        return f"i:{value}"
    return _artifact(type_, value, store) if type_ == "dir" else value


def _wire_compound(type_: Mapping[str, Json], value: Json, store: Store) -> Json:
    if value is None:
        return None
    if "optional" in type_:
        return _wire(type_["optional"], value, store)
    if "list" in type_ and isinstance(value, list):
        return [_wire(type_["list"], item, store) for item in value]
    if "map" in type_ and isinstance(value, dict):
        return {key: _wire(type_["map"], item, store) for key, item in value.items()}
    for fields in (type_.get("record"), type_.get("metrics")):
        if isinstance(fields, list) and isinstance(value, dict):
            types = {str(field[0]): field[1] for field in fields if isinstance(field, list)}
            return {key: _wire(types.get(key), item, store) for key, item in value.items()}
    return _artifact(cast("Json", type_), value, store) if {"file", "table", "model"} & type_.keys() else value


def _artifact(type_: Json, value: Json, store: Store) -> Json:
    return cast("Json", put_given(value, type_, store)) if isinstance(value, str) else value
