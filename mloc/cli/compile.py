"""`mloc compile`: writes a bundle, or compares it with what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from mloc import driver
from mloc.backend import Artifacts, BackendError
from mloc.cli.arguments import Color, Compile
from mloc.cli.bundle import Comparison, compare, differences, write
from mloc.cli.choose import analysed, chosen
from mloc.cli.codes import FAILED, NOT_EXPRESSIBLE, OK, UsageError
from mloc.cli.output import show
from mloc.driver import Analysis
from mloc.ir.model import Pipeline
from mloc.version import VERSION

# Not an engine: the program itself, for other tools.
_IR = "ir"


def compile_(command: Compile) -> int:
    analysis = analysed(command.file, command.color)
    if analysis.has_errors:
        return FAILED
    pipeline = chosen(analysis, command.pipeline)
    artifacts = bundle(analysis, pipeline, command.target, command.color)
    if artifacts is None:
        return NOT_EXPRESSIBLE
    out = command.out or Path("build") / pipeline.name / command.target
    if command.mode == "write":
        count = write(out, artifacts)
        print(f"{out}: {count} of {len(artifacts)} files written", file=sys.stderr)
        return OK
    comparison = compare(out, artifacts)
    _tell(comparison, out, artifacts, in_full=command.mode == "diff")
    return FAILED if comparison.is_stale else OK


def bundle(analysis: Analysis, pipeline: Pipeline, target: str, color: Color) -> Artifacts | None:
    """The files of a pipeline for a target, None when the target cannot express it; what was found is shown on standard error.

    Raises UsageError when the target is not there or does not work.
    """
    if target == _IR:
        from mloc.ir.document import document  # engines do not need it

        return {f"{pipeline.name}.ir.json": json.dumps(document(pipeline, VERSION, analysis.lines(pipeline)), indent=2) + "\n"}
    try:
        compilation = driver.compile(analysis, pipeline, target)
    except BackendError as error:
        raise UsageError(str(error)) from error
    show(compilation.diagnostics, analysis.files, color)
    return compilation.artifacts


def _tell(comparison: Comparison, out: Path, artifacts: Artifacts, *, in_full: bool) -> None:
    if not comparison.is_stale:
        print(f"{out}: up to date", file=sys.stderr)
        return
    if in_full:
        sys.stdout.writelines(differences(out, artifacts, comparison))
    for state, paths in (("missing", comparison.missing), ("changed", comparison.changed), ("no longer written", comparison.obsolete)):
        for path in paths:
            print(f"{out / path}: {state}", file=sys.stderr)
    print(f"{out}: stale; run `mloc compile` without --check or --diff to write it", file=sys.stderr)
