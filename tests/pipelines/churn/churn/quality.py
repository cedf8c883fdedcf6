"""Row checks."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Validated(NamedTuple):
    """The rows that may be used, and how many may not."""

    clean: pd.DataFrame
    rejected: int


def validate(rows: pd.DataFrame) -> Validated:
    """Leave out customers that stand twice, and ages that nobody has."""
    good = rows[~rows["id"].duplicated() & (rows["age"].isna() | rows["age"].between(0, 120))]
    return Validated(good, len(rows) - len(good))
