"""Reads the three CSV files into tables with the columns and types that the program declares."""

from pathlib import Path

import pandas as pd

DATE = ["year", "month", "day"]
FLIGHTS = [*DATE, "hour", "time_hour", "carrier", "flight", "tailnum", "origin", "dest", "distance", "dep_delay", "arr_delay"]
WEATHER = ["origin", "time_hour", "temp", "humid", "wind_speed", "precip", "visib", "pressure"]
FASTEST_WIND = 253  # miles an hour, Barrow Island, 1996


def read_flights(raw: Path, expected: int) -> pd.DataFrame:
    """One row per scheduled departure; `expected` is how many rows the file has, counted by other means."""
    rows = pd.read_csv(raw, usecols=FLIGHTS)
    if len(rows) != expected:
        raise ValueError(f"{expected} rows were counted in the file and {len(rows)} were read: is it cut off, or quoted oddly?")
    rows["day"] = pd.to_datetime(rows[DATE]).dt.date
    rows["time_hour"] = pd.to_datetime(rows["time_hour"], utc=True)
    return rows.drop(columns=["year", "month"])


def read_weather(raw: Path) -> pd.DataFrame:
    """One row per airport and hour; a wind above any ever measured (the data has one of 1,048 mph) is a broken instrument."""
    rows = pd.read_csv(raw, usecols=WEATHER)
    rows["time_hour"] = pd.to_datetime(rows["time_hour"], utc=True)
    rows["wind_speed"] = rows["wind_speed"].mask(rows["wind_speed"] > FASTEST_WIND)
    return rows.drop_duplicates(["origin", "time_hour"])


def read_planes(raw: Path) -> pd.DataFrame:
    """One row per aircraft; the year it was built is missing for a few."""
    rows = pd.read_csv(raw, usecols=["tailnum", "year", "seats"])
    return rows.rename(columns={"year": "built"}).astype({"built": "Int64"})
