"""A registry of models: a folder with a file for each version."""

from __future__ import annotations

import os
from pathlib import Path

import xgboost


def _folder(name: str) -> Path:
    return Path(os.getenv("MODEL_REGISTRY", "/srv/models")) / name


def current(name: str) -> int | None:
    """The newest version, None when there is none."""
    versions = [int(path.stem) for path in _folder(name).glob("*.json")]
    return max(versions, default=None)


def register(model: xgboost.Booster, name: str, auc: float) -> int:
    """Keep the model as the next version, with how good it was."""
    version = (current(name) or 0) + 1
    model.set_attr(auc=str(auc))
    _folder(name).mkdir(parents=True, exist_ok=True)
    model.save_model(_folder(name) / f"{version}.json")
    return version
