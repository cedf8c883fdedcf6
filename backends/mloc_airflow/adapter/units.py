"""Runs one unit of the pipeline's program within an Airflow task."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mloc.runner.api import FileStore, Program, Records, Spill, StepFailed, Store, StoreError, load_program, open_store, run_unit
from mloc.runner.jsons import as_object

from .engine import connection_field
from .limits import goes_on
from .places import container_of, python_of, runner_containers
from .run_values import run_values

# Some databases keep no more in a row, and none is made for more.
_MOST = 48 << 10

HERE = Path(__file__).resolve().parent

_log = logging.getLogger(__name__)


@cache
def program() -> Program:
    """The program of this bundle."""
    return load_program(HERE / "program.json")


def store() -> Store:
    """The store of artifacts: the folder or URL that MLOC_STORE names, else `mloc-store` in Airflow's home. All workers must see it.

    Raises StepFailed for what names no store.
    """
    place = os.environ.get("MLOC_STORE")
    if not place:
        return FileStore(Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "mloc-store")
    try:
        return open_store(place)
    except StoreError as error:
        raise StepFailed("store", f"MLOC_STORE: {error}") from None


def run_once(unit_id: str, captures: Mapping[str, str], *, retries: bool, attempt: int, cancel: threading.Event) -> dict[str, str]:
    """Run a unit; what the step prints goes to the task's log. Raises StepFailed."""
    kept, given, container = store(), {**_of_run(unit_id), **captures}, container_of(unit_id)
    spill = Spill(kept, _MOST, "an XCom of Airflow")
    # Airflow takes the branches itself, except within a mapped body and in handlers.
    guards = "[]" in unit_id or "handler" in program().unit(unit_id).body
    if container is not None:
        from mloc.runner.elsewhere import Around

        from .contained import Contained, run_contained

        around = Around(kept, Records.from_environment(), spill)
        call = Contained(program(), unit_id, given, container, around, _secrets(unit_id), cancel)
        return run_contained(call, guards=guards, retries=retries, attempt=attempt, goes_on=goes_on())
    return run_unit(
        program(),
        unit_id,
        given,
        store=kept,
        records=Records.from_environment(),
        code=[str(HERE / "code")],
        retries=retries,
        guards=guards,
        attempt=attempt,
        on_log=_log.info,
        cancel=cancel,
        goes_on=goes_on(),
        python=python_of(unit_id, _log.info),
        secrets=_secrets(unit_id),
        containers=runner_containers(),
        spill=spill,
    )


def _of_run(unit_id: str) -> dict[str, str]:
    """What a unit reads of the run itself."""
    wanted = program().unit(unit_id).captures
    return {key: text for key, text in run_values().items() if key in wanted} if any(key.startswith("run.") for key in wanted) else {}


def _secrets(unit_id: str) -> dict[str, str]:
    """The secrets of a unit that Airflow's connections hold, by name."""
    wanted = as_object(program().unit(unit_id).settings.get("secrets", {}), "the secrets of a unit")
    found = {}
    for name in map(str, wanted.values()):
        match program().secrets.get(name):
            case ["airflow", {"connection": str(connection), **more}]:
                found[name] = connection_field(connection, str(more.get("field", "password")))
            case _:
                pass  # the runner reads it
    return found
