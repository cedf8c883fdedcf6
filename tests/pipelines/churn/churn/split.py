"""Train and test rows."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd


class Split(NamedTuple):
    train: pd.DataFrame
    test: pd.DataFrame


def stratified(rows: pd.DataFrame, test_fraction: float = 0.2, seed: int = 13) -> Split:
    """The same share of churned customers on both sides."""
    test = rows.groupby("churned").sample(frac=test_fraction, random_state=seed)
    return Split(rows.drop(test.index), test)
