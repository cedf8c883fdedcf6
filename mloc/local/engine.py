"""Runs a compiled bundle on an engine of this machine, through the backend's launcher, and reports like the native executor."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.ir.program import PARAMETERS, program
from mloc.local.interrupts import interrupts
from mloc.local.progress import Progress
from mloc.local.report import Status, report
from mloc.local.store import RunFolder
from mloc.runner.api import Program, Records, StepFailed, run_unit
from mloc.runner.jsons import Json
from mloc.runner.records import now
from mloc.runner.secrets import MissingSecret, on_this_machine, variable_of
from mloc.source import Line
from mloc.version import VERSION

_NOT_INSTALLED = 2
_GRACE_SECONDS = 10.0
_LAST_OUTPUT_SECONDS = 2.0
_TAIL_BYTES = 2000


class EngineMissing(Exception):
    """The engine is not installed here; the message is the launcher's and says what to install."""


@dataclass(frozen=True, slots=True)
class _Ending:
    """How an engine's run ended."""

    engine: tuple[str, str]
    status: Status
    error: str | None
    line: int | None = None


def run_engine(
    pipeline: Pipeline,
    bundle_dir: Path,
    launcher: str,
    parameters: Mapping[str, str],
    *,
    target: str,
    store: Path,
    run_id: str | None = None,
    lines: Mapping[str, Line] | None = None,
    progress: Progress | None = None,
    remote: str | None = None,
) -> dict[str, Json]:
    """Run a bundle and give its report, which is also written to `<store>/runs/<run id>/report.json`.

    `launcher` is the backend's module, `target` its name, `parameters` are wire texts by name, `lines` as for `run_native`.
    What the engine prints goes to `<store>/runs/<run id>/engine.log`, and to `progress` when there is one.
    `remote` is the URL of a store, for engines that keep artifacts where they are told.
    Raises EngineMissing, and StoreUnusable when the run's folder cannot be made or its report written.
    """
    folder = RunFolder(store, run_id, remote)
    started = now()
    try:
        checker = Program(dict(program(pipeline, VERSION, lines)))
        ending = _refused(checker, parameters, target, folder)
        if ending is None:
            ending = _launch(folder, bundle_dir, launcher, target, parameters, on_this_machine(checker), progress)
    except MissingSecret as missing:
        ending = _Ending((target, ""), "failed", f"{missing}; nothing was started")
    finally:
        if progress is not None:
            progress.close()
    made = report(
        pipeline,
        folder.records,
        engine=ending.engine,
        status=ending.status,
        error=ending.error,
        started=started,
        finished=now(),
        run_id=folder.run_id,
        params=parameters,
        blamed=("", ending.line),
    )
    folder.write_report(made)
    return made


def _refused(checker: Program, parameters: Mapping[str, str], target: str, folder: RunFolder) -> _Ending | None:
    """The failure of a launch with wrong parameters: it is refused here, before the engine starts."""
    captures = {f"${name}": text for name, text in parameters.items()}
    try:
        run_unit(checker, PARAMETERS, captures, store=folder.artifacts(), records=Records(None))
    except StepFailed as failure:
        return _Ending((target, ""), "failed", failure.message, failure.line)
    return None


def _launch(
    folder: RunFolder,
    bundle_dir: Path,
    launcher: str,
    target: str,
    parameters: Mapping[str, str],
    secrets: Mapping[str, str],
    progress: Progress | None,
) -> _Ending:
    given, result, log = folder.folder / "parameters.json", folder.folder / "result.json", folder.folder / "engine.log"
    command = [sys.executable, "-P", "-m", launcher, str(bundle_dir.absolute()), "--params", str(given), "--records", str(folder.records)]
    environment = {**os.environ, "MLOC_RECORDS": str(folder.records), "MLOC_STORE": folder.place}
    environment |= {variable_of(name): value for name, value in secrets.items()}
    try:
        given.write_text(json.dumps(dict(parameters)), encoding="ascii")
        code, interrupted = _run([*command, "--store", folder.place, "--result", str(result)], environment, log, progress)
    except OSError as error:
        raise folder.unusable(error) from error
    tail = log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").strip()
    if interrupted is not None:
        return _Ending(_engine(result, target), "cancelled", f"the run was cancelled by {interrupted}")
    if code == _NOT_INSTALLED:
        shutil.rmtree(folder.folder)
        raise EngineMissing(tail or f"{launcher} says that {target} is not installed")
    return _ending(result, target, code, f"{launcher} ended with exit code {code}; its output is in {log}: {tail}")


def _engine(result: Path, target: str) -> tuple[str, str]:
    return _ending(result, target, 0, "").engine


def _ending(result: Path, target: str, code: int, unsaid: str) -> _Ending:
    """What the launcher's result file says; `unsaid` is the error where it says nothing."""
    try:
        said = json.loads(result.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        said = None
    match said:
        case {"status": "succeeded", "engine": {"name": str(name), "version": str(version)}} if code == 0:
            return _Ending((name, version), "succeeded", None)
        case {"status": "failed", "engine": {"name": str(name), "version": str(version)}, "error": str() | None as error}:
            return _Ending((name, version), "failed", error or unsaid)
        case _:
            return _Ending((target, ""), "failed", unsaid)


@dataclass(frozen=True, slots=True)
class _Signalled:
    at_once: bool


class _Output(threading.Thread):
    """Copies what an engine prints to its log and to the progress, line by line."""

    def __init__(self, pipe: IO[bytes], log: IO[bytes], progress: Progress | None) -> None:
        super().__init__(daemon=True, name="mloc-engine-output")
        self._pipe = pipe
        self._log = log
        self._progress = progress
        self.error: OSError | None = None

    def run(self) -> None:
        with self._log:
            for line in self._pipe:
                # The pipe is drained also when the disk is full, else the engine would stand still.
                if self.error is None:
                    self._keep(line)
                if self._progress is not None:
                    self._progress.line(line.decode("utf-8", "replace").rstrip("\r\n"))

    def _keep(self, line: bytes) -> None:
        try:
            self._log.write(line)
        except OSError as error:
            self.error = error


def _run(command: list[str], environment: Mapping[str, str], log: Path, progress: Progress | None) -> tuple[int, str | None]:
    """Run a command in a session of its own; gives its exit code, and the name of the signal that ended it early, if one did.

    Raises OSError when the log cannot be written.
    """
    events: SimpleQueue[_Signalled | int] = SimpleQueue()
    kept = log.open("wb", buffering=0)
    with interrupts(lambda again: events.put(_Signalled(again))) as interrupted:
        process = _start(command, environment)
        if process.stdout is None:
            raise AssertionError("a pipe was asked for")
        output = _Output(process.stdout, kept, progress)
        output.start()
        threading.Thread(target=lambda: events.put(process.wait()), daemon=True, name="mloc-engine-end").start()
        code = _wait(process.pid, events)
        # Whatever the launcher left behind in its session would run on without a master.
        _signal(process.pid, signal.SIGKILL)
        output.join(_LAST_OUTPUT_SECONDS)
        if output.error is not None:
            raise output.error
        return code, interrupted()


def _start(command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def _wait(group: int, events: SimpleQueue[_Signalled | int]) -> int:
    """The exit code of a process group's leader, which is ended when asked: politely first."""
    grace: float | None = None
    while True:
        try:
            event = events.get(timeout=grace)
        except Empty:
            event = _Signalled(at_once=True)
        if isinstance(event, int):
            return event
        _signal(group, signal.SIGKILL if event.at_once else signal.SIGTERM)
        grace = None if event.at_once else _GRACE_SECONDS


def _signal(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
