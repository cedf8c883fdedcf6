"""What is known of a run from its launch on: its id, when it was due, and when it started."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timezone

import flytekit

from .runner.jsons import canonical
from .runner.scalars import datetime_text
from .board import BOARD, new_board

# What flytekit calls the execution of a run on this machine.
_LOCAL = "local"


def launch(names: Sequence[str]) -> tuple[str, ...]:
    """The wire texts of what is asked for, and the place of a new board. One task says so once in a run."""
    start = datetime.now(timezone.utc)  # noqa: UP017 - bundles also run on Python 3.10
    instant, day = canonical(datetime_text(start)), canonical(start.date().isoformat())
    known = {"run.scheduled_time": instant, "run.scheduled_date": day, "run.now": instant, "run.today": day}
    return tuple(new_board() if name == BOARD else canonical(_run_id()) if name == "run.id" else known[name] for name in names)


def known_when_due(kickoff: datetime) -> dict[str, str]:
    """The wire texts, by capture key, of a run that a schedule starts. Flyte's days are those of UTC."""
    utc = timezone.utc  # noqa: UP017 - as above
    due, start = kickoff.astimezone(utc) if kickoff.tzinfo else kickoff.replace(tzinfo=utc), datetime.now(utc)
    return {
        "run.id": canonical(_run_id()),
        "run.scheduled_time": canonical(datetime_text(due)),
        "run.scheduled_date": canonical(due.date().isoformat()),
        "run.now": canonical(datetime_text(start)),
        "run.today": canonical(start.date().isoformat()),
    }


def _run_id() -> str:
    """The name of the execution; of one on this machine, which flytekit does not name, a new one."""
    execution = flytekit.current_context().execution_id
    name = "" if execution is None else str(execution.name)
    return f"local-{uuid.uuid4().hex[:12]}" if name in ("", _LOCAL) else name
