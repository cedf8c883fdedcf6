"""What is known of a run from its launch on: its id, when it was due, and when it started."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from mloc.runner.jsons import Json, as_object, as_text, canonical, parse
from mloc.runner.scalars import datetime_text

from .engine import run_id, this_dag, times_of_run


@cache
def launches() -> dict[str, dict[str, Json]]:
    """The launches of the pipeline, by the ids of their DAGs."""
    place = Path(__file__).resolve().parent / "launches.json"
    found = as_object(parse(place.read_text(encoding="utf-8")), "the launches") if place.exists() else {}
    return {dag: as_object(launch, dag) for dag, launch in found.items()}


def run_values() -> dict[str, str]:
    """The wire texts by capture key. Days are those of the schedule's time zone, of a run that no schedule started of UTC."""
    launch = launches().get(this_dag())
    zone = ZoneInfo("UTC" if launch is None else as_text(launch["timezone"], "a time zone"))
    due, now = times_of_run()
    return {
        "run.id": canonical(run_id()),
        "run.scheduled_time": canonical(datetime_text(due.astimezone(ZoneInfo("UTC")))),
        "run.scheduled_date": canonical(due.astimezone(zone).date().isoformat()),
        "run.now": canonical(datetime_text(now.astimezone(ZoneInfo("UTC")))),
        "run.today": canonical(now.astimezone(zone).date().isoformat()),
    }
