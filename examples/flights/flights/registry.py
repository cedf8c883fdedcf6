"""A model registry that is a folder: one numbered folder a version, and a file that says which is current."""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import NamedTuple, TypedDict, cast

from flights.train import TrainSettings


class Card(TypedDict):
    """What `current.json` says."""

    version: int
    auc: float
    settings: dict[str, object]
    digest: str


class Current(NamedTuple):
    """The version in service and its score; both null while there is none."""

    version: int | None
    auc: float | None


def current(registry: str) -> Current:
    """What the registry serves now."""
    card = _card(_folder(registry))
    return Current(card["version"], card["auc"]) if card else Current(None, None)


def publish(model: Path, settings: TrainSettings, auc: float, registry: str) -> int:
    """Make the model the current version; a model that already is keeps its number, so that a second try changes nothing."""
    folder = _folder(registry)
    held = _card(folder)
    digest = _digest(model)
    if held and held["digest"] == digest:
        return held["version"]
    version = held["version"] + 1 if held else 1
    shutil.copytree(model, folder / f"v{version}", dirs_exist_ok=True, copy_function=shutil.copyfile)
    card = Card(version=version, auc=auc, settings={**vars(settings), "algorithm": settings.algorithm.name}, digest=digest)
    draft = folder / f"current.json.{os.getpid()}"
    draft.write_text(json.dumps(card, indent=2) + "\n")
    draft.replace(folder / "current.json")
    return version


def _folder(registry: str) -> Path:
    folder = Path(registry)
    if not folder.is_absolute():
        raise ValueError(f"the registry must be an absolute path, since a step runs in a folder of its own: {registry}")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _card(folder: Path) -> Card | None:
    path = folder / "current.json"
    return cast(Card, json.loads(path.read_text())) if path.exists() else None


def _digest(model: Path) -> str:
    content = hashlib.sha256()
    for path in sorted(model.rglob("*")):
        if path.is_file():
            content.update(path.relative_to(model).as_posix().encode() + b"\0" + path.read_bytes())
    return content.hexdigest()
