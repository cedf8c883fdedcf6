"""Fits one model for one group of settings."""

import json
import pickle
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from flights.features import NUMBERS, WORDS


class Algorithm(Enum):
    """What kind of model to fit."""

    linear = "linear"
    boosting = "boosting"


@dataclass(frozen=True)
class TrainSettings:
    """The knobs of a model; the linear one has but its rounds."""

    algorithm: Algorithm
    learning_rate: float
    leaves: int
    rounds: int


def train(rows: pd.DataFrame, settings: TrainSettings) -> Path:
    """Fit, and save the model and a note of its settings in a folder."""
    model = linear(settings) if settings.algorithm is Algorithm.linear else boosting(settings)
    # One thread: sums of floats depend on how they are shared out among threads.
    with threadpool_limits(1):
        model.fit(inputs(rows), rows["late"].to_numpy(bool))
    folder = Path("model")
    folder.mkdir()
    (folder / "model.pickle").write_bytes(pickle.dumps(model, protocol=5))
    (folder / "settings.json").write_text(json.dumps({**vars(settings), "algorithm": settings.algorithm.name}, indent=2) + "\n")
    return folder


def inputs(rows: pd.DataFrame) -> pd.DataFrame:
    """What a model is shown: words as text, numbers as floats with NaN where a value is missing."""
    numbers = rows[NUMBERS].astype("Float64").astype("float64")
    return pd.concat([rows[WORDS].astype(object), numbers], axis=1)


def linear(settings: TrainSettings) -> Pipeline:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = OneHotEncoder(handle_unknown="ignore", min_frequency=100)
    return make_pipeline(
        make_column_transformer((words, WORDS), (numbers, NUMBERS)),
        LogisticRegression(max_iter=settings.rounds),
    )


def boosting(settings: TrainSettings) -> Pipeline:
    words = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    return make_pipeline(
        make_column_transformer((words, WORDS), ("passthrough", NUMBERS)),
        HistGradientBoostingClassifier(
            learning_rate=settings.learning_rate,
            max_leaf_nodes=settings.leaves,
            max_iter=settings.rounds,
            categorical_features=list(range(len(WORDS))),
            early_stopping=False,
            random_state=0,
        ),
    )
