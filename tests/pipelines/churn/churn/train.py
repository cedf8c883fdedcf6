"""Fits the model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import xgboost


@dataclass(frozen=True)
class TrainParams:
    learning_rate: float = 0.05
    max_depth: int = 6
    rounds: int = 400


class Fitted(NamedTuple):
    model: xgboost.Booster
    log: Path


def features(rows: pd.DataFrame) -> pd.DataFrame:
    """What the model sees of a customer."""
    return pd.get_dummies(rows[["age", "spend_30d", "plan"]], columns=["plan"])


def fit(rows: pd.DataFrame, params: TrainParams) -> Fitted:
    """Boosted trees, and the loss of every round."""
    data = xgboost.DMatrix(features(rows), label=rows["churned"])
    losses: dict[str, dict[str, list[float]]] = {}
    settings = {"objective": "binary:logistic", "learning_rate": params.learning_rate, "max_depth": params.max_depth}
    model = xgboost.train(settings, data, params.rounds, evals=[(data, "train")], evals_result=losses, verbose_eval=False)
    log = Path("log.txt")
    log.write_text("\n".join(str(loss) for loss in losses["train"]["logloss"]))
    return Fitted(model, log)
