"""Cron expressions: what they mean, what is wrong with them, and the hour that is missing."""

from __future__ import annotations

from datetime import datetime

import pytest

from mloc.elaborate.cron import BadCron, described, parse
from mloc.elaborate.timezones import missing_hour


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0 2 * * *", "0 2 * * *"),
        (" 0  2 * * * ", "0 2 * * *"),
        ("*/15 9-17 * jan-mar mon-FRI", "*/15 9-17 * 1-3 1-5"),
        ("0 0,12 1 */2 *", "0 0,12 1 */2 *"),
        ("@daily", "0 0 * * *"),
        ("@Weekly", "0 0 * * 0"),
        ("0 0 29 2 *", "0 0 29 2 *"),
    ],
)
def test_canonical(text: str, canonical: str) -> None:
    assert parse(text).text == canonical


@pytest.mark.parametrize(
    ("text", "message", "part"),
    [
        ("60 * * * *", "the minute field is 60", "60"),
        ("0 24 * * *", "the hour field is 24", "24"),
        ("0 0 0 * *", "the day of the month field is 0", "0"),
        ("0 0 * 13 *", "the month field is 13", "13"),
        ("0 0 * * 8", "the day of the week field is 8", "8"),
        ("0 0 * foo *", "`foo` of the month field is not a number or jan", "foo"),
        ("0 0 * * ?", "Quartz", "?"),
        ("0 0 L * *", "Quartz", "L"),
        ("5/15 * * * *", "means different things", "5/15"),
        ("*/0 * * * *", "steps by `0`", "*/0"),
        ("*/90 * * * *", "steps by 90", "*/90"),
        ("30-10 * * * *", "runs backwards", "30-10"),
        ("0 0 31 2 *", "never fires", "31 2"),
        ("0 0 31 4,6 *", "never fires", "31 4,6"),
        ("0 0 2 * * *", "six fields, of which the first is seconds", "0 0 2 * * *"),
        ("0 0 2 * * * 2027", "7 fields instead of five", "0 0 2 * * * 2027"),
        ("0 2 * *", "4 fields instead of five", "0 2 * *"),
        ("", "no field instead of five", ""),
        ("@nightly", "there is no `@nightly`", "@nightly"),
        ("1,,2 * * * *", "is not a number", "1,,2"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, message: str, part: str) -> None:
    with pytest.raises(BadCron) as caught:
        parse(text)
    assert message in caught.value.message
    assert text[caught.value.start : caught.value.end] in part


def test_days() -> None:
    either = parse("0 0 13 * 5")
    assert either.either
    assert [t.day for t in either.times(datetime(2026, 2, 1), 28)] == [6, 13, 20, 27]
    assert [t.day for t in parse("0 0 13 * *").times(datetime(2026, 2, 1), 28)] == [13]
    sundays = [t.day for t in parse("0 0 * * 7").times(datetime(2026, 2, 1), 28)]
    assert sundays == [t.day for t in parse("0 0 * * 0").times(datetime(2026, 2, 1), 28)] == [1, 8, 15, 22]


def test_in_words() -> None:
    assert described(parse("5 2 * * *")) == "02:05"
    assert described(parse("5 2,3 * * *")) == "`5 2,3 * * *`"


@pytest.mark.parametrize(
    ("cron", "zone", "day"),
    [
        ("0 2 * * *", "America/Chicago", "2026-03-08"),
        ("30 2 * * *", "Europe/Paris", "2026-03-29"),
        ("0 0 * * *", "America/Santiago", "2026-09-06"),
        ("0 4 * * *", "America/Chicago", None),
        ("0 2 * * *", "UTC", None),
        ("0 2 * * *", "Asia/Tokyo", None),
        ("0 2 * * 1", "America/Chicago", None),
        ("0 * * * *", "America/Chicago", None),
        ("0 2 * * *", "Nowhere/City", None),
    ],
)
def test_the_missing_hour(cron: str, zone: str, day: str | None) -> None:
    found = missing_hour(parse(cron), zone)
    assert (None if found is None else f"{found:%Y-%m-%d}") == day
