"""Schedules, triggers and assets as Airflow has them: a DAG for each launch, which runs the tasks of the pipeline's own."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from mloc.emit.names import shorten
from mloc.emit.python import Bracket, Code, call, code, literal
from mloc.ir.constant import is_constant, value_of
from mloc.ir.model import Call, Launch, Pipeline
from mloc.ir.program import launch_id
from mloc.types.encode import Json
from mloc_airflow.attributes import DAG_ID_LIMIT, Said, dag_id
from mloc_airflow.params import param


def launch_dag_id(pipeline: Pipeline, launch: Launch, said: Said) -> str:
    return shorten(f"{dag_id(pipeline, said)}__{launch.name}", DAG_ID_LIMIT)


def of_launch(launch: Launch) -> dict[str, Code]:
    """The arguments of `@dag` that a schedule or trigger decides."""
    found: dict[str, Code] = {"schedule": _schedule(launch), "catchup": literal(launch.catchup)}
    if launch.start is not None:
        found["start_date"] = _moment(_parsed(launch.start), launch)
    if launch.end is not None:
        # Airflow's is the last moment of a run, ours the first without one; a cron's are whole minutes.
        found["end_date"] = _moment(_parsed(launch.end) - timedelta(seconds=1), launch)
    if launch.overlap == "queue":
        found["max_active_runs"] = "1"
    return found


def launch_params(pipeline: Pipeline, launch: Launch) -> Bracket:
    """The Params of a launch's DAG: its constants are their defaults; what is known when a run starts only has none."""
    found: list[tuple[str, Code]] = []
    args, later = dict(launch.args), {*computed(launch), *dict(launch.given)}
    for parameter in pipeline.parameters:
        if parameter.name in later:
            continue
        bound = args.get(parameter.name)
        default = parameter.default if bound is None else value_of(bound).text
        found.append((f"{literal(parameter.name)}: ", param(parameter, default)))
    return Bracket("{", tuple(found), "}")


def computed(launch: Launch) -> list[str]:
    """The parameters that are bound to what is known when a run starts."""
    return [name for name, value in launch.args if not is_constant(value)]


def run_time_launches(pipeline: Pipeline, said: Said) -> dict[str, Json]:
    """What the first task must know of each launch, by the id of its DAG."""
    return {
        launch_dag_id(pipeline, launch, said): {
            "unit": launch_id(launch),
            "timezone": launch.timezone,
            "computed": [*computed(launch)],
            "given": dict(launch.given),
        }
        for launch in pipeline.launches
    }


def outlets(inside: Iterable[Call]) -> tuple[tuple[str, Code], ...]:
    """The assets that a task updates by these calls."""
    return _assets("outlets", (name for each in inside for name in each.settings.publishes))


def inlets(pipeline: Pipeline) -> tuple[tuple[str, Code], ...]:
    """The assets that launches give to parameters, for the task that reads them."""
    return _assets("inlets", (name for launch in pipeline.launches for _, name in launch.given))


def _assets(keyword: str, names: Iterable[str]) -> tuple[tuple[str, Code], ...]:
    found = tuple(("", _asset(name)) for name in dict.fromkeys(names))
    return ((keyword, Bracket("[", found, "]")),) if found else ()


def _asset(name: str) -> Code:
    return call("Asset", [literal(name)])


def _schedule(launch: Launch) -> Code:
    if launch.kind == "schedule":
        return call("CronTriggerTimetable", [literal(launch.cron)], {"timezone": literal(launch.timezone)})
    assets = [_asset(name) for name in dict.fromkeys(launch.assets)]
    # A list of several would wait for all of them.
    return Bracket("[", (("", assets[0]),), "]") if len(assets) == 1 else call("AssetAny", assets)


def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _moment(moment: datetime, launch: Launch) -> Code:
    """A day begins in the schedule's time zone; an instant is one."""
    parts = [moment.year, moment.month, moment.day, moment.hour, moment.minute, moment.second]
    while len(parts) > 3 and parts[-1] == 0:
        parts.pop()
    zone = launch.timezone if moment.tzinfo is None else "UTC"
    return call("pendulum.datetime", [code(part) for part in parts], {"tz": literal(zone)})
