"""Emitted DAGs load in Airflow, survive its serialization, and run by `dag.test()` as the native executor runs the program."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import datetime
from importlib.metadata import PackageNotFoundError
from itertools import pairwise
from pathlib import Path

import pytest

from mloc.local.execute import run_native
from mloc.runner.jsons import Json, canonical
from mloc_airflow.launch import MISSING, airflow_version, main, run
from mloc_airflow.launch_home import private_home
from mloc_airflow.names import CONTEXT_KEYS
from tests.airflow import programs
from tests.airflow.running import Compiled, compile_file, compile_text, statuses

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("airflow")]

ROOT = Path(__file__).parents[2]


def agree(program: Compiled, tmp_path: Path, **params: Json) -> dict[str, Json]:
    """The report of Airflow, which says of every step what the native executor's says."""
    texts = {name: canonical(value) for name, value in params.items()}
    native = run_native(program.pipeline, texts, store=tmp_path / "native", lines=program.analysis.lines(program.pipeline))
    report = program.run(tmp_path, **params)
    assert report["status"] == native["status"], report["error"]
    assert report["outputs"] == native["outputs"]
    assert statuses(report) == statuses(native)
    return report


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"xs": []},
        {"xs": [5]},
        {"deep": False},
        {"wide": False},
    ],
    ids=["default", "empty", "one", "inner-untaken", "outer-untaken"],
)
def test_structures(params: dict[str, Json], tmp_path: Path) -> None:
    report = agree(compile_text(programs.STRUCTURES, tmp_path), tmp_path, **params)
    # An empty list fails where it is indexed, in both.
    assert report["status"] == ("failed" if params.get("xs") == [] else "succeeded")


def test_no_text_is_rendered_as_a_template(tmp_path: Path) -> None:
    report = agree(compile_text(programs.TEMPLATES, tmp_path), tmp_path)
    outputs = report["outputs"]
    assert isinstance(outputs, dict)
    assert outputs["one"] == ["{{ 1+1 }}t {{ 1+1 }}", "{% raw %}t {{ 1+1 }}", "it's {{ ds }}.sqlt {{ 1+1 }}"]
    assert outputs["many"] == ["{{ 1+1 }}{{ 3+3 }}!", "{% raw %}{{ 3+3 }}!", "it's {{ ds }}.sql{{ 3+3 }}!"]
    assert outputs["env"] == ["env {{ 1+1 }}"]
    assert outputs["chosen"] == "{{ 5+5 }}"
    assert outputs["m"] == {"{{ 1+1 }}": "{{ 2+2 }}"}


def test_a_launch_with_templates_is_not_rendered(tmp_path: Path) -> None:
    report = agree(compile_text(programs.TEMPLATES, tmp_path), tmp_path, xs=["{{ params }}", "{{ macros }}"], m={"{{ ti }}": ""})
    outputs = report["outputs"]
    assert isinstance(outputs, dict)
    assert outputs["m"] == {"{{ ti }}": ""}


def test_a_failure_drains(tmp_path: Path) -> None:
    report = agree(compile_text(programs.FAILURES, tmp_path), tmp_path)
    assert report["status"] == "failed"
    found = statuses(report)
    assert found["ys[1].a"] == ("failed", 1)
    assert found["ys[1].b"] == ("not_run", 0)
    assert found["ys[1].c"] == found["ys[2].b"] == found["f"] == ("succeeded", 1)
    assert found["d"] == ("not_run", 0)
    error = report["error"]
    assert isinstance(error, dict)
    assert error["step"] == "ys[1].a"


def test_retries_are_made_as_declared(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    report = compile_text(programs.RETRIES, tmp_path).run(tmp_path, folder=str(folder))
    assert report["outputs"] == {"a": 3, "b": 3, "c": [2, 2]}
    assert statuses(report) == {
        "a": ("succeeded", 3),
        "b": ("succeeded", 3),
        "c[0].e": ("succeeded", 2),
        "c[1].e": ("succeeded", 2),
    }
    assert _waits(tmp_path / "records", "a") == pytest.approx([1.0, 1.0], abs=3.0)
    assert min(_waits(tmp_path / "records", "a")) >= 1.0
    assert _waits(tmp_path / "records", "b") == pytest.approx([0.2, 0.4], abs=0.15)


def _waits(records: Path, step: str) -> list[float]:
    events = [json.loads(path.read_text()) for path in sorted(records.glob("*.json"))]
    made = [event for event in events if event["event"] == "attempt" and event["id"] == step]
    ends = [(datetime.fromisoformat(event["started"]), datetime.fromisoformat(event["finished"])) for event in made]
    return [(after[0] - before[1]).total_seconds() for before, after in pairwise(ends)]


@pytest.mark.parametrize("name", ["hello", "flights"])
def test_examples_load_and_serialize(name: str, tmp_path: Path) -> None:
    _loads_and_serializes(compile_file(ROOT / "examples" / name / f"{name}.mlp"), tmp_path)


@pytest.mark.parametrize("name", ["TEMPLATES", "STRUCTURES", "FAILURES", "RETRIES"])
def test_programs_load_and_serialize(name: str, tmp_path: Path) -> None:
    _loads_and_serializes(compile_text(getattr(programs, name), tmp_path), tmp_path)


def _loads_and_serializes(program: Compiled, tmp_path: Path) -> None:
    # Airflow must not be imported before this process's home is there.
    private_home(airflow_version())
    folder = program.write(tmp_path / "dags")
    sys.path.append(str(folder))
    try:
        bag = importlib.import_module("airflow.dag_processing.dagbag").DagBag(dag_folder=str(folder), safe_mode=True)
    finally:
        sys.path.remove(str(folder))
    assert bag.import_errors == {}
    assert list(bag.dags) == [program.pipeline.name]
    # Airflow reads one file of the bundle.
    assert [stats.file.strip("/") for stats in bag.dagbag_stats] == [f"{program.pipeline.name}.py"]
    dag = bag.dags[program.pipeline.name]
    assert "Compiled by mloc" in dag.doc_md
    serialization = importlib.import_module("airflow.serialization.serialized_objects").DagSerialization
    encoded = serialization.to_dict(dag)
    serialization.validate_schema(encoded)
    again = serialization.from_dict(json.loads(json.dumps(encoded)))
    assert set(again.task_ids) == set(dag.task_ids)


def test_hello_by_the_command(tmp_path: Path) -> None:
    program = compile_file(ROOT / "examples" / "hello" / "hello.mlp")
    (tmp_path / "p.json").write_text(json.dumps({"loud": "true"}))
    options = ["--params", str(tmp_path / "p.json"), "--result", str(tmp_path / "out.json")]
    options += ["--records", str(tmp_path / "records"), "--store", str(tmp_path / "store")]
    assert main([str(program.write(tmp_path / "bundle")), *options]) == 0
    result = json.loads((tmp_path / "out.json").read_text())
    assert (result["status"], result["engine"]["name"], result["error"]) == ("succeeded", "airflow", None)


def test_a_wrong_launch_starts_nothing(tmp_path: Path) -> None:
    program = compile_file(ROOT / "examples" / "hello" / "hello.mlp")
    ended = run(program.write(tmp_path / "bundle"), {"louder": "true"}, tmp_path / "records", tmp_path / "store")
    assert ended["status"] == "failed"
    assert "no parameter `louder`" in str(ended["error"])


def test_a_missing_airflow_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("mloc_airflow.launch.version", missing)
    (tmp_path / "p.json").write_text("{}")
    options = [word for name in ("records", "store", "result") for word in (f"--{name}", str(tmp_path / name))]
    assert main([str(tmp_path), "--params", str(tmp_path / "p.json"), *options]) == 2
    assert capsys.readouterr().err.strip() == MISSING


def test_the_reserved_names_are_airflows() -> None:
    known = importlib.import_module("airflow.sdk.definitions.context").KNOWN_CONTEXT_KEYS
    assert set(known) <= CONTEXT_KEYS
