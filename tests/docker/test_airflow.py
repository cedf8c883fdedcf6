"""Container steps on Airflow by the DockerOperator: `dag.test()` with real containers gives the report of the native executor."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from mloc.local.execute import run_native
from mloc.runner.jsons import Json, canonical
from tests.airflow.container_programs import CONTAINED, DOCKER, LATE, RETRIED
from tests.airflow.running import compile_text, statuses
from tests.docker.conftest import Docker

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("docker")]


@pytest.fixture(autouse=True)
def _by_the_operator(docker: Docker, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a worker has it: nothing asks the runner to start containers."""
    monkeypatch.delenv("MLOC_CONTAINERS")


def both(text: str, docker: Docker, folder: Path, **params: Json) -> tuple[Mapping[str, Json], Mapping[str, Json]]:
    """The reports of a program, by the native executor and from its bundle."""
    compiled = compile_text((text + DOCKER).replace("IMAGE", docker.image), folder)
    texts = {name: canonical(value) for name, value in params.items()}
    native = run_native(
        compiled.pipeline, texts, store=folder / "native", lines=compiled.analysis.lines(compiled.pipeline), containers="docker"
    )
    return native, compiled.run(folder / "airflow", **params)


def alike(native: Mapping[str, Json], report: Mapping[str, Json]) -> None:
    assert (report["status"], report["outputs"]) == (native["status"], native["outputs"]), report["error"]
    assert statuses(report) == statuses(native)


def test_plain_mapped_together_and_in_a_handler(docker: Docker, tmp_path: Path) -> None:
    native, report = both(CONTAINED, docker, tmp_path)
    alike(native, report)
    assert report["status"] == "succeeded"


def test_a_container_that_fails(docker: Docker, tmp_path: Path) -> None:
    native, report = both(CONTAINED, docker, tmp_path, least=1000)
    alike(native, report)
    assert (report["status"], report["error"]) == ("failed", native["error"])


def test_attempts_and_tolerated_failures(docker: Docker, tmp_path: Path) -> None:
    native, report = both(RETRIED, docker, tmp_path)
    alike(native, report)
    assert statuses(report)["b[0].c"] == ("failed", 3)


def test_a_container_that_is_late(docker: Docker, tmp_path: Path) -> None:
    native, report = both(LATE, docker, tmp_path)
    alike(native, report)
    assert report["error"] == native["error"]
