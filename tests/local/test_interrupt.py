"""Ctrl-C and SIGTERM, sent to a process of its own that runs a pipeline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import json, sys
from pathlib import Path
from tests.local.pipelines import call, pipeline, retry, step
from mloc.local.execute import run_native
from mloc.source import Line
from mloc.types.model import STR
from mloc.ir.model import Const

CODE = '''
import os, pathlib, signal, subprocess, time
if stubborn == "yes":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen(["sleep", "61.25"])
pathlib.Path(folder, "ready").write_text(f"{os.getpid()} {child.pid}")
time.sleep(60)
return 1
'''
folder, stubborn = sys.argv[1:]
wait = step("wait", CODE, {"folder": STR, "stubborn": STR})
given = {"folder": Const(STR, json.dumps(folder)), "stubborn": Const(STR, json.dumps(stubborn))}
of = pipeline([wait], [call("w", "wait", settings=retry(3), **given), call("next", "wait", after=("w",), **given)])
report = run_native(of, {}, store=Path(folder, "store"), run_id="r", lines={"w": Line("p.mlp", 7)})
print(json.dumps({"status": report["status"], "error": report["error"], "steps": {k: v["status"] for k, v in report["steps"].items()}}))
"""


def launch(folder: Path, stubborn: str = "no") -> tuple[subprocess.Popen[str], list[int]]:
    """Start the pipeline and wait until its step runs; gives the process, and the ids of the step's and of what it started."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path])}
    # Not via a shell: a background job would have SIGINT ignored.
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(folder), stubborn], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 30
    while not (folder / "ready").exists() or not (folder / "ready").read_text():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return process, [int(pid) for pid in (folder / "ready").read_text().split()]


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def all_end(pids: list[int], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while any(map(is_alive, pids)):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_run_and_leaves_no_process(number: signal.Signals, tmp_path: Path) -> None:
    process, pids = launch(tmp_path)
    process.send_signal(number)
    said = json.loads(process.communicate(timeout=15)[0])
    assert said["status"] == "cancelled"
    assert said["error"] == {"step": None, "message": f"the run was cancelled by {number.name}", "line": None}
    assert said["steps"] == {"w": "failed", "next": "not_run"}
    assert all_end(pids, 1)
    report = json.loads((tmp_path / "store" / "runs" / "r" / "report.json").read_text())
    assert report["steps"]["w"]["error"]["kind"] == "cancelled"
    assert report["steps"]["w"]["attempts"] == 1


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    process, pids = launch(tmp_path, "yes")
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    said = json.loads(process.communicate(timeout=15)[0])
    assert said["status"] == "cancelled"
    assert time.monotonic() - begun < 0.9
    assert all_end(pids, 2)


def test_nothing_outlives_a_run_that_is_killed(tmp_path: Path) -> None:
    process, pids = launch(tmp_path)
    process.kill()
    process.communicate(timeout=15)
    assert all_end(pids, 5)


HANDLERS = """
import json, sys
from pathlib import Path
from mloc.driver import analyse
from mloc.local import phases
from mloc.local.execute import run_native

phases.HANDLER_GRACE_SECONDS = 2.0
folder, seconds = sys.argv[1:]
path = Path(folder, "p.mlp")
path.write_text(Path(folder, "program").read_text())
analysis = analyse(str(path))
params = {"folder": json.dumps(folder), "seconds": seconds}
report = run_native(analysis.pipelines[0], params, store=Path(folder, "store"), run_id="r")
print(json.dumps({k: report[k] for k in ("status", "error", "steps")}))
"""
PIPELINE = '''mlp 1

step wait(folder: str, after_boom: bool):
    run inline """
        import pathlib, time
        while after_boom and not pathlib.Path(folder, "boomed").exists():
            time.sleep(0.02)
        time.sleep(1.0 if after_boom else 0.0)
        pathlib.Path(folder, "ready").write_text("1")
        time.sleep(60)
        """

step boom(folder: str):
    run inline """
        import pathlib
        pathlib.Path(folder, "boomed").touch()
        raise ValueError("boom")
        """

step note(text: str, seconds: float) -> (said: str):
    run inline """
        import time
        time.sleep(seconds)
        return text
        """
    timeout 1min

pipeline p(folder: str, seconds: float):
    BOOM
    wait(folder=folder, after_boom=AFTER)
    on failure:
        note(text=run.error.message, seconds=0.0)
    finally:
        note(text=run.status, seconds=seconds)
'''


def cancelled(folder: Path, boom: str, seconds: float, *, twice: bool = False) -> dict[str, Any]:
    """The report of a run with handlers that gets SIGINT in its body, and perhaps again in `finally`."""
    (folder / "program").write_text(PIPELINE.replace("BOOM\n    ", boom).replace("AFTER", "true" if boom else "false"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).resolve().parents[2]), *sys.path])}
    command = [sys.executable, "-c", HANDLERS, str(folder), str(seconds)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    waits = [folder / "ready", *([folder / "store/runs/r/logs/finally.note/1.log"] if twice else [])]
    for place in waits:
        deadline = time.monotonic() + 30
        while not place.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=30)
    assert process.returncode == 0, error
    found: dict[str, Any] = json.loads(out)
    return found


def test_finally_runs_after_a_signal_and_on_failure_does_not(tmp_path: Path) -> None:
    found = cancelled(tmp_path, "", 0.0)
    assert (found["status"], found["error"]["message"]) == ("cancelled", "the run was cancelled by SIGINT")
    assert found["steps"]["finally.note"]["outputs"] == {"said": "cancelled"}
    assert found["steps"]["on_failure.note"]["status"] == "skipped"


def test_on_failure_runs_after_a_signal_when_something_had_failed(tmp_path: Path) -> None:
    found = cancelled(tmp_path, "b = boom(folder=folder)\n    ", 0.0)
    assert found["status"] == "cancelled"
    assert found["error"]["step"] == "b"
    assert found["steps"]["on_failure.note"]["outputs"] == {"said": "ValueError: boom (p.mlp:17)"}
    assert found["steps"]["finally.note"]["outputs"] == {"said": "cancelled"}


def test_a_handler_has_a_grace_of_its_own(tmp_path: Path) -> None:
    found = cancelled(tmp_path, "", 50.0)
    assert found["status"] == "cancelled"
    assert found["steps"]["finally.note"]["error"]["kind"] == "cancelled"


def test_a_second_signal_does_not_wait_for_handlers(tmp_path: Path) -> None:
    began = time.monotonic()
    found = cancelled(tmp_path, "", 50.0, twice=True)
    assert time.monotonic() - began < 25
    assert found["status"] == "cancelled"
    assert found["steps"]["finally.note"]["status"] == "failed"
