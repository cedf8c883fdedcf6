"""Running a child process: its output line by line, its time limit, its end and the end of everything it started."""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Callable

from .processes import ProcessTree
from .secrets import Mask

GRACE_SECONDS = 10.0
CANCEL_GRACE_SECONDS = 1.0

_TAIL_LINES = 40
_LONGEST_LINE = 16_384
_POLL_SECONDS = 0.05

OnLog = Callable[[str], None]


@dataclass(frozen=True)
class Ending:
    """How a child ended. `code` is the exit code, negative for a signal; `reason` is why we killed it, if we did: timeout or cancelled."""

    code: int
    reason: str | None
    tail: str


class _Pump(threading.Thread):
    """Copies a pipe to the log and to `on_log` without ever holding more than a line of bounded length."""

    def __init__(self, pipe: int, log: BinaryIO | None, on_log: OnLog | None, mask: Mask) -> None:
        super().__init__(daemon=True, name="mloc-log")
        self._pipe = pipe
        self._log = log
        self._on_log = on_log
        self._mask = mask
        self._rest = b""
        self._lines: deque[str] = deque(maxlen=_TAIL_LINES)
        self.stopping = threading.Event()
        self.error: BaseException | None = None

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._pipe, selectors.EVENT_READ)
            while True:
                if not selector.select(_POLL_SECONDS if self.stopping.is_set() else 0.5):
                    if self.stopping.is_set():
                        break
                    continue
                block = os.read(self._pipe, 65_536)
                if not block:
                    break
                self._take(block)
        if self._rest:
            self._keep(self._rest)
            self._give(self._rest)

    def _take(self, block: bytes) -> None:
        if not self._mask:
            self._write(block)
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._keep(line + b"\n")
            self._give(line)
        while len(self._rest) > _LONGEST_LINE:
            # Masked before it is cut, so that no half of a secret is left.
            self._rest = self._mask.data(self._rest)
            line, self._rest = self._rest[:_LONGEST_LINE], self._rest[_LONGEST_LINE:]
            self._keep(line)
            self._give(line)

    def _keep(self, line: bytes) -> None:
        """Write to the log what could not be written as it came: a secret may be cut by the end of a block."""
        if self._mask:
            self._write(self._mask.data(line))

    def _write(self, data: bytes) -> None:
        self._guard(lambda: None if self._log is None else self._log.write(data))

    def _give(self, line: bytes) -> None:
        line = self._mask.data(line)
        text = line.decode("utf-8", "replace").rstrip("\r")
        self._lines.append(text if len(text) <= 2000 else f"{text[:2000]}…")
        if self._on_log is not None:
            on_log = self._on_log
            self._guard(lambda: on_log(text))

    def _guard(self, action: Callable[[], object]) -> None:
        # The pipe is drained whatever happens, else the child would block; the first error is raised in the caller's thread.
        if self.error is None:
            try:
                action()
            except BaseException as error:
                self.error = error

    def tail(self) -> str:
        return "\n".join(self._lines)


def supervise(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    scratch: Path,
    log: Path | None,
    on_log: OnLog | None,
    timeout: float | None,
    cancel: threading.Event | None,
    mask: Mask | None = None,
) -> Ending:
    """Run a command in a session of its own until nothing of it is left.

    `timeout` is in seconds. The command gets one more argument: the number of a pipe that ends when this process dies.
    What `mask` masks is in no log. Raises OSError when it cannot be started, and whatever `on_log` raised.
    """
    with ExitStack() as stack:
        process = _Child(_start(command, environment, folder, stack), stack)
        pipe = process.popen.stdout
        if pipe is None:
            raise AssertionError("a pipe was asked for")
        stack.enter_context(pipe)
        tree = ProcessTree(process.popen.pid, scratch, pipe.fileno())
        kept = None if log is None else stack.enter_context(log.open("wb", buffering=0))
        pump = _Pump(pipe.fileno(), kept, on_log, mask or Mask(()))
        pump.start()
        try:
            reason = _wait(process, tree, timeout, cancel)
        finally:
            _finish(process.popen, tree, pump)
    if pump.error is not None:
        raise pump.error
    return Ending(process.popen.returncode, reason, pump.tail())


def _start(command: Sequence[str], environment: Mapping[str, str], folder: Path, stack: ExitStack) -> subprocess.Popen[bytes]:
    """Start the command with a pipe whose other end stays open until the stack is left."""
    lifeline, ours = os.pipe()
    stack.callback(os.close, ours)
    try:
        return subprocess.Popen(
            [*command, str(lifeline)],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
            pass_fds=[lifeline],
        )
    finally:
        os.close(lifeline)


class _Child:
    """A process whose end is noticed at once where the system tells of it; `Popen` looks again and again, less and less often."""

    def __init__(self, popen: subprocess.Popen[bytes], stack: ExitStack) -> None:
        self.popen = popen
        self._poller: select.poll | None = None
        # Linux alone has it, and a sandbox may refuse it.
        open_end = getattr(os, "pidfd_open", None)
        if open_end is None:
            return
        try:
            end = open_end(popen.pid)
        except OSError:
            return
        stack.callback(os.close, end)
        self._poller = select.poll()
        self._poller.register(end, select.POLLIN)

    def has_ended(self, seconds: float) -> bool:
        """Whether the process ended within this time."""
        if self._poller is not None:
            self._poller.poll(seconds * 1000)
            return self.popen.poll() is not None
        try:
            self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


def _wait(process: _Child, tree: ProcessTree, timeout: float | None, cancel: threading.Event | None) -> str | None:
    """Wait for the end of the process; at the time limit or when cancelled, bring it about. Gives the reason in that case."""
    deadline = None if timeout is None else time.monotonic() + timeout
    while not process.has_ended(_POLL_SECONDS):
        if cancel is not None and cancel.is_set():
            _stop(process, tree, CANCEL_GRACE_SECONDS)
            return "cancelled"
        if deadline is not None and time.monotonic() >= deadline:
            _stop(process, tree, GRACE_SECONDS)
            return "timeout"
    return None


def _stop(process: _Child, tree: ProcessTree, grace: float) -> None:
    """Ask the whole family to end, and make it end after the grace."""
    deadline = time.monotonic() + grace
    tree.signal(signal.SIGTERM)
    while time.monotonic() < deadline:
        if process.has_ended(_POLL_SECONDS):
            if tree.is_empty():
                break
            time.sleep(_POLL_SECONDS)
    tree.signal(signal.SIGKILL)
    process.popen.wait()


def _finish(process: subprocess.Popen[bytes], tree: ProcessTree, pump: _Pump) -> None:
    """End what is left of the family, so that nobody holds the pipe or the scratch folder, and take the last of the output."""
    if process.poll() is None:
        tree.signal(signal.SIGKILL)
        process.wait()
    pump.join(2 * _POLL_SECONDS)
    if pump.is_alive() or not tree.is_empty():
        tree.signal(signal.SIGKILL)
    pump.stopping.set()
    pump.join()
