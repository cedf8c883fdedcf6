"""Compiles programs to Airflow bundles and runs them by `dag.test()` in this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mloc.backend import Artifacts
from mloc.driver import Analysis, analyse
from mloc.driver import compile as compile_
from mloc.ir.model import Pipeline
from mloc.local.report import report
from mloc.runner.jsons import Json, canonical
from mloc.runner.records import now
from mloc_airflow.launch import run


@dataclass(frozen=True)
class Compiled:
    """A program without diagnostics, its one pipeline, and the bundle."""

    analysis: Analysis
    pipeline: Pipeline
    artifacts: Artifacts

    @property
    def dag_file(self) -> str:
        text = self.artifacts[f"{self.pipeline.name}.py"]
        assert isinstance(text, str)
        return text

    def write(self, folder: Path) -> Path:
        for path, content in self.artifacts.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder

    def run(self, scratch: Path, **params: Json) -> dict[str, Json]:
        """The report of a run; the bundle, the store and the records stand in the scratch folder."""
        texts = {name: canonical(value) for name, value in params.items()}
        started, records = now(), scratch / "records"
        ended = run(self.write(scratch / "bundle"), texts, records, scratch / "store")
        return report(
            self.pipeline,
            records,
            engine=("airflow", "any"),
            status="succeeded" if ended["status"] == "succeeded" else "failed",
            error=str(ended["error"]),
            started=started,
            finished=now(),
            run_id="test",
            params=texts,
        )


def compile_all(path: Path) -> list[Compiled]:
    """Every pipeline of a program."""
    analysis = analyse(str(path))
    assert not analysis.has_errors, [f"{d.rule.code} {d.message}" for d in analysis.diagnostics]
    return [_compiled(analysis, pipeline) for pipeline in analysis.pipelines]


def _compiled(analysis: Analysis, pipeline: Pipeline) -> Compiled:
    found = compile_(analysis, pipeline, "airflow")
    assert found.artifacts is not None
    return Compiled(analysis, pipeline, found.artifacts)


def compile_file(path: Path) -> Compiled:
    (program,) = compile_all(path)
    return program


def compile_text(text: str, folder: Path) -> Compiled:
    """The last pipeline of a program: others may be there for it to call."""
    path = folder / "program.mlp"
    path.write_text(text, encoding="utf-8")
    return compile_all(path)[-1]


def statuses(report: Mapping[str, Json]) -> dict[str, tuple[Json, Json]]:
    """Status and number of attempts of every step."""
    steps = report["steps"]
    assert isinstance(steps, dict)
    found = {}
    for name, entry in steps.items():
        assert isinstance(entry, dict)
        found[name] = (entry["status"], entry["attempts"])
    return found
