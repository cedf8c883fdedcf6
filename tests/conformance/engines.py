"""Running the conformance programs on the engines' own local modes, in one process an engine."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mloc.driver import compile as compile_for
from mloc.local.report import report
from tests.conformance.cases import Case, program


def bundle(name: str, target: str, folder: Path) -> Path:
    """The program compiled for a target, written into a folder; without any diagnostic."""
    analysis, pipeline = program(name)
    compilation = compile_for(analysis, pipeline, target)
    assert compilation.artifacts is not None, [f"{d.rule.code} {d.message}" for d in compilation.diagnostics]
    for path, content in compilation.artifacts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")


def report_of(case: Case, result: Mapping[str, Any], records: Path, params: Mapping[str, str], started: str) -> dict[str, Any]:
    """The run report from what the engine said and what the runner recorded on it."""
    _, pipeline = program(case.program)
    return report(
        pipeline,
        records,
        engine=(result["engine"]["name"], result["engine"]["version"]),
        status=result["status"],
        error=result["error"],
        started=started,
        finished=now(),
        run_id=case.id,
        params=params,
    )
