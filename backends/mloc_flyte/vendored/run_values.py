"""What is known of a run from its launch on: its id, when it was due, and when it started."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timezone

import flytekit

from mloc.runner.jsons import canonical
from mloc.runner.scalars import datetime_text
from mloc_flyte.vendored.board import BOARD, new_board

# What flytekit calls the execution of a run on this machine.
_LOCAL = "local"
_UTC = timezone.utc  # noqa: UP017 - bundles also run on Python 3.10


def launch(names: Sequence[str]) -> tuple[str, ...]:
    """The wire texts of what is asked for, and the place of a new board. One task says so once in a run."""
    start = _now()
    known = known_of_run(start, start)
    return tuple(new_board() if name == BOARD else known[name] for name in names)


def known_when_due(kickoff: datetime) -> dict[str, str]:
    """As `known_of_run`, of a run that a schedule starts."""
    return known_of_run(kickoff.astimezone(_UTC) if kickoff.tzinfo else kickoff.replace(tzinfo=_UTC), _now())


def known_of_run(due: datetime, start: datetime) -> dict[str, str]:
    """The wire texts by capture key. Flyte's days are those of UTC."""
    return {
        "run.id": canonical(_run_id()),
        "run.scheduled_time": canonical(datetime_text(due)),
        "run.scheduled_date": canonical(due.date().isoformat()),
        "run.now": canonical(datetime_text(start)),
        "run.today": canonical(start.date().isoformat()),
    }


def _now() -> datetime:
    return datetime.now(_UTC)


def _run_id() -> str:
    """The name of the execution; of one on this machine, which flytekit does not name, a new one."""
    execution = flytekit.current_context().execution_id
    name = "" if execution is None else str(execution.name)
    return f"local-{uuid.uuid4().hex[:12]}" if name in ("", _LOCAL) else name
