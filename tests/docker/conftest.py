"""Docker for every test of this room, with an image that has a shell and a Python; without one they fail."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mloc.testing import Case
from tests.docker.daemon import DockerUnavailable, running
from tests.docker.image import make

# What programs of the tests name, and what backends take for tasks that name none.
TOOL, PYTHON = "mloc-test-tool:1", "python:3.11-slim"


def in_docker(case: Case, **params: str) -> Case:
    """A conformance case whose containers are to be real; `params` replace some of its own."""
    given = case.expected.get("params", {})
    assert isinstance(given, dict)
    return Case(case.program, case.index, {**case.expected, "environment": {"MLOC_CONTAINERS": "docker"}, "params": {**given, **params}})


@dataclass(frozen=True)
class Docker:
    """A Docker that answers; `host` is its address, None for the usual one, and `image` has a shell and a Python."""

    host: str | None
    image: str


@pytest.fixture(scope="session")
def docker_daemon() -> Iterator[Docker]:
    try:
        with running() as host:
            make(host, (TOOL, PYTHON))
            yield Docker(host, TOOL)
    except DockerUnavailable as unavailable:
        pytest.fail(f"these tests need Docker: {unavailable}", pytrace=False)


@pytest.fixture
def docker(docker_daemon: Docker, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """The Docker that `docker` and every client find in the environment; MLOC_CONTAINERS asks for it."""
    if docker_daemon.host is not None:
        monkeypatch.setenv("DOCKER_HOST", docker_daemon.host)
    monkeypatch.setenv("MLOC_CONTAINERS", "docker")
    assert os.environ.get("DOCKER_HOST") == docker_daemon.host
    return docker_daemon
