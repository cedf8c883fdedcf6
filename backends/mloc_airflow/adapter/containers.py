"""A container step as an operator of Airflow's: what is run, and what the two operators have in common."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from mloc.runner.jsons import Json, as_text


class Container(NamedTuple):
    """What is run: `command` replaces the image's entry point where it is not empty, `scratch` is seen inside by the same path."""

    command: tuple[str, ...]
    args: tuple[str, ...]
    environment: Mapping[str, str]
    scratch: Path
    work: Path


class Running(Protocol):
    """A container of an operator: made, not yet begun."""

    def execute(self) -> None:
        """Run it to its end. What is raised is the operator's, or its client's."""

    def end(self) -> None:
        """End it early, from another thread."""

    def exit_status(self, error: Exception) -> int | None:
        """The exit status of a container that failed, None where none says it."""


def made(container: Container, said: Mapping[str, Json]) -> Running:
    """A container by the operator that `places.json` says."""
    if as_text(said["engine"], "what runs the container") == "docker":
        from .docker_steps import DockerContainer

        return DockerContainer(container, said)
    from .pod_steps import PodContainer

    return PodContainer(container, said)
