"""The adapter's only contact with Airflow."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NoReturn, Protocol, TypeVar, cast

from airflow.sdk import Asset, BaseHook, XComArg, get_current_context, task  # type: ignore[import-not-found, unused-ignore]

if TYPE_CHECKING:
    from mloc.runner.api import StepFailed
    from mloc.runner.jsons import Json

try:
    from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    # Where Airflow 3.1 has it.
    from airflow.exceptions import AirflowFailException, AirflowSkipException  # type: ignore[import-not-found, no-redef, unused-ignore]


Kind = TypeVar("Kind")

NOT_ALONE = "mloc_not_alone"
"""The key of what a run leaves that is skipped because another is in progress."""


class _Task(Protocol):
    on_kill: object
    outlets: Sequence[Asset]
    inlets: Sequence[Asset]


class _TaskInstance(Protocol):
    task: _Task
    try_number: int
    dag_id: str

    def get_previous_dagrun(self, state: str) -> object: ...

    def get_ti_count(self, dag_id: str, *, run_ids: list[str], states: list[str], task_ids: list[str] | None = None) -> int: ...

    def get_dr_count(self, dag_id: str, states: list[str]) -> int: ...

    def xcom_push(self, key: str, value: str) -> None: ...


def this_task(cancel: threading.Event) -> int:
    """The number of this attempt. `cancel` is set when Airflow ends the task from outside, so that the step's processes end, too."""
    task_instance = _task_instance()
    task_instance.task.on_kill = cancel.set
    return task_instance.try_number


def leave(key: str, text: str) -> None:
    """Leave a text beside the task's result."""
    _task_instance().xcom_push(key, text)


def left_by_those_before(key: str) -> list[str]:
    """The texts that the tasks before this one left by a key."""
    context = get_current_context()
    names = sorted(context["task"].upstream_task_ids)
    found = context["ti"].xcom_pull(task_ids=names, key=key)
    return [text for text in found or () if isinstance(text, str)]


def run_id() -> str:
    return str(get_current_context()["run_id"])


def task_context() -> Mapping[str, object]:
    """What Airflow hands to the operator that runs."""
    return cast("Mapping[str, object]", get_current_context())


def of_this_task(kind: type[Kind]) -> Kind | None:
    """The operator of this task when it is of a kind; None in a task that runs several steps."""
    operator = task_context()["task"]
    return operator if isinstance(operator, kind) else None


def skip(why: str) -> NoReturn:
    """End this task as skipped."""
    raise cast("Exception", AirflowSkipException(why))


def at_end(result: XComArg) -> None:
    """Let a task run when all tasks of its DAG so far have ended, however they did, and when the run is marked as failed.

    Airflow does not ask a teardown when it judges the run.
    """
    for own, _ in result.iter_references():
        dag = own.dag
        own.set_upstream([each for each in (() if dag is None else dag.tasks) if each is not own])
    result.as_teardown(on_failure_fail_dagrun=False)


def one_at_a_time(task_id: str) -> None:
    """Skip a run of this DAG while one before it is in progress: a first task asks, and all others wait for it."""
    asked: XComArg = task.short_circuit(task_id=task_id, retries=0)(_is_alone)()
    ((first, _),) = asked.iter_references()
    dag = first.dag
    for each in () if dag is None else dag.tasks:
        # Handlers wait for all else, and look whether it was skipped.
        if each is not first and (not each.upstream_task_ids or each.is_teardown):
            each.set_upstream(first)


def _is_alone() -> bool:
    instance, running = _task_instance(), "running"
    if get_current_context()["dag_run"].logical_date is None:
        others = instance.get_dr_count(instance.dag_id, states=[running]) > 1
    else:
        others = instance.get_previous_dagrun(state=running) is not None
    if others:
        leave(NOT_ALONE, running)
    return not others


def this_dag() -> str:
    return _task_instance().dag_id


def times_of_run() -> tuple[datetime, datetime]:
    """When the run was due, and when it started."""
    run = get_current_context()["dag_run"]
    due: datetime = run.logical_date or run.run_after
    return due, run.start_date or due


def failed_tasks(but: list[str]) -> int:
    """How many task instances of this run have failed, without those of some tasks."""
    instance, runs, states = _task_instance(), [run_id()], ["failed"]
    found = instance.get_ti_count(instance.dag_id, run_ids=runs, states=states)
    return found - instance.get_ti_count(instance.dag_id, run_ids=runs, states=states, task_ids=but) if found and but else found


def publish(outputs: Mapping[str, str]) -> None:
    """Tell with the events of this task's assets what it has made."""
    for asset in _task_instance().task.outlets:
        get_current_context()["outlet_events"][asset].extra = {"mloc": dict(outputs)}


def last_published(name: str) -> Mapping[str, Json] | None:
    """What the last event of an asset tells; None when there is none."""
    context = get_current_context()
    for asset in _task_instance().task.inlets:
        if asset.name == name:
            events = context["inlet_events"][asset]
            return cast("Mapping[str, Json]", events[-1].extra) if len(events) else None
    return None


def launch_conf() -> dict[str, Json]:
    """The parameters of the run as Airflow has them: the defaults, and over them what the launch gave."""
    return dict(cast("Mapping[str, Json]", get_current_context()["params"]))


def connection_field(connection: str, field: str) -> str:
    """A field of a connection (`password`, `login`, `host`, …), or `uri` for all of it."""
    found = BaseHook.get_connection(connection)
    value = found.get_uri() if field == "uri" else getattr(found, field, None)
    if value is None:
        from mloc.runner.api import StepFailed

        raise StepFailed("secret", f"the connection `{connection}` of Airflow has no `{field}`")
    return str(value)


def hide(secrets: Iterable[str]) -> None:
    """Let Airflow put `***` in place of secrets in the logs of this task."""
    values = [*secrets]
    if values:
        from airflow.sdk.log import mask_secret  # type: ignore[import-not-found, unused-ignore]

        for value in values:
            mask_secret(value)


def failed_for_good(failure: StepFailed) -> Exception:
    """The exception that keeps Airflow from trying again."""
    return cast("Exception", AirflowFailException(str(failure)))


def _task_instance() -> _TaskInstance:
    return cast("_TaskInstance", get_current_context()["ti"])
