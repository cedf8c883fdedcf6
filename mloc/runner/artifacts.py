"""Artifacts inside values: walking them, fetching them for a child, and keeping what a child made."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Callable

from .jsons import Json
from .store import Store, file_path
from .types import ARTIFACTS, Dir, File, ListOf, MapOf, Metrics, Model, Optional, Record, Table, Type, type_json

Artifact = dict[str, Json]


def map_artifacts(type_: Type, wire: Json, change: Callable[[Type, Artifact], Json]) -> Json:
    """A wire value with every descriptor in it replaced by `change(type, descriptor)`."""
    if wire is None or not holds_artifact(type_):
        return wire
    if isinstance(type_, Optional):
        return map_artifacts(type_.item, wire, change)
    if isinstance(type_, ListOf) and isinstance(wire, list):
        return [map_artifacts(type_.item, item, change) for item in wire]
    if not isinstance(wire, dict):
        raise TypeError(f"a {type(wire).__name__} stands where artifacts were checked to be")
    if isinstance(type_, MapOf):
        return {key: map_artifacts(type_.value, item, change) for key, item in wire.items()}
    if isinstance(type_, (Record, Metrics)):
        return {field.name: map_artifacts(field.type, wire[field.name], change) for field in type_.fields}
    return change(type_, wire)


def holds_artifact(type_: Type) -> bool:
    """Whether a value of this type is, or contains, an artifact."""
    if isinstance(type_, Record):
        return any(holds_artifact(field.type) for field in type_.fields)
    if isinstance(type_, (Optional, ListOf)):
        return holds_artifact(type_.item)
    return holds_artifact(type_.value) if isinstance(type_, MapOf) else isinstance(type_, ARTIFACTS)


def fetch(name: str, type_: Type, wire: Json, store: Store, folder: Path) -> Json:
    """A wire value whose descriptors point at read-only copies below the folder. Raises StoreError."""

    def fetch_one(kind: Type, descriptor: Artifact) -> Artifact:
        place = folder / f"{sum(1 for _ in folder.iterdir())}"
        place.mkdir()
        found = store.get(descriptor, place)
        path = place / f"{name}{suffix(kind)}"
        if found.parent == place:
            found.rename(path)
        else:
            path = found
        _protect(path)
        return {**descriptor, "uri": path.as_uri()}

    return map_artifacts(type_, wire, fetch_one)


def keep(type_: Type, wire: Json, store: Store) -> Json:
    """A wire value whose descriptors point at local files, with those in the store. Raises StoreError."""

    def keep_one(kind: Type, descriptor: Artifact) -> Artifact:
        return store.put(local_path(descriptor), type_json(kind))

    return map_artifacts(type_, wire, keep_one)


def local_artifact(path: Path, type_: Type) -> Artifact:
    """The descriptor, for the way from child to parent only, of a local file."""
    return {"uri": path.as_uri(), "digest": "", "size": 0, "type": type_json(type_)}


def local_path(descriptor: Artifact) -> Path:
    return file_path(str(descriptor["uri"]))


def suffix(type_: Type) -> str:
    """The usual end of a file's name for an artifact of this type."""
    if isinstance(type_, Table):
        return ".parquet"
    if isinstance(type_, File) and type_.format:
        return f".{type_.format}"
    if isinstance(type_, (Dir, Model, File)):
        return ""
    raise TypeError(f"a {type(type_).__name__} is no artifact")


def _protect(path: Path) -> None:
    # Folders stay writable, so that an ordinary user can delete them again.
    for file in path.rglob("*") if path.is_dir() else [path]:
        if file.is_file():
            file.chmod(stat.S_IMODE(file.stat().st_mode) & ~0o222)
