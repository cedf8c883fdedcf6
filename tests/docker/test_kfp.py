"""Pipelines with container steps by kfp.local's DockerRunner: every task in a container of its own image."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.testing import cases, check
from tests.docker.conftest import Docker, in_docker

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.engine, pytest.mark.xdist_group("docker")]


def test_words_files_and_values(docker: Docker, tmp_path: Path) -> None:
    (case,) = (case for case in cases() if case.id == "containers-0")
    check("kfp", in_docker(case), tmp_path, in_process=True)


@pytest.mark.parametrize("run", ["containers_failing-0", "containers_failing-1"])
def test_attempts_time_limits_and_failures(run: str, docker: Docker, tmp_path: Path) -> None:
    (case,) = (case for case in cases() if case.id == run)
    # The attempts of a step are made in one container here: what it leaves in a folder of the container's is there for the next.
    check("kfp", in_docker(case, folder="/tmp"), tmp_path, in_process=True)
