"""The records of a run, indexed by the id of the unit they speak of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, TypeAlias

from mloc.frozen import dataclass
from mloc.runner.jsons import Json

Event: TypeAlias = Mapping[str, Json]
Ended: TypeAlias = Literal["succeeded", "failed", "skipped", "cached"]

_UNFINISHED: dict[str, Json] = {"kind": "killed", "message": "the step was stopped from outside before it ended", "line": None}


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often a step was tried, the beginning of the first attempt and the end of the last; None where that is not known."""

    count: int
    started: Json
    finished: Json


class History:
    """What the events of a run, given in the order of time, say of each unit."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._events: dict[str, list[Event]] = {}
        self._order: dict[str, int] = {}
        self.arms: dict[str, str] = {}
        self.counts: dict[str, int] = {}
        self.skipped: set[str] = set()
        self.outputs: dict[str, Json] = {}
        self.parameters: dict[str, Json] | None = None
        for number, event in enumerate(events):
            self._take(event, number)

    def _take(self, event: Event, number: int) -> None:
        unit_id, values = event.get("id"), event.get("values")
        if isinstance(unit_id, str):
            self._events.setdefault(unit_id, []).append(event)
            self._order[unit_id] = number
        match event:
            case {"event": "decided", "id": str(branch), "arm": str(arm)}:
                self.arms[branch] = arm
            case {"event": "items", "id": str(fan_out), "count": int(count)}:
                self.counts[fan_out] = count
            case {"event": "skipped", "id": str(unit)}:
                self.skipped.add(unit)
            case {"event": "outputs"} if isinstance(values, dict):
                self.outputs = values
            case {"event": "parameters"} if isinstance(values, dict):
                self.parameters = values
            case _:
                pass

    def last(self, unit_id: str) -> Event | None:
        """The last word on a unit."""
        events = self._events.get(unit_id)
        return events[-1] if events else None

    def status(self, unit_id: str) -> Ended | None:
        """How a unit ended, None when nothing is known of it. A step that began and never ended has failed."""
        match self.last(unit_id):
            case None:
                return None
            case {"event": "skipped" | "cached" as how}:
                return "skipped" if how == "skipped" else "cached"
            case {"event": "asked" | "started" | "failed"} | {"event": "attempt", "status": "failed"}:
                return "failed"
            case _:
                return "succeeded"

    def error(self, unit_id: str) -> dict[str, Json]:
        """Why a unit failed: `{kind, message, line}`."""
        match self.last(unit_id):
            case {"error": dict(error)}:
                return error
            case _:
                return _UNFINISHED

    def cache(self, unit_id: str) -> Json:
        """What was looked for of a cached step, `{key, hit, why}`; null when nothing was."""
        asked = [event["cache"] for event in self._events.get(unit_id, ()) if event.get("event") in ("asked", "cached")]
        return asked[0] if asked else None

    def attempts(self, unit_id: str) -> Attempts:
        """How often a step was tried, and when."""
        tries = [event for event in self._events.get(unit_id, ()) if event.get("event") in ("started", "attempt")]
        if not tries:
            return Attempts(0, None, None)
        return Attempts(len({event.get("attempt") for event in tries}), tries[0].get("started"), tries[-1].get("finished"))

    def failures(self, counts: Callable[[str], bool] = lambda _: True) -> list[str]:
        """The ids of what failed for good, of the units that count; what was only cancelled did not fail."""
        failed = [unit_id for unit_id in self._events if self.status(unit_id) == "failed" and counts(self._unit(unit_id))]
        return [unit_id for unit_id in failed if self.error(unit_id).get("kind") != "cancelled"]

    def first(self, failures: Iterable[str]) -> tuple[str, str, dict[str, Json]] | None:
        """The unit, its id and the error of what failed first in time."""
        # One that left no word has no time of its end, and comes after those that have.
        first = min(failures, key=lambda unit_id: (self.error(unit_id) is _UNFINISHED, self._order[unit_id]), default=None)
        if first is None:
            return None
        return self._unit(first), first, self.error(first)

    def _unit(self, unit_id: str) -> str:
        return str(self._events[unit_id][-1].get("unit"))
