"""Bundles on disk: what the backend emits for a pipeline, ready to be run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mloc import runner
from mloc.backend import Request, table
from mloc.diagnostics.model import Bag
from mloc.ir.model import Pipeline
from mloc.ir.program import program
from mloc.local.report import report
from mloc.passes.targets import for_target
from mloc.runner.jsons import Json
from mloc.source import Line
from mloc_flyte import backend, launch

VERSION = "0.0.0"


def request(pipeline: Pipeline, lines: Mapping[str, Line] | None = None, code: Mapping[str, bytes] | None = None) -> Request:
    """What the driver would ask the backend for."""
    special, attributes = for_target(pipeline, table(backend))
    document = program(special, VERSION, lines)
    return Request(special, document, code or {}, runner.sources(), VERSION, attributes, lines or {})


def emit(asked: Request) -> dict[str, str | bytes]:
    bag = Bag()
    files = dict(backend.emit(asked, bag))
    assert not list(bag)
    return files


def text(asked: Request) -> str:
    """The emitted module."""
    (path,) = (path for path in emit(asked) if "/" not in path)
    found = emit(asked)[path]
    assert isinstance(found, str)
    return found


def write(asked: Request, folder: Path) -> Path:
    for path, content in emit(asked).items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


@dataclass(frozen=True)
class Ran:
    """A run by flytekit's local execution: what the launcher said, and the report made from the records."""

    result: Mapping[str, Json]
    report: Mapping[str, Json] = field(default_factory=dict)

    @property
    def outputs(self) -> Json:
        return self.report["outputs"]

    @property
    def statuses(self) -> dict[str, Json]:
        steps = self.report["steps"]
        assert isinstance(steps, dict)
        return {name: entry["status"] for name, entry in steps.items() if isinstance(entry, dict)}


def run(asked: Request, scratch: Path, params: Mapping[str, str] | None = None) -> Ran:
    """Emit, write and run a pipeline with these wire texts."""
    bundle = write(asked, scratch / "bundle")
    result = launch.run(bundle, params or {}, scratch / "records", scratch / "store")
    return Ran(result, made_report(asked.pipeline, scratch / "records", str(result["status"]), result["error"], params or {}))


def made_report(pipeline: Pipeline, records: Path, status: str, error: Json, params: Mapping[str, str]) -> dict[str, Json]:
    assert status in ("succeeded", "failed")
    return report(
        pipeline,
        records,
        engine=("flyte", "0"),
        status="succeeded" if status == "succeeded" else "failed",
        error=None if error is None else str(error),
        started="",
        finished="",
        run_id="test",
        params=params,
    )
