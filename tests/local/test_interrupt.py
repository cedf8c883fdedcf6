"""Ctrl-C and SIGTERM, sent to a process of its own that runs a pipeline."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

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
