"""Where the code of a unit runs, as `places.json` says: in the worker, or somewhere else."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path

from mloc.runner.jsons import Json, as_array, as_object, as_text, as_text_or_none, parse

from .venvs import interpreter

_CONTAINERS = "MLOC_CONTAINERS"
_OPERATORS, _AUTO = "airflow", "auto"


@cache
def _places() -> dict[str, Json]:
    place = Path(__file__).resolve().parent / "places.json"
    return as_object(parse(place.read_text(encoding="utf-8")), "the places") if place.exists() else {}


def container_of(unit: str) -> dict[str, Json] | None:
    """What is said of a unit's container; None for one that has none, and where MLOC_CONTAINERS says that the runner starts it."""
    said, asked = as_object(_places().get(unit, {}), "a place"), os.environ.get(_CONTAINERS)
    if "container" not in said:
        return None
    container = as_object(said["container"], "a container")
    # A machine without a cluster can do with Docker what a worker would.
    by_operator = asked in (None, "", _OPERATORS) or (asked == _AUTO and container["engine"] == "docker")
    return container if by_operator else None


def runner_containers() -> str | None:
    """What the runner starts containers with: docker, podman, none (their commands); None for the first that is there."""
    asked = os.environ.get(_CONTAINERS)
    return None if asked == _AUTO else asked or None


def python_of(unit: str, log: Callable[[str], None]) -> Callable[[], str] | None:
    """What gives the interpreter of a unit's code, None for this one."""
    said = as_object(_places().get(unit, {}), "a place")
    if "venv" not in said:
        return None
    venv = as_object(said["venv"], "a virtual environment")
    packages = [as_text(package, "a package") for package in as_array(venv["packages"], "packages")]
    python = as_text_or_none(venv["python"], "a version")
    return lambda: interpreter(packages, python, log)
