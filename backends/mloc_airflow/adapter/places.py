"""Where the code of a step runs, when not in the worker as it is: what `places.json` says of its unit."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from mloc.runner.jsons import Json, as_array, as_object, as_text, as_text_or_none, parse

from .venvs import interpreter


@cache
def _places() -> dict[str, Json]:
    place = Path(__file__).resolve().parent / "places.json"
    return as_object(parse(place.read_text(encoding="utf-8")), "the places") if place.exists() else {}


def python_of(unit: str, log: Callable[[str], None]) -> Callable[[], str] | None:
    """What gives the interpreter of a unit's code, None for this one."""
    said = as_object(_places().get(unit, {}), "a place")
    if "venv" not in said:
        return None
    venv = as_object(said["venv"], "a virtual environment")
    packages = [as_text(package, "a package") for package in as_array(venv["packages"], "packages")]
    python = as_text_or_none(venv["python"], "a version")
    return lambda: interpreter(packages, python, log)
