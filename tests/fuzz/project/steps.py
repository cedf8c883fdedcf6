"""What the random programs call."""

import os
from typing import TypedDict

import pandas as pd

TOKEN = os.environ.get("TOKEN")


class Both(TypedDict):
    value: int
    rows: pd.DataFrame


def load(n: int = 1, x: str | None = None) -> Both:
    return {"value": n, "rows": pd.DataFrame({"id": [n]})}


def fit(rows: pd.DataFrame, depth: int = 2, *, run: bool = False, **rest: object) -> float:
    print(TOKEN, os.environ["DSN"])
    return float(len(rows[rows["late"]]) * depth)


def nothing() -> None:
    open("/tmp/x", "w").write("1")
