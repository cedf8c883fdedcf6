"""Decides which rows are fit to learn from, and says why the others are not."""

from typing import NamedTuple

import pandas as pd


class Validated(NamedTuple):
    """The rows that passed, how many did not, and how many of those for which reason."""

    clean: pd.DataFrame
    rejected: int
    reasons: dict[str, int]


def validate(rows: pd.DataFrame) -> Validated:
    """Keep the flights that left and arrived; the delay on departure is dropped, because it is not known in advance."""
    cancelled = rows["dep_delay"].isna()
    diverted = rows["arr_delay"].isna() & ~cancelled
    impossible = (rows["distance"] <= 0) | (rows["origin"] == rows["dest"])
    reasons = {
        "cancelled": int(cancelled.sum()),
        "diverted": int(diverted.sum()),
        "impossible": int((impossible & ~cancelled & ~diverted).sum()),
    }
    clean = rows[~(cancelled | diverted | impossible)]
    return Validated(clean.drop(columns="dep_delay"), sum(reasons.values()), reasons)
