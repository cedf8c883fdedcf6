"""Where the code of steps runs, when not in the worker as it is (`places.json`): by unit, for the adapter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mloc.backend import Attributes
from mloc.ir.model import Pipeline
from mloc.ir.walk import every_call
from mloc.types.encode import Json
from mloc_airflow.containers import container, of_containers

Said = Mapping[str, Json]

OF_VENVS = frozenset({"packages", "python"})
"""The attributes that only a virtual environment can have."""


def in_venv(said: Said) -> bool:
    """Whether a step's code runs in a virtual environment of its own."""
    return said.get("run") == "venv"


def places(pipeline: Pipeline, attributes: Attributes) -> dict[str, Json]:
    """What is said of each call that runs elsewhere, also of those in handlers and in bodies that are one task."""
    found: dict[str, Json] = {}
    contained = of_containers(pipeline)
    for call in every_call(pipeline):
        said = attributes.of(call.id)
        if call.step in contained:
            found[call.id] = {"container": container(call, said)}
        elif in_venv(said):
            found[call.id] = {"venv": {"packages": said.get("packages", []), "python": said.get("python")}}
    return found


def note(said: Said) -> str:
    """What a comment in the DAG file says of it."""
    if not in_venv(said):
        return ""
    packages = [str(package) for package in cast("list[Json]", said.get("packages", []))]
    return f"Its code runs in a virtual environment with {', '.join(packages) or 'no packages'}, made on first use."
