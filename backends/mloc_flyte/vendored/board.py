"""The board of a run: a folder in Flyte's raw output prefix where the tasks of the body note what handlers read."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from flytekit import FlyteContextManager
from flytekit.exceptions.base import FlyteException

from mloc.runner.api import Program, StepFailed
from mloc.runner.failures import run_error
from mloc.runner.jsons import as_array, as_object, as_text
from mloc.runner.program import Unit
from mloc.runner.records import now

BOARD = "board$"
ERROR = "run.error"
_FAILED = "failed-"


def new_board() -> str:
    """The place of a board that nothing stands on yet."""
    return str(FlyteContextManager.current_context().file_access.get_random_remote_directory())


class Board:
    """What is noted of one run."""

    def __init__(self, place: str) -> None:
        self._place = place.rstrip("/")
        self._access = FlyteContextManager.current_context().file_access

    def note(self, values: Mapping[str, str]) -> None:
        """Note the wire texts of values by their capture keys."""
        for key, text in values.items():
            self._put(_name(key), text)

    def note_failure(self, failure: StepFailed, at: str | None = None) -> None:
        """Note why something failed, and when. Where that is not possible the failure is what counts."""
        try:
            self._put(f"{_FAILED}{uuid.uuid4().hex}", json.dumps({"at": at or now(), "error": run_error(failure)}))
        except (OSError, FlyteException) as error:
            print(f"cannot note for the handlers of the run what failed: {error}", flush=True)

    def find(self, key: str) -> str | None:
        """The wire text of a value; None when the run did not come to it."""
        return self._get(_name(key)) if self._access.exists(f"{self._place}/{_name(key)}") else None

    def first_error(self) -> str:
        """The first failure in time of those that were noted, as the wire text of `run.error`."""
        files = self._access.get_filesystem_for_path(self._place).find(self._place)
        names = [name for name in (str(file).rpartition("/")[2] for file in files) if name.startswith(_FAILED)]
        told = [json.loads(self._get(name)) for name in names]
        if not told:
            return json.dumps({"step": None, "message": "the run failed in Flyte, and no step of it says why", "line": None})
        return json.dumps(min(told, key=lambda each: str(each["at"]))["error"])

    def _put(self, name: str, text: str) -> None:
        with TemporaryDirectory() as folder:
            file = Path(folder, "note")
            file.write_text(text, encoding="utf-8")
            self._access.put_data(str(file), f"{self._place}/{name}")

    def _get(self, name: str) -> str:
        with TemporaryDirectory() as folder:
            file = Path(folder, "note")
            self._access.get_data(f"{self._place}/{name}", str(file))
            return file.read_text(encoding="utf-8")


def _name(key: str) -> str:
    # Keys have characters that object stores and addresses do not.
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def is_of_handler(unit: Unit) -> bool:
    return "handler" in unit.body


@cache
def noted(program: Program) -> frozenset[str]:
    """The keys of the values that handlers read, whatever makes them."""
    units = as_object(program.document["units"], "units").values()
    bodies = [as_object(unit, "a unit") for unit in units]
    pairs = [pair for body in bodies if "handler" in body for pair in as_array(body["captures"], "captures")]
    return frozenset(as_text(as_array(pair, "a capture")[0], "a key") for pair in pairs)
