"""Judges the model on rows that it has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, TypedDict

import pandas as pd
import xgboost
from sklearn.metrics import brier_score_loss, roc_auc_score, roc_curve

from churn.train import features


class Report(TypedDict):
    auc: float
    brier: float


class Scores(NamedTuple):
    report: Report
    roc: Path


def score(model: xgboost.Booster, rows: pd.DataFrame) -> Scores:
    """The metrics, and the curve as a page."""
    chance = model.predict(xgboost.DMatrix(features(rows)))
    rates = zip(*roc_curve(rows["churned"], chance)[:2], strict=True)
    page = Path("roc.html")
    page.write_text("<table>" + "".join(f"<tr><td>{x:.3f}<td>{y:.3f}" for x, y in rates) + "</table>")
    report = Report(auc=float(roc_auc_score(rows["churned"], chance)), brier=float(brier_score_loss(rows["churned"], chance)))
    return Scores(report, page)
