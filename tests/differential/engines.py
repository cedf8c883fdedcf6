"""One program on one engine: its run report, and every failure that the runner recorded on the way."""

from __future__ import annotations

import importlib
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mloc.driver import Analysis, analyse
from mloc.driver import compile as compile_for
from mloc.ir.model import Pipeline
from mloc.local.execute import run_native
from mloc.local.report import report
from mloc.runner.records import Records, now

ENGINES = ("native", "kfp", "flyte", "airflow")


class Refused(Exception):
    """The target cannot express the program, and says so; `codes` are those of what it says."""

    def __init__(self, codes: list[str], said: str) -> None:
        super().__init__(said)
        self.codes = codes


def analysed(text: str, folder: Path) -> Analysis:
    """The program's analysis; its last pipeline is the one that is run."""
    path = folder / "p.mlp"
    path.write_text(text, encoding="utf-8", newline="")
    return analyse(str(path))


def observe(engine: str, text: str, given: Mapping[str, str], folder: Path) -> dict[str, Any]:
    """What an engine makes of a program: `{report, failures}`, `{refused, said}` with the diagnostics, or `{crash}` with a traceback."""
    try:
        analysis = analysed(text, folder)
        pipeline = analysis.pipelines[-1]
        made, records = (_native if engine == "native" else _on(engine))(analysis, pipeline, given, folder)
        return {"report": made, "failures": _failures(records)}
    except Refused as refused:
        return {"refused": refused.codes, "said": str(refused)}
    except Exception:
        return {"crash": traceback.format_exc(limit=-8)}


def _native(analysis: Analysis, pipeline: Pipeline, given: Mapping[str, str], folder: Path) -> tuple[dict[str, Any], Path]:
    made = run_native(pipeline, given, store=folder / "store", lines=analysis.lines(pipeline), run_id="r", jobs=2)
    return dict(made), folder / "store" / "runs" / "r" / "records"


def _on(engine: str) -> Any:  # noqa: ANN401
    launch = importlib.import_module(f"mloc_{engine}.launch")

    def run(analysis: Analysis, pipeline: Pipeline, given: Mapping[str, str], folder: Path) -> tuple[dict[str, Any], Path]:
        compilation = compile_for(analysis, pipeline, engine)
        if compilation.artifacts is None:
            errors = [each for each in compilation.diagnostics if each.rule.severity == "error"]
            raise Refused(sorted({each.rule.code for each in errors}), "; ".join(f"{each.rule.code} {each.message}" for each in errors))
        for path, content in compilation.artifacts.items():
            file = folder / "bundle" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content if isinstance(content, bytes) else content.encode())
        records = folder / "records"
        records.mkdir()
        started = now()
        result = launch.run(folder / "bundle", given, records, folder / "store")
        named = (result["engine"]["name"], result["engine"]["version"])
        ending = {"status": result["status"], "error": result["error"], "started": started, "finished": now()}
        return report(pipeline, records, engine=named, run_id="r", params=given, **ending), records

    return run


def _failures(records: Path) -> list[list[Any]]:
    """Every unit that failed for good, as (id, kind, message, line)."""
    last: dict[str, dict[str, Any]] = {}
    for event in Records(records).events():
        if isinstance(event.get("id"), str):
            last[str(event["id"])] = dict(event)
    errors = [(id_, event["error"]) for id_, event in last.items() if event["event"] == "failed" or event.get("status") == "failed"]
    return sorted([id_, error["kind"], error["message"], error["line"]] for id_, error in errors)
