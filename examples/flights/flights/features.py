"""Joins the tables, turns flights into examples to learn from, and splits them."""

import hashlib
from datetime import timedelta
from typing import NamedTuple

import pandas as pd

# What a model is shown, by kind.
WORDS = ["carrier", "origin", "dest"]
NUMBERS = ["hour", "weekday", "month", "distance", "temp", "humid", "wind_speed", "precip", "visib", "pressure", "plane_age", "seats"]


def add_weather(flights: pd.DataFrame, weather: pd.DataFrame) -> pd.DataFrame:
    """The weather at the airport in the hour of departure; null where none was observed."""
    return flights.merge(weather, how="left", on=["origin", "time_hour"], validate="many_to_one")


def add_planes(flights: pd.DataFrame, planes: pd.DataFrame) -> pd.DataFrame:
    """The age in years and the seats of the aircraft; null where the register does not know it."""
    joined = flights.merge(planes, how="left", on="tailnum", validate="many_to_one")
    joined["plane_age"] = pd.to_datetime(joined["day"]).dt.year - joined["built"].astype("Int64")
    joined["seats"] = joined["seats"].astype("Int64")
    return joined.drop(columns=["built", "tailnum"])


def make_examples(flights: pd.DataFrame, late_after: timedelta) -> pd.DataFrame:
    """What is known before departure, and whether the flight then came in late."""
    day = pd.to_datetime(flights["day"])
    examples = flights.assign(
        late=flights["arr_delay"] >= late_after.total_seconds() / 60,
        weekday=day.dt.day_of_week,
        month=day.dt.month,
    )
    return examples[["day", "late", *WORDS, *NUMBERS]]


class Split(NamedTuple):
    """Examples to learn from, and examples to judge by."""

    train: pd.DataFrame
    test: pd.DataFrame


def split(rows: pd.DataFrame, test_fraction: float, seed: int) -> Split:
    """Put whole days on one side or the other, since the flights of a day share its weather and its jams."""
    days = rows["day"].astype(str)
    held_out = {day: _draw(day, seed) < test_fraction for day in days.unique()}
    is_test = days.map(held_out).astype(bool)
    return Split(rows[~is_test], rows[is_test])


def _draw(day: str, seed: int) -> float:
    """A number in 0..1 that depends on the day and the seed alone, not on which other days there are."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{day}".encode()).digest()[:8], "big") / 2**64
