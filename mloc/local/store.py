"""A run's place: `<store>/objects/`, and `<store>/runs/<run id>/` with its records, logs and report; artifacts may be at a URL instead."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from mloc.local.shelf import Bucket, Folder, Shelf
from mloc.runner.api import FileStore, Records, RemoteStore, StoreError
from mloc.runner.jsons import Json
from mloc.runner.store import reason

DEFAULT_STORE = Path(".mloc")

# Most file systems end a name at 255 bytes.
_LONGEST_NAME = 200

OnEvent = Callable[[Mapping[str, Json]], None]


class StoreUnusable(Exception):
    """The store cannot be read or written; the message is for the user and names the place."""


class RunRecords(Records):
    """Records that also tell a listener of every event, and keep the log of an attempt at `logs/<step id>/<attempt>.log`."""

    def __init__(self, folder: Path, logs: Path, listener: OnEvent | None = None) -> None:
        super().__init__(folder)
        self._logs = logs
        self._listener = listener

    def write(self, event: Mapping[str, Json]) -> None:
        super().write(event)
        if self._listener is not None:
            self._listener(event)

    def asked(self, step_id: str, unit: str, cache: Mapping[str, Json]) -> None:
        """A cached step whose result was looked for and is not kept."""
        self.write({"event": "asked", "id": step_id, "unit": unit, "cache": dict(cache)})

    def cached(self, step_id: str, unit: str, outputs: Mapping[str, Json], cache: Mapping[str, Json]) -> None:
        """A cached step whose result is kept, so that it does not run."""
        self.write({"event": "cached", "id": step_id, "unit": unit, "outputs": dict(outputs), "cache": dict(cache)})

    def log_path(self, step_id: str, attempt: int) -> Path:
        folder = self._logs / _file_name(step_id)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{attempt}.log"


class RunFolder:
    """The folder of one run, made new. Raises StoreUnusable where that fails, also when there is a run with this id already.

    With `remote`, a URL, artifacts, kept results and a copy of the report are there, and the rest of the run here all the same.
    """

    def __init__(self, store: Path, run_id: str | None = None, remote: str | None = None) -> None:
        self.store = store.absolute()
        self._remote = None if remote is None else _opened(remote)
        self.run_id = new_run_id() if run_id is None else run_id
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}", self.run_id):
            raise StoreUnusable(f"{self.run_id!r} cannot be a run's id: use letters, digits, `_`, `.` and `-`")
        self.folder = self.store / "runs" / self.run_id
        self.records = self.folder / "records"
        self.logs = self.folder / "logs"
        self.report = self.folder / "report.json"
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self.folder.mkdir()
            self.records.mkdir()
            (self.store / "objects").mkdir(exist_ok=True)
        except FileExistsError as error:
            if Path(error.filename) == self.folder:
                raise StoreUnusable(f"there is a run `{self.run_id}` in {self.store} already") from None
            raise self.unusable(error) from error
        except OSError as error:
            raise self.unusable(error) from error

    def open_records(self, listener: OnEvent | None) -> RunRecords:
        return RunRecords(self.records, self.logs, listener)

    @property
    def place(self) -> str:
        """What names the store of artifacts to another process: a path or a URL."""
        return str(self.store) if self._remote is None else self._remote.root

    def artifacts(self) -> FileStore | RemoteStore:
        return FileStore(self.store) if self._remote is None else self._remote

    def results(self) -> Shelf:
        """Where the results of cached steps are kept."""
        return Folder(self.store / "cache") if self._remote is None else Bucket(f"{self._remote.root}/cache")

    def unusable(self, error: OSError) -> StoreUnusable:
        """What to tell the user about a failure to read or write here."""
        return StoreUnusable(f"the store {self.store} cannot be used: {reason(error)}")

    def write_report(self, report: Mapping[str, Json]) -> None:
        """Write report.json, whole or not at all, and drop what unfinished writes have left. Raises StoreUnusable."""
        try:
            for path in self.records.glob(".*.tmp"):
                path.unlink(missing_ok=True)
            write_whole(self.report, report_text(report))
            if self._remote is not None:
                Bucket(f"{self._remote.root}/runs").write(f"{self.run_id}/report.json", report_text(report), replace=True)
        except OSError as error:
            raise self.unusable(error) from error
        except StoreError as error:
            raise StoreUnusable(f"the report is in {self.report}, and cannot be copied to the store: {error}") from error


def _opened(url: str) -> RemoteStore:
    """A store at a URL, which can be written. Raises StoreUnusable."""
    try:
        found = RemoteStore(url)
        found.probe()
    except StoreError as error:
        raise StoreUnusable(f"the store cannot be used: {error}") from error
    return found


def report_text(report: Mapping[str, Json]) -> str:
    """A report as the text of a file, for people and programs."""
    return json.dumps(report, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def write_whole(path: Path, text: str) -> None:
    """Write an ASCII file so that it is there whole or not at all. Raises OSError."""
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        unfinished.write_text(text, encoding="ascii")
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def new_run_id() -> str:
    """An id that sorts by time and is not used twice: `20260131-140503-9f3a1c`."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def _file_name(step_id: str) -> str:
    """A step's id as a file name; a long one is shortened and keeps apart from others by its digest."""
    if len(step_id.encode()) <= _LONGEST_NAME:
        return step_id
    digest = hashlib.sha256(step_id.encode()).hexdigest()[:16]
    return f"{step_id.encode()[: _LONGEST_NAME - 20].decode(errors='ignore')}-{digest}"
