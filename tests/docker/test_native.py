"""Container steps of a native run in real containers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mloc.local.execute import run_native
from mloc.testing import NATIVE, cases, check
from tests.docker.conftest import Docker, in_docker
from tests.elaborate.programs import pipeline

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.xdist_group("docker")]

SOURCE = """mlp 1

step write(text: str, n: int?, ratio: float) -> (rows: File[csv], count: int):
    run container command=["/bin/sh", "-c"], args=[
        "printf '%s|%s|%s|%s' \\"$1\\" \\"$WORD\\" \\"$#\\" \\"$(ls /)\\" > \\"$4\\"; echo 3 > \\"$3\\"; echo x > scratch",
        "sh", text, ratio, out(count), out(rows), ["--n", n],
    ]
    image "IMAGE"
    env WORD="$(HOME) it's"

step failing(rows: File[csv]):
    run container command=["/bin/sh", "-c"], args=["test -s $1 && exit 7", "sh", rows]
    image "IMAGE"
    retry 1, backoff=1s

step code(rows: File[csv]) -> (n: int):
    run container command=["python3", "-c"], args=[
        "import pathlib, sys; pathlib.Path(sys.argv[2]).write_text(str(len(pathlib.Path(sys.argv[1]).read_text())))", rows, out(n),
    ]
    image "IMAGE"
    timeout 1min

pipeline p(fails: bool = false) -> (size: int):
    a = write(text="a $(b) {{ 1+1 }}", n=null, ratio=2.0)
    b = code(rows=a.rows)
    if fails:
        failing(rows=a.rows)
    return size=b.n
"""


def run(docker: Docker, tmp_path: Path, **params: str) -> dict[str, object]:
    return dict(run_native(pipeline(SOURCE.replace("IMAGE", docker.image)), params, store=tmp_path / "store"))


def test_words_files_and_variables_of_a_container(docker: Docker, tmp_path: Path) -> None:
    report = run(docker, tmp_path)
    assert report["status"] == "succeeded", report["error"]
    (written,) = (path for path in (tmp_path / "store").rglob("*") if path.is_file() and b"$(b)" in path.read_bytes()[:40])
    text, word, count, root = written.read_text().split("|")
    assert (text, word, count) == ("a $(b) {{ 1+1 }}", "$(HOME) it's", "4")
    # What is there is the image's, not this machine's.
    assert "home" not in root.split()
    assert report["outputs"] == {"size": len(written.read_text())}


def test_the_conformance_program(docker: Docker, tmp_path: Path) -> None:
    (case,) = (case for case in cases() if case.id == "containers-0")
    check(NATIVE, in_docker(case), tmp_path)


def test_a_container_that_fails(docker: Docker, tmp_path: Path) -> None:
    report = run(docker, tmp_path, fails="true")
    assert report["status"] == "failed"
    assert "the container ended with exit status 7" in json.dumps(report["error"])
    steps = report["steps"]
    assert isinstance(steps, dict)
    assert steps["failing"]["attempts"] == 2
