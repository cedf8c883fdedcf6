"""What `mloc verify` prints: a table and each difference for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from mloc.cli.arguments import Verify
from mloc.diagnostics.display import clean
from mloc.ir.model import Pipeline
from mloc.local.compare import Difference
from mloc.runner.jsons import Json

if TYPE_CHECKING:
    from mloc.cli.verify import Verdict

SCHEMA = "mloc-verify/1"
_LONGEST = 240
_HEAD = ("engine", "version", "status", "time", "")


def show(command: Verify, pipeline: Pipeline, verdicts: Sequence[Verdict]) -> None:
    if command.output_format == "json":
        print(json.dumps(document(command.file, pipeline, verdicts), indent=2))
        return
    for line in table(verdicts):
        print(line)
    for verdict in verdicts:
        for line in _told(verdict):
            print(clean(line))


def table(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """A line for each engine, in columns."""
    rows = [_HEAD, *(_row(verdict) for verdict in verdicts)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _row(verdict: Verdict) -> tuple[str, ...]:
    said = {
        "reference": "",
        "same": "same",
        "different": f"different ({len(verdict.differences)})",
        "refused": "refused: the target cannot express the program",
        "unusable": "not installed, or not usable",
    }[verdict.outcome]
    if verdict.report is None:
        return verdict.engine, "-", "-", "-", said
    return verdict.engine, _version(verdict.report) or "-", str(verdict.report["status"]), f"{verdict.seconds:.1f}s", said


def _version(report: Mapping[str, Json]) -> str:
    match report["engine"]:
        case {"version": str(version)}:
            return version
        case _:
            return ""


def _told(verdict: Verdict) -> Iterator[str]:
    """The differences and reasons of an engine, under its name."""
    if verdict.differences:
        yield ""
        yield f"{verdict.engine} differs from native:"
        yield from (f"  {difference.what}: {_both(difference)}" for difference in verdict.differences)
        yield from (f"  known of its local mode: {known.what}" for known in verdict.known)
    if verdict.reasons:
        yield ""
        yield f"{verdict.engine} {'refuses' if verdict.outcome == 'refused' else 'was not run'}:"
        yield from (f"  {reason}" for reason in verdict.reasons)


def _both(difference: Difference) -> str:
    return f"{_text(difference.found)}, native {_text(difference.reference)}"


def _text(value: Json) -> str:
    """A value as JSON, its middle left out when it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def document(file: str, pipeline: Pipeline, verdicts: Sequence[Verdict]) -> dict[str, Json]:
    """The verdicts as JSON of `mloc/schemas/verify.schema.json`."""
    compared = [verdict.outcome for verdict in verdicts if verdict.outcome in ("same", "different")]
    return {
        "schema": SCHEMA,
        "file": file,
        "pipeline": pipeline.name,
        "same": bool(compared) and "different" not in compared,
        "engines": [_engine(verdict) for verdict in verdicts],
    }


def _engine(verdict: Verdict) -> dict[str, Json]:
    return {
        "engine": verdict.engine,
        "version": _version(verdict.report) if verdict.report is not None else None,
        "outcome": verdict.outcome,
        "seconds": round(verdict.seconds, 3) if verdict.report is not None else None,
        "differences": [{"what": each.what, "native": each.reference, "engine": each.found} for each in verdict.differences],
        "reasons": list(verdict.reasons),
        "known": [each.what for each in verdict.known],
        "report": dict(verdict.report) if verdict.report is not None else None,
    }
