"""Time zones: which there are, and the hour that daylight saving time leaves out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from mloc.elaborate.cron import Cron

_FROM, _DAYS = datetime(2026, 1, 1), 730  # wall-clock time, whatever the zone
"""The days that are looked at: fixed, so that a check says the same on every day."""
_SPARSE = 4
"""Of a schedule with more runs a day than this nobody misses one."""


def exists(zone: str) -> bool:
    """Whether the machine's database has a zone; of a machine without a database every name is believed."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # only programs with a schedule pay for it

    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return not known_zones()
    return True


def known_zones() -> frozenset[str]:
    """The zones of this machine's database; none where it has no database."""
    from zoneinfo import available_timezones  # walks many folders: only a wrong name pays for it

    return frozenset(available_timezones())


def missing_hour(cron: Cron, zone: str) -> datetime | None:
    """The first time at which a cron would fire that does not exist in the zone; None when there is none, or the zone is unknown."""
    return _first(cron, zone, lambda time, info: time.replace(tzinfo=info).astimezone(UTC).astimezone(info).replace(tzinfo=None) != time, 1)


def doubled_hour(cron: Cron, zone: str) -> datetime | None:
    """The first time at which a cron would fire that comes twice on its day in the zone; None when there is none."""
    return _first(cron, zone, lambda time, info: info.utcoffset(time) != info.utcoffset(time.replace(fold=1)), -1)


def _first(cron: Cron, zone: str, holds: Callable[[datetime, tzinfo], bool], sign: int) -> datetime | None:
    """The first such time on the days on which the clocks go forward (`sign` 1) or back."""
    if zone == "UTC" or len(cron.hours) * len(cron.minutes) > _SPARSE:
        return None
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        info = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    for number in range(_DAYS):
        day = _FROM + timedelta(days=number)
        before, after = info.utcoffset(day), info.utcoffset(day + timedelta(days=1))
        if before is None or after is None or before == after or (after > before) != (sign > 0):
            continue
        for time in cron.times(day, 1):
            if holds(time, info):
                return time
    return None
