"""The flights example on all its real data: the same statuses, and the same metrics to the last bit, on all four engines."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import prepare
from mloc.driver import analyse
from mloc.driver import compile as compile_for
from mloc.local.execute import run_native
from mloc.local.report import report
from mloc.runner.records import now
from mloc.runner.store import FileStore

FLIGHTS = Path(__file__).parents[2] / "examples" / "flights" / "flights.mlp"
pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real data, as the example's own script prepares it."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["prepare.py", str(folder)])
        assert prepare.main() == 0
    return folder


def parameters(data: Path, folder: Path) -> dict[str, str]:
    store = FileStore(folder / "store")
    files = {f"{name}_csv": json.dumps(store.put(data / f"{name}.csv", {"file": "csv"})) for name in ("flights", "weather", "planes")}
    return files | {"registry": json.dumps(str(folder / "registry"))}


def native(data: Path, folder: Path) -> dict[str, Any]:
    analysis = analyse(str(FLIGHTS))
    assert not analysis.diagnostics
    roots = [str(root) for root in analysis.project.source_roots]
    return run_native(analysis.pipelines[0], parameters(data, folder), store=folder / "store", source_roots=roots)


def on_engine(target: str, data: Path, folder: Path) -> dict[str, Any]:
    analysis = analyse(str(FLIGHTS))
    compilation = compile_for(analysis, analysis.pipelines[0], target)
    assert compilation.artifacts is not None
    for path, content in compilation.artifacts.items():
        file = folder / "bundle" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    records = folder / "records"
    records.mkdir()
    params, started = parameters(data, folder), now()
    result = importlib.import_module(f"mloc_{target}.launch").run(folder / "bundle", params, records, folder / "store")
    engine = (result["engine"]["name"], result["engine"]["version"])
    ended = {"status": result["status"], "error": result["error"], "started": started, "finished": now()}
    return report(analysis.pipelines[0], records, engine=engine, run_id=target, params=params, **ended)


def bare(value: object) -> object:
    """A report's values without the places of artifacts: their digests say that the bytes are the same."""
    if isinstance(value, dict):
        return {key: bare(item) for key, item in value.items() if key != "uri"}
    return [bare(item) for item in value] if isinstance(value, list) else value


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {id_: step["status"] for id_, step in found["steps"].items()}


@pytest.fixture(scope="module")
def reference(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    found = native(data, tmp_path_factory.mktemp("native"))
    assert found["status"] == "succeeded", found["error"]
    return found


def test_the_metrics_are_those_of_the_example(reference: dict[str, Any]) -> None:
    assert reference["outputs"]["rejected"] == 9430
    assert reference["outputs"]["published"] is True
    assert 0.76 < reference["outputs"]["report"]["auc"] < 0.78


@pytest.mark.parametrize("target", ["kfp", "airflow", "flyte"])
def test_engines_agree_to_the_last_bit(target: str, reference: dict[str, Any], data: Path, tmp_path: Path) -> None:
    found = on_engine(target, data, tmp_path)
    assert found["status"] == "succeeded", found["error"]
    assert json.dumps(bare(found["outputs"]), sort_keys=True) == json.dumps(bare(reference["outputs"]), sort_keys=True)
    assert statuses(found) == statuses(reference)
    for id_, step in found["steps"].items():
        assert bare(step["outputs"]) == bare(reference["steps"][id_]["outputs"]), id_
