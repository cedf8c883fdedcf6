"""The parameters that a schedule or trigger binds, computed when its run starts."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from .runner.api import StepFailed
from .runner.jsons import Json, as_array, as_object, as_text, canonical, parse
from .runner.scalars import datetime_text

from .engine import last_published, run_id, this_dag, times_of_run
from .units import HERE, program, run_once


def bound_parameters() -> dict[str, str]:
    """The captures of the parameters that the launch of this run binds: none of a run of the plain DAG."""
    launch = _launches().get(this_dag())
    if launch is None:
        return {}
    unit = program().unit(as_text(launch["unit"], "a unit"))
    captures = {name: text for name, text in _known(as_text(launch["timezone"], "a time zone")).items() if name in unit.captures}
    values = run_once(unit.id, captures, retries=False, attempt=1, cancel=threading.Event())
    computed = {as_text(name, "a parameter") for name in as_array(launch["computed"], "parameters")}
    found = {f"${name}": text for name, text in values.items() if name in computed}
    for parameter, asset in as_object(launch["given"], "parameters").items():
        found[f"${parameter}"] = _published(parameter, as_text(asset, "an asset"))
    return found


def _known(zone: str) -> dict[str, str]:
    """What is known of a run when it is launched. Days are those of the schedule's time zone."""
    due, now = times_of_run()
    there = ZoneInfo(zone)
    return {
        "run.id": canonical(run_id()),
        "run.scheduled_time": canonical(_instant(due)),
        "run.scheduled_date": canonical(due.astimezone(there).date().isoformat()),
        "run.now": canonical(_instant(now)),
        "run.today": canonical(now.astimezone(there).date().isoformat()),
    }


def _instant(moment: datetime) -> str:
    return datetime_text(moment.astimezone(ZoneInfo("UTC")))


def _published(parameter: str, asset: str) -> str:
    """What a parameter is given by an asset: of what its last update made the output of the parameter's name, else the only one."""
    extra = last_published(asset)
    if extra is None:
        raise StepFailed("exception", f"the asset `{asset}`, which gives parameter `{parameter}`, was never updated")
    made = extra.get("mloc")
    outputs: Mapping[str, object] = made if isinstance(made, dict) else {}
    if parameter not in outputs and len(outputs) != 1:
        shown = ", ".join(f"`{name}`" for name in outputs) or "none that mloc knows"
        raise StepFailed("exception", f"the last update of asset `{asset}` made no output `{parameter}`: it made {shown}")
    return str(outputs[parameter] if parameter in outputs else next(iter(outputs.values())))


@cache
def _launches() -> dict[str, dict[str, Json]]:
    """The launches of the pipeline, by the ids of their DAGs."""
    place = Path(HERE) / "launches.json"
    found = as_object(parse(place.read_text(encoding="utf-8")), "the launches") if place.exists() else {}
    return {dag: as_object(launch, dag) for dag, launch in found.items()}
