"""Judges a model on days it has not seen."""

import pickle
from pathlib import Path
from typing import NamedTuple, TypedDict

import pandas as pd
from sklearn.metrics import brier_score_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from flights.train import inputs


class Report(TypedDict):
    """`auc`: how well late flights are told from others; `brier`: how good the probabilities are; `late`: the share of late flights."""

    auc: float
    brier: float
    late: float


class Evaluated(NamedTuple):
    """The scores, and a file that shows where the probabilities can be trusted."""

    report: Report
    calibration: Path


def evaluate(model: Path, rows: pd.DataFrame) -> Evaluated:
    """Score the model, and compare what it forecast with what happened, in ten bins of equal width."""
    estimator = pickle.loads((model / "model.pickle").read_bytes())
    with threadpool_limits(1):
        forecast = estimator.predict_proba(inputs(rows))[:, 1]
    late = rows["late"].to_numpy(bool)
    report = Report(auc=float(roc_auc_score(late, forecast)), brier=float(brier_score_loss(late, forecast)), late=float(late.mean()))
    bins = pd.DataFrame({"bin": (forecast * 10).astype(int).clip(max=9), "forecast": forecast, "happened": late})
    table = bins.groupby("bin").agg(flights=("happened", "size"), forecast=("forecast", "mean"), happened=("happened", "mean"))
    calibration = Path("calibration.csv")
    table.round(4).to_csv(calibration)
    return Evaluated(report, calibration)
