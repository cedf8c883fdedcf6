"""Tells people what a run is doing: a few lines redrawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import PurePath
from typing import Protocol, TextIO

from mloc.frozen import dataclass, field
from mloc.runner.api import StepFailed
from mloc.runner.jsons import Json

_REDRAW_SECONDS = 0.1
_MOST_RUNNING = 8
_TAIL_LINES = 20
_INDENT = " " * 11

Clock = Callable[[], float]


class Progress(Protocol):
    """What a run tells while it runs, from several threads."""

    def event(self, event: Mapping[str, Json]) -> None:
        """A record was written (docs/runner.md)."""

    def failed(self, unit_id: str, failure: StepFailed) -> None:
        """A unit failed for good."""

    def line(self, text: str) -> None:
        """A line that a step or an engine printed, to be shown."""

    def close(self) -> None:
        """Nothing more comes."""


def progress_on(stream: TextIO, source: str) -> Progress:
    """The progress that suits a stream. `source` is the program's file, named beside the line of a step that failed."""
    if stream.isatty() and os.environ.get("TERM", "dumb") != "dumb":
        return LiveProgress(stream, source, color=not os.environ.get("NO_COLOR"))
    return PlainProgress(stream, source)


@dataclass(slots=True)
class _State:
    """What is known of the steps; times are the clock's, in seconds."""

    clock: Clock
    begun: float = 0.0
    running: dict[str, tuple[int, float]] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    succeeded: int = 0
    failed: int = 0

    def take(self, event: Mapping[str, Json]) -> str | None:
        """Note an event; gives the line that says it, if it is worth one."""
        match event:
            case {"event": "started", "id": str(step), "attempt": int(attempt)}:
                self.running[step] = (attempt, self.clock())
                return f"{step} started" if attempt == 1 else f"{step} started again (attempt {attempt})"
            case {"event": "cached", "id": str(step), "cache": {"why": str(why)}}:
                self.succeeded += 1
                return f"{step} cached ({why})"
            case {"event": "asked", "id": str(step), "cache": {"why": str(why)}}:
                return f"{step} has to run: {why}"
            case {"event": "attempt", "id": str(step), "attempt": int(attempt), "status": str(status)}:
                _, since = self.running.pop(step, (attempt, self.clock()))
                log = event.get("log")
                if isinstance(log, str):
                    self.logs[step] = log
                self.succeeded += status == "succeeded"
                return f"{step} {status} (attempt {attempt}, {self.clock() - since:.1f}s){_reason(event.get('error'))}"
            case _:
                return None

    def fail(self, unit_id: str, failure: StepFailed, source: str) -> list[str]:
        """Note that a unit failed for good; gives the lines that say where and why."""
        if failure.kind == "cancelled":
            return [f"{unit_id} cancelled"]
        self.failed += 1
        lines = [] if failure.attempts else [f"{unit_id} failed: {failure.message}"]
        lines.append(f"{unit_id} failed for good" + (f" at {_file(source, failure.file)}:{failure.line}" if failure.line else ""))
        tail = failure.log_tail.splitlines()[-_TAIL_LINES:]
        lines += [f"{_INDENT}| {line}" for line in tail]
        if unit_id in self.logs:
            lines.append(f"{_INDENT}log: {self.logs[unit_id]}")
        return lines

    def elapsed(self) -> float:
        return self.clock() - self.begun


def _file(source: str, name: str) -> str:
    """The path to a file of the program, beside the one that was named on the command line."""
    path = PurePath(source)
    return source if name in ("", path.name) else str(path.parent / name)


def _reason(error: Json) -> str:
    return f": {error['message']}" if isinstance(error, dict) else ""


class PlainProgress:
    """One line for each thing that happened: `[  3.2s] trained[1].fit succeeded (attempt 1, 2.8s)`."""

    def __init__(self, stream: TextIO, source: str, clock: Clock = time.monotonic) -> None:
        self._paper = _Paper(stream)
        self._source = source
        self._lock = threading.Lock()
        self._state = _State(clock, clock())

    def event(self, event: Mapping[str, Json]) -> None:
        with self._lock:
            line = self._state.take(event)
            if line is not None:
                self._write(line)

    def failed(self, unit_id: str, failure: StepFailed) -> None:
        with self._lock:
            for line in self._state.fail(unit_id, failure, self._source):
                self._write(line)

    def line(self, text: str) -> None:
        with self._lock:
            self._write(f"{_INDENT}| {text}")

    def close(self) -> None:
        """Nothing is held back."""

    def _write(self, line: str) -> None:
        stamp = "" if line.startswith(_INDENT) else f"[{self._state.elapsed():5.1f}s] "
        self._paper.write(f"{stamp}{visible(line)}\n")


class LiveProgress:
    """Counts and the running steps, redrawn in place; failures stay above them."""

    def __init__(self, stream: TextIO, source: str, *, color: bool, clock: Clock = time.monotonic) -> None:
        self._paper = _Paper(stream)
        self._source = source
        self._color = color
        self._lock = threading.Lock()
        self._state = _State(clock, clock())
        self._drawn = 0
        self._closed = threading.Event()
        self._painter = threading.Thread(target=self._paint, daemon=True, name="mloc-progress")
        self._painter.start()

    def event(self, event: Mapping[str, Json]) -> None:
        with self._lock:
            self._state.take(event)

    def failed(self, unit_id: str, failure: StepFailed) -> None:
        with self._lock:
            first, *rest = self._state.fail(unit_id, failure, self._source)
            self._above([self._red(visible(first)), *map(visible, rest)])

    def line(self, text: str) -> None:
        with self._lock:
            self._above([visible(text)])

    def close(self) -> None:
        self._closed.set()
        self._painter.join()
        with self._lock:
            self._paper.write(self._erased())

    def _paint(self) -> None:
        while not self._closed.wait(_REDRAW_SECONDS):
            with self._lock:
                self._above([])

    def _above(self, lines: list[str]) -> None:
        """Write lines that stay, and the changing ones anew below them."""
        erased = self._erased()
        changing = self._changing()
        self._drawn = len(changing)
        self._paper.write(erased + "".join(f"{line}\n" for line in [*lines, *changing]))

    def _erased(self) -> str:
        up = f"\x1b[{self._drawn}A\r\x1b[J" if self._drawn else ""
        self._drawn = 0
        return up

    def _changing(self) -> list[str]:
        state = self._state
        width = shutil.get_terminal_size().columns - 1
        failed = f", {state.failed} failed" if state.failed else ""
        lines = [f"[{state.elapsed():5.1f}s] {state.succeeded} done, {len(state.running)} running{failed}"]
        for step, (attempt, since) in list(state.running.items())[:_MOST_RUNNING]:
            again = f" (attempt {attempt})" if attempt > 1 else ""
            lines.append(f"{state.clock() - since:8.1f}s {visible(step)}{again}")
        if len(state.running) > _MOST_RUNNING:
            lines.append(f"{_INDENT}and {len(state.running) - _MOST_RUNNING} more")
        return [line[:width] for line in lines]

    def _red(self, text: str) -> str:
        return f"\x1b[31m{text}\x1b[0m" if self._color else text


class _Paper:
    """A stream that never fails and never raises for a character it does not have."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._gone = False

    def write(self, text: str) -> None:
        if self._gone or not text:
            return
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads any more (a closed pipe or terminal): no reason for the run to end.
            self._gone = True


def visible(text: str) -> str:
    """A text for a terminal: what would move the cursor, change colours or hide itself is shown escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "    " if char == "\t" else ascii(char)[1:-1] for char in text)
