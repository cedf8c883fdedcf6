"""Compiles programs to Airflow bundles and runs them in this process, where Airflow is imported once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mloc.backend import Artifacts, Request
from mloc.diagnostics.model import Bag
from mloc.driver import Analysis, analyse, request
from mloc.ir.model import Pipeline
from mloc.local.report import report
from mloc.runner.jsons import Json
from mloc.runner.records import now
from mloc_airflow import backend
from mloc_airflow.launch import run


def compiled(program: Path, name: str | None = None) -> tuple[Analysis, Pipeline, Artifacts]:
    """A program without diagnostics, one pipeline of it, and the bundle."""
    analysis = analyse(str(program))
    assert not analysis.diagnostics, [f"{d.rule.code} {d.message}" for d in analysis.diagnostics]
    (pipeline,) = (each for each in analysis.pipelines if name in (None, each.name))
    return analysis, pipeline, bundle_of(request(analysis, pipeline, backend))


def bundle_of(asked: Request) -> Artifacts:
    bag = Bag()
    artifacts = backend.emit(asked, bag)
    assert not bag.sorted()
    return artifacts


def write(artifacts: Artifacts, folder: Path) -> Path:
    for path, content in artifacts.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def run_bundle(pipeline: Pipeline, bundle: Path, params: Mapping[str, str], scratch: Path) -> dict[str, Json]:
    """The report of a run by `dag.test()`; the store and the records stand in the scratch folder."""
    started, records = now(), scratch / "records"
    ended = run(bundle, params, records, scratch / "store")
    assert ended["status"] in ("succeeded", "failed")
    error = ended["error"]
    return report(
        pipeline,
        records,
        engine=("airflow", "any"),
        status="succeeded" if ended["status"] == "succeeded" else "failed",
        error=error if isinstance(error, str) else None,
        started=started,
        finished=now(),
        run_id="test",
        params=params,
    )
