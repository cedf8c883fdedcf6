"""What `target airflow` says, as arguments of `@dag`, its defaults for tasks, and the arguments of single tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from mloc.emit.names import shorten
from mloc.emit.python import Code, call, code, literal
from mloc.ir.model import Pipeline
from mloc.types.encode import Json

Said = Mapping[str, Json]

DAG_ID_LIMIT = 250
_OF_TASKS = ("owner", "pool", "pool_slots", "queue", "executor", "priority_weight", "depends_on_past")
_OF_DAG = {
    "max_active_runs": "max_active_runs",
    "max_active_tasks": "max_active_tasks",
    "max_failed_runs": "max_consecutive_failed_dag_runs",
    "paused": "is_paused_upon_creation",
    "run_types": "allowed_run_types",
    "rerun_with_latest_version": "rerun_with_latest_version",
}


def dag_id(pipeline: Pipeline, said: Said) -> str:
    return str(said.get("dag_id", shorten(pipeline.name, DAG_ID_LIMIT)))


def of_dag(said: Said) -> dict[str, Code]:
    """The arguments of `@dag` beside those that every DAG has."""
    found = {ours: code(said[name]) for name, ours in _OF_DAG.items() if name in said}
    if "start_date" in said:
        found["start_date"] = _date(str(said["start_date"]))
    return found | raw(said)


def of_every_task(said: Said) -> dict[str, Code]:
    """What the pipeline's attributes make defaults of all its tasks."""
    return {name: literal(said[name]) for name in _OF_TASKS if name in said}


def of_task(said: Said) -> tuple[tuple[str, Code], ...]:
    """The arguments of a step's task."""
    return tuple((of_every_task(said) | raw(said)).items())


def shared(each: Iterable[Said]) -> Said:
    """What is said of all of these alike; nothing of none."""
    first, *others = [*each] or [{}]
    return {name: value for name, value in first.items() if all(other.get(name) == value for other in others)}


def raw(said: Said) -> dict[str, Code]:
    return {name: code(value) for name, value in cast("Said", said.get("raw", {})).items()}


def _date(text: str) -> Code:
    """`2026-01-31` or `2026-01-31T06:00:00Z` as a time of day in UTC."""
    moment = text.rstrip("Z").partition("T")
    day = [literal(int(part)) for part in moment[0].split("-")]
    time = [literal(int(float(part))) for part in moment[2].split(":")] if moment[2] else []
    return call("datetime", [*day, *time], {"tzinfo": "timezone.utc"})
