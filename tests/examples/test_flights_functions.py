"""The Python side of the flights example, called directly on a slice of the real data, with no mloc between."""

import json
import sys
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

import prepare
from flights import evaluate, features, io, quality, registry, train

SMALL = train.TrainSettings(train.Algorithm.boosting, learning_rate=0.1, leaves=7, rounds=20)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["prepare.py", str(folder)])
        assert prepare.main() == 0
    return folder


@pytest.fixture(scope="module")
def examples(data: Path) -> pd.DataFrame:
    rows = quality.validate(io.read_flights(data / "flights.csv", 336_776)[::16]).clean
    joined = features.add_planes(features.add_weather(rows, io.read_weather(data / "weather.csv")), io.read_planes(data / "planes.csv"))
    assert len(joined) == len(rows)
    return features.make_examples(joined, timedelta(minutes=30))


def test_a_file_that_is_cut_off_is_refused(data: Path) -> None:
    with pytest.raises(ValueError, match="26116 rows were counted in the file and 336776 were read"):
        io.read_flights(data / "flights.csv", 26_116)


def test_every_row_is_kept_or_counted(data: Path) -> None:
    rows = io.read_flights(data / "flights.csv", 336_776)
    checked = quality.validate(rows)
    assert checked.reasons == {"cancelled": 8255, "diverted": 1175, "impossible": 0}
    assert len(checked.clean) + checked.rejected == len(rows)
    assert checked.clean["arr_delay"].notna().all()


def test_a_day_is_on_one_side_of_the_split(examples: pd.DataFrame) -> None:
    parts = features.split(examples, 0.2, 13)
    assert not set(parts.train["day"]) & set(parts.test["day"])
    assert len(parts.train) + len(parts.test) == len(examples)
    assert 0.1 < len(parts.test) / len(examples) < 0.3


def test_training_gives_the_same_bytes_every_time(examples: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    models = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        models.append((train.train(examples, SMALL) / "model.pickle").read_bytes())
    assert models[0] == models[1]


def test_a_model_tells_late_flights_from_others(examples: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parts = features.split(examples, 0.2, 13)
    judged = evaluate.evaluate(train.train(parts.train, SMALL), parts.test)
    assert 0.65 < judged.report["auc"] < 0.85
    assert judged.calibration.read_text().startswith("bin,flights,forecast,happened\n")


def test_publishing_twice_changes_nothing(tmp_path: Path) -> None:
    folder = str(tmp_path / "registry")
    model = tmp_path / "model"
    model.mkdir()
    (model / "model.pickle").write_bytes(b"a model")
    assert registry.current(folder) == (None, None)
    assert registry.publish(model, SMALL, 0.7, folder) == 1
    assert registry.publish(model, SMALL, 0.7, folder) == 1
    (model / "model.pickle").write_bytes(b"a better model")
    assert registry.publish(model, SMALL, 0.8, folder) == 2
    assert registry.current(folder) == (2, 0.8)
    assert json.loads((tmp_path / "registry" / "current.json").read_text())["settings"]["algorithm"] == "boosting"


def test_a_relative_registry_is_refused() -> None:
    with pytest.raises(ValueError, match="must be an absolute path"):
        registry.current("registry")
