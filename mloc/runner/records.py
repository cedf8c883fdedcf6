"""Records of what happened, one small file each, from which the run report is made for every engine."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from .failures import StepFailed
from .jsons import Json, as_object, canonical, parse

FOLDER_VARIABLE = "MLOC_RECORDS"

_clock = threading.Lock()
_last = 0


def now() -> str:
    """The present instant, in UTC, as RFC 3339 with microseconds."""
    return datetime.now(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


class Records:
    """Events go to a folder that many processes may share; with None for the folder nothing is written."""

    def __init__(self, folder: str | Path | None) -> None:
        self.folder = None if folder is None else Path(folder).absolute()
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def from_environment(cls) -> Records:
        """The records that MLOC_RECORDS asks for."""
        return cls(os.environ.get(FOLDER_VARIABLE) or None)

    def write(self, event: Mapping[str, Json]) -> None:
        """Write one event, whole or not at all; the name sorts by time."""
        if self.folder is None:
            return
        name = f"{_tick():020d}-{os.getpid()}-{os.urandom(4).hex()}"
        unfinished = self.folder / f".{name}.tmp"
        unfinished.write_text(canonical(dict(event)), encoding="ascii")
        unfinished.replace(self.folder / f"{name}.json")

    def events(self) -> list[dict[str, Json]]:
        """Every event so far, in the order of time."""
        if self.folder is None:
            return []
        return [as_object(parse(path.read_text(encoding="ascii")), path.name) for path in sorted(self.folder.glob("[0-9]*.json"))]

    def log_path(self, step_id: str, attempt: int) -> Path | None:
        """A new path for the log of an attempt, None when nothing is kept."""
        if self.folder is None:
            return None
        logs = self.folder / "logs"
        logs.mkdir(exist_ok=True)
        return logs / f"{re.sub(r'[^A-Za-z0-9_.-]', '_', step_id)[:100]}.{attempt}.{os.urandom(4).hex()}.log"

    def started(self, step_id: str, unit: str, attempt: int, started: str) -> None:
        self.write({"event": "started", "id": step_id, "unit": unit, "attempt": attempt, "started": started})

    def succeeded(self, step_id: str, unit: str, attempt: int, started: str, outputs: dict[str, Json], log: Path | None) -> None:
        self._attempt(step_id, unit, attempt, started, log, {"status": "succeeded", "error": None, "outputs": outputs})

    def attempt_failed(self, step_id: str, unit: str, attempt: int, started: str, failure: StepFailed, log: Path | None) -> None:
        self._attempt(step_id, unit, attempt, started, log, {"status": "failed", "error": error_json(failure), "outputs": None})

    def _attempt(self, step_id: str, unit: str, attempt: int, started: str, log: Path | None, ending: dict[str, Json]) -> None:
        event: dict[str, Json] = {"event": "attempt", "id": step_id, "unit": unit, "attempt": attempt}
        self.write({**event, "started": started, "finished": now(), **ending, "log": None if log is None else str(log)})

    def failed(self, unit_id: str, unit: str, failure: StepFailed) -> None:
        """A unit that failed without having started any user code."""
        self.write({"event": "failed", "id": unit_id, "unit": unit, "error": error_json(failure)})

    def skipped(self, unit_id: str, unit: str) -> None:
        self.write({"event": "skipped", "id": unit_id, "unit": unit})

    def decided(self, unit_id: str, unit: str, arm: str) -> None:
        self.write({"event": "decided", "id": unit_id, "unit": unit, "arm": arm})

    def items(self, unit_id: str, unit: str, count: int) -> None:
        self.write({"event": "items", "id": unit_id, "unit": unit, "count": count})

    def outputs(self, values: dict[str, Json]) -> None:
        self.write({"event": "outputs", "values": values})

    def parameters(self, values: dict[str, Json]) -> None:
        self.write({"event": "parameters", "values": values})


def error_json(failure: StepFailed) -> Json:
    return {"kind": failure.kind, "message": failure.message, "line": failure.line}


def _tick() -> int:
    """Nanoseconds since 1970, each greater than the one before in this process."""
    global _last
    with _clock:
        _last = max(time.time_ns(), _last + 1)
        return _last
