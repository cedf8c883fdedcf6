"""What is known of a run from its launch on: its id, when it was due, and when it started. One task says so once in a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timezone

from mloc.runner.failures import StepFailed
from mloc.runner.jsons import Json, canonical
from mloc.runner.scalars import datetime_text

LAUNCH_UNIT = "$launch"
# The inputs of that task, which the server replaces when they are the whole of a constant.
ID, BEGAN, DUE = "{{$.pipeline_job_uuid}}", "{{$.pipeline_job_create_time_utc}}", "{{$.pipeline_job_schedule_time_utc}}"
# How these inputs begin where parameters of the pipeline stand beside them, none of which has a `-`.
LAUNCH_INPUT = "mloc-launch-"
# The first servers that say them; a server says when a run began since 2.17, too, and the task looks at its clock before.
SAID_SINCE = {"id": "2.5", "scheduled_time": "2.17", "scheduled_date": "2.17"}
_UTC = timezone.utc  # noqa: UP017 - bundles also run on Python 3.10


def asked_for(names: Collection[str]) -> dict[str, str]:
    """The inputs that the task needs to say these values."""
    read = set(names)
    wanted = {"id": (ID, {"id"}), "began": (BEGAN, {"now", "today"}), "due": (DUE, {"scheduled_time", "scheduled_date"})}
    return {name: placeholder for name, (placeholder, values) in wanted.items() if values & read}


def known_of_run(given: Mapping[str, Json]) -> dict[str, str]:
    """The wire texts by name, of those that the inputs allow. Days are those of UTC, as Kubeflow's are. Raises StepFailed."""
    found = {}
    if "id" in given:
        found["id"] = canonical(_replaced(str(given["id"]), "the id of the run", SAID_SINCE["id"]))
    if "began" in given:
        said = str(given["began"])
        found |= _moment("now", "today", datetime.now(_UTC) if _is_left(said) else _instant(said))
    if "due" in given:
        due = _replaced(str(given["due"]), "when the run was due", SAID_SINCE["scheduled_time"])
        found |= _moment("scheduled_time", "scheduled_date", _instant(due))
    return found


def _moment(instant: str, day: str, at: datetime) -> dict[str, str]:
    return {instant: canonical(datetime_text(at)), day: canonical(at.date().isoformat())}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(_UTC)  # noqa: FURB162 - Python 3.10 reads no Z


def _is_left(text: str) -> bool:
    """Whether the server has put nothing in a placeholder's place: older ones leave it, or make it empty."""
    return not text or text.startswith("{{")


def _replaced(text: str, what: str, since: str) -> str:
    if _is_left(text):
        raise StepFailed("contract", f"this Kubeflow does not say {what}: servers from {since} on do")
    return text
