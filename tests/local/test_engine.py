"""Running a bundle through a launcher, here one that is written by the test."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from mloc.local.engine import EngineMissing, run_engine
from mloc.runner.jsons import Json
from mloc.source import Line
from mloc.types.model import INT
from tests.local.pipelines import call, number, pipeline, result_of, step

OF = pipeline([step("inc", "return x", {"x": INT})], [call("a", "inc", x=number(1))], {"out": result_of("a")}, {"n": "1"})

HEAD = """
import json, os, pathlib, sys, time
bundle, *rest = sys.argv[1:]
options = dict(zip(rest[::2], rest[1::2]))
params = json.loads(pathlib.Path(options["--params"]).read_text())
def finish(status, error=None):
    document = {"status": status, "engine": {"name": "toy", "version": "9"}, "error": error}
    pathlib.Path(options["--result"]).write_text(json.dumps(document))
"""

RECORDS = """
from mloc.runner.api import Records
records = Records.from_environment()
assert str(records.folder) == options["--records"]
assert os.environ["MLOC_STORE"] == options["--store"]
records.parameters({"n": int(params["n"])})
records.started("a", "a", 1, "2026-01-31T14:05:03Z")
records.succeeded("a", "a", 1, "2026-01-31T14:05:03Z", {"result": 5}, None)
records.outputs({"out": 5})
"""


@pytest.fixture
def launch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launch:
    modules = tmp_path / "modules"
    modules.mkdir()
    checkout = Path(__file__).resolve().parents[2]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(modules), str(checkout)]))
    return Launch(tmp_path, modules)


class Launch:
    """Runs the pipeline with a launcher of the given code."""

    def __init__(self, folder: Path, modules: Path) -> None:
        self.folder = folder
        self.modules = modules
        self.run = folder / "store" / "runs" / "r"

    def __call__(self, code: str, **params: str) -> dict[str, Json]:
        (self.modules / "toy_launcher.py").write_text(HEAD + code)
        return run_engine(
            OF, self.folder, "toy_launcher", params, target="toy", store=self.folder / "store", run_id="r", lines={"": Line("p.mlp", 3)}
        )


def test_a_bundle_is_run_and_reported_from_its_records(launch: Launch) -> None:
    report = launch(RECORDS + "print('hello from', bundle)\nfinish('succeeded')", n="7")
    assert report["status"] == "succeeded"
    assert report["engine"] == {"name": "toy", "version": "9"}
    assert report["params"] == {"n": 7}
    assert report["outputs"] == {"out": 5}
    assert report["steps"]["a"]["status"] == "succeeded"
    assert (launch.run / "engine.log").read_text() == f"hello from {launch.folder}\n"
    assert (launch.run / "report.json").exists()


def test_an_engine_that_fails_says_why(launch: Launch) -> None:
    report = launch("finish('failed', 'the scheduler is down')", n="7")
    assert report["error"] == {"step": None, "message": "the scheduler is down", "line": None}


def test_a_launcher_that_dies_is_a_failed_run_with_its_last_output(launch: Launch) -> None:
    report = launch("sys.exit('no luck today')", n="7")
    assert report["status"] == "failed"
    assert "exit code 1" in report["error"]["message"]
    assert "no luck today" in report["error"]["message"]


def test_a_success_with_a_bad_exit_code_is_none(launch: Launch) -> None:
    assert launch("finish('succeeded')\nsys.exit(3)", n="7")["status"] == "failed"


def test_an_engine_that_is_not_installed(launch: Launch) -> None:
    with pytest.raises(EngineMissing, match=r"^install mloc\[toy\]$"):
        launch("print('install mloc[toy]', file=sys.stderr)\nsys.exit(2)", n="7")
    assert not launch.run.exists()


def test_wrong_parameters_are_refused_before_the_engine_starts(launch: Launch) -> None:
    report = launch("open(bundle + '/started', 'w')", n='"x"')
    assert report["status"] == "failed"
    assert report["error"]["line"] == 3
    assert not (launch.folder / "started").exists()


def test_an_interrupt_cancels_it(launch: Launch) -> None:
    def interrupt() -> None:
        while not (launch.folder / "started").exists():
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    report = launch("open(bundle + '/started', 'w').close()\ntime.sleep(60)", n="7")
    thread.join()
    assert report["status"] == "cancelled"
    assert report["error"]["message"] == "the run was cancelled by SIGINT"
