"""Reads the export of the CRM."""

from __future__ import annotations

from pathlib import Path

import pandas as pd


def read_export(export: Path) -> pd.DataFrame:
    """The customers, with the types that the pipeline declares."""
    rows = pd.read_csv(export, parse_dates=["signup"], dtype={"plan": "string"})
    rows["signup"] = rows["signup"].dt.date
    rows["churned"] = rows["churned"].astype("bool")
    return rows
