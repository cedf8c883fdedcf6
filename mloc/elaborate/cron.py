"""Cron expressions: five fields to sets of numbers, what is wrong with them, and when they fire."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from mloc import patterns
from mloc.frozen import dataclass

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_MONTHS = dict(zip("jan feb mar apr may jun jul aug sep oct nov dec".split(), range(1, 13), strict=True))
_DAYS = dict(zip("sun mon tue wed thu fri sat".split(), range(7), strict=True))
WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_LONGEST = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
# More digits are no number of a time, and thousands of them are more than Python reads.
_NUMBER = patterns.of(r"[0-9]{1,9}")
_QUARTZ = patterns.of(r"[LW#?]|\d+C")


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    words: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression; `text` has five fields, numbers only. `either` says that both day fields are given, and either is enough."""

    text: str
    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either: bool

    def on(self, day: datetime) -> bool:
        """Whether it fires on the day of a time."""
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return day.month in self.months and ((of_month or of_week) if self.either else (of_month and of_week))

    def times(self, start: datetime, days: int) -> list[datetime]:
        """The wall-clock times at which it fires in so many days from the day of `start`, in order."""
        midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
        each = (midnight + timedelta(days=number) for number in range(days))
        return [day.replace(hour=hour, minute=minute) for day in each if self.on(day) for hour in self.hours for minute in self.minutes]


@dataclass(frozen=True, slots=True)
class BadCron(Exception):
    """Why a text is not a cron expression: `start` and `end` are the part of the text that is wrong; `help` is how to mend it."""

    message: str
    start: int
    end: int
    help: str | None = None
    mended: str | None = None


def parse(text: str) -> Cron:
    """The cron expression that a text holds. Raises BadCron with the field that is wrong."""
    given = text.strip().lower()
    if given.startswith("@"):
        if given not in MACROS:
            raise BadCron(f"there is no `{text.strip()}`", 0, len(text), f"names are {', '.join(MACROS)}; else write five fields")
        return parse(MACROS[given])
    parts = [(m.group(), m.start()) for m in re.finditer(r"\S+", text)]
    if len(parts) != len(_FIELDS):
        raise _count(text, [part for part, _ in parts])
    minutes, hours, days, months, named = (_field(field, part, start) for field, (part, start) in zip(_FIELDS, parts, strict=True))
    weekdays = tuple(sorted({number % 7 for number in named}))
    days_given, weekdays_given = parts[2][0] != "*", parts[4][0] != "*"
    canonical = " ".join(_numbers(field, part) for field, (part, _) in zip(_FIELDS, parts, strict=True))
    found = Cron(canonical, minutes, hours, days, months, weekdays, days_given and weekdays_given)
    if not weekdays_given and not any(day <= _LONGEST[month] for month in found.months for day in found.days):
        start, end = parts[2][1], parts[3][1] + len(parts[3][0])
        raise BadCron("it never fires: no such month has such a day", start, end, "leave the day or the month as `*`")
    return found


def _count(text: str, parts: list[str]) -> BadCron:
    wanted = "a cron expression has five fields: minute, hour, day of the month, month, day of the week"
    if len(parts) == len(_FIELDS) + 1:
        if parts[0] in ("0", "*"):
            mended = " ".join(parts[1:])
            return BadCron("six fields, of which the first is seconds", 0, len(text), f"leave the seconds out: `{mended}`", mended)
        return BadCron("six fields: seconds or a year are not part of it", 0, len(text), wanted)
    number = {0: "no field", 1: "one field"}.get(len(parts), f"{len(parts)} fields")
    return BadCron(f"{number} instead of five", 0, len(text), wanted)


def _field(field: _Field, part: str, start: int) -> tuple[int, ...]:
    found: set[int] = set()
    at = start
    for item in part.split(","):
        found.update(_item(field, item, at))
        at += len(item) + 1
    return tuple(sorted(found))


def _item(field: _Field, item: str, at: int) -> range:
    end = at + max(1, len(item))
    body, slash, step = item.partition("/")
    if slash and not (_NUMBER.fullmatch(step) and int(step) > 0):
        raise BadCron(f"the {field.name} field steps by `{step}`, which is not a number of at least 1", at, end)
    if slash and int(step) > field.high - field.low:
        raise BadCron(f"the {field.name} field steps by {step}, which is more than there are", at, end, f"write `{field.low}`")
    if body == "*":
        return range(field.low, field.high + 1, int(step) if slash else 1)
    first, dash, last = body.partition("-")
    low = _number(field, first, at, end)
    if not dash:
        if slash:
            help_ = f"write `{low}-{field.high}/{step}`"
            raise BadCron(f"`{item}` of the {field.name} field means different things in different crons", at, end, help_)
        return range(low, low + 1)
    high = _number(field, last, at, end)
    if high < low:
        mended = f"{low}-7" if field.words is _DAYS and high == 0 else f"{low}-{field.high},{field.low}-{high}"
        raise BadCron(f"the range `{body}` of the {field.name} field runs backwards", at, end, f"write `{mended}`")
    return range(low, high + 1, int(step) if slash else 1)


def _number(field: _Field, text: str, at: int, end: int) -> int:
    word = field.words.get(text.lower())
    if word is not None:
        return word
    if not _NUMBER.fullmatch(text):
        if _QUARTZ.search(text):
            help_ = "write `*`" if text == "?" else "write numbers, ranges and `*`"
            raise BadCron(f"`{text}` of the {field.name} field is Quartz's, which no engine here reads", at, end, help_)
        names = f" or {', '.join(field.words)}" if field.words else ""
        raise BadCron(f"`{text}` of the {field.name} field is not a number{names}", at, end)
    number = int(text)
    if not field.low <= number <= field.high:
        raise BadCron(f"the {field.name} field is {number}, and goes from {field.low} to {field.high}", at, end)
    return number


def _numbers(field: _Field, part: str) -> str:
    """The field with its names as numbers, which every engine reads."""
    return re.sub(r"[A-Za-z]+", lambda m: str(field.words.get(m.group().lower(), m.group())), part)


def described(cron: Cron) -> str:
    """When it fires, in words, where it is at one time of the day (`02:00`); else its text."""
    if len(cron.minutes) == 1 and len(cron.hours) == 1:
        return f"{cron.hours[0]:02}:{cron.minutes[0]:02}"
    return f"`{cron.text}`"
