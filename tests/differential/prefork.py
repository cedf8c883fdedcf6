"""Processes that are forked from one that has loaded the runner already, because starting Python costs more than our steps do.

`python prefork.py SOCKET` is that process: what it is asked over the socket it does in a fork of itself.
What a fork runs is what a new Python would have run: the code of the child is the runner's own, or Kubeflow's command as it is.
"""

from __future__ import annotations

import array
import gc
import hashlib
import importlib.machinery
import json
import marshal
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CodeType
from typing import IO, Any

Command = Sequence[str]
_REAL = subprocess.Popen


# ---- the server -------------------------------------------------------------------------------------------------------


def serve(number: int) -> None:
    """Fork for every request until the other end of the socket is closed."""
    from same_runner import share  # it stands beside this file, which is run by its path

    for name in (
        "mloc_kfp.vendored.adapter",
        "random",
        "tempfile",
        "fnmatch",
        "threading",
        "uuid",
        "enum",
        "inspect",
        "bz2",
        "zipfile",
        "ast",
        "datetime",
        "dataclasses",
        "traceback",
        "shutil",
        "base64",
        "typing",
    ):
        __import__(name)
    share()
    sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != Path(__file__).resolve().parent]
    control = socket.socket(fileno=number)
    with tempfile.TemporaryDirectory(prefix="mloc-codes-") as folder:
        gc.collect()
        gc.freeze()
        _serve(control, Path(folder))


def _serve(control: socket.socket, codes: Path) -> None:
    """`askers` are the sockets of those who may ask: who started this, and the tasks of Kubeflow, whose steps are processes too."""
    askers = {control.fileno(): control}
    running: dict[int, tuple[int, int]] = {}
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while control.fileno() in askers:
        for ready, _ in poller.poll():
            if ready in running:
                poller.unregister(ready)
                _reap(ready, *running.pop(ready))
                continue
            message, descriptors, _, _ = socket.recv_fds(askers[ready], 16, 4)
            if not message:
                poller.unregister(ready)
                askers.pop(ready).close()
                continue
            request, output, *lifeline, reply = descriptors
            ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            pid = os.fork()
            if pid == 0:
                _perform(request, output, lifeline or [theirs.fileno()], codes)
            theirs.close()
            askers[ours.fileno()] = ours
            poller.register(ours, select.POLLIN)
            for descriptor in (request, output, *lifeline):
                os.close(descriptor)
            end = os.pidfd_open(pid)
            running[end] = (pid, reply)
            poller.register(end, select.POLLIN)
            os.write(reply, array.array("i", [pid]).tobytes())


def _reap(end: int, pid: int, reply: int) -> None:
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):
        os.write(reply, array.array("i", [status]).tobytes())
    os.close(reply)
    os.close(end)


def _perform(request: int, output: int, kept: list[int], codes: Path) -> None:
    """What a fork does: it becomes the process that was asked for, with the descriptor `kept` as its number 3. Never returns."""
    code = 1
    try:
        with os.fdopen(request, "rb") as file:
            file.seek(0)
            asked = json.loads(file.read())
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(kept[0], 3)
        os.closerange(4, 1024)
        if asked["session"]:
            os.setsid()
        os.environ.clear()
        os.environ.update(asked["environment"])
        if asked["folder"]:
            os.chdir(asked["folder"])
        code = _exit_code(asked["command"], codes)
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with suppress(Exception):
                stream.flush()
        os._exit(code)


def _exit_code(command: list[str], codes: Path) -> int:
    try:
        if command[1:4] == ["-X", "utf8", "-c"]:
            # The runner's own command: `-c BOOT ROOT PACKAGE.child JOB LIFELINE`.
            from mloc.runner.child import main

            sys.path.append(command[5])
            main([command[7], "3"])
        else:
            sys.argv[:] = ["-c", *command[3:]]
            sys.dont_write_bytecode = True
            sys.path.insert(0, "")
            _remember(codes)
            subprocess.Popen = _popen(socket.socket(fileno=3))  # type: ignore[assignment, misc]
            exec(compile(command[2], "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _remember(codes: Path) -> None:
    """Compile each source once only: every task of Kubeflow unpacks the same modules to another folder."""
    compiled = importlib.machinery.SourceFileLoader.source_to_code

    def to_code(loader: Any, data: bytes, path: str, **more: Any) -> CodeType:  # noqa: ANN401  (importlib's own signature)
        if not isinstance(data, bytes):
            return compiled(loader, data, path, **more)
        kept = codes / hashlib.sha256(data + Path(path).name.encode()).hexdigest()
        if kept.exists():
            found: CodeType = marshal.loads(kept.read_bytes())
            return found
        code = compiled(loader, data, path, **more)
        unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
        unfinished.write_bytes(marshal.dumps(code))
        unfinished.replace(kept)
        return code

    importlib.machinery.SourceFileLoader.source_to_code = to_code  # type: ignore[method-assign]


# ---- the client -------------------------------------------------------------------------------------------------------


class Forked:
    """What `subprocess.Popen` gives, as far as the runner and Kubeflow use it, for a process that the server forked."""

    def __init__(self, control: socket.socket, command: Command, environment: Mapping[str, str], more: Mapping[str, Any]) -> None:
        asked = {"command": list(command), "environment": dict(environment), "folder": None, "session": bool(more.get("start_new_session"))}
        if more.get("cwd") is not None:
            asked["folder"] = os.fspath(more["cwd"])
        request = os.memfd_create("request")
        os.write(request, json.dumps(asked).encode())
        output, theirs = os.pipe()
        self._reply, reply = os.pipe()
        try:
            socket.send_fds(control, [b"."], [request, theirs, *more.get("pass_fds", ()), reply])
        finally:
            for descriptor in (request, theirs, reply):
                os.close(descriptor)
        self.pid = self._read()
        self.returncode: int | None = None
        self._end = select.poll()
        self._end.register(self._reply, select.POLLIN | select.POLLHUP)
        self.stdout: IO[Any] = open(output, encoding="utf-8", errors="replace") if more.get("text") else open(output, "rb", buffering=0)  # noqa: PTH123, SIM115

    def _read(self) -> int:
        data = os.read(self._reply, 4)
        return int(array.array("i", data)[0]) if len(data) == 4 else -signal.SIGKILL

    def poll(self, seconds: float | None = 0) -> int | None:
        if self.returncode is None and self._end.poll(None if seconds is None else seconds * 1000):
            self.returncode = self._read()
            os.close(self._reply)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        code = self.poll(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("a forked process", timeout or 0)
        return code

    def __enter__(self) -> Forked:
        return self

    def __exit__(self, *_: object) -> None:
        self.stdout.close()
        self.wait()


@contextmanager
def forking() -> Iterator[None]:
    """While this lasts, what the runner and Kubeflow start is forked; whatever else is started is started as ever."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    server = _REAL([sys.executable, "-X", "utf8", __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    theirs.close()
    subprocess.Popen = _popen(ours)  # type: ignore[assignment, misc]
    try:
        yield
    finally:
        subprocess.Popen = _REAL  # type: ignore[misc]
        ours.close()
        server.wait()


def _popen(control: socket.socket) -> Callable[..., object]:
    def popen(command: Command, *args: Any, **more: Any) -> object:  # noqa: ANN401  (Popen's own signature)
        is_step = len(command) == 9 and list(command[1:4]) == ["-X", "utf8", "-c"]
        is_task = len(command) > 4 and command[1] == "-c" and command[3] == "--executor_input"
        if is_step or is_task:
            return Forked(control, command, more.get("env") or os.environ, more)
        return _REAL(command, *args, **more)

    return popen


if __name__ == "__main__":
    serve(int(sys.argv[1]))
