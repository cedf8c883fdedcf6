"""Which program and which of its pipelines a command is about."""

from __future__ import annotations

from mloc.cli.arguments import Color
from mloc.cli.codes import UsageError
from mloc.cli.output import show
from mloc.diagnostics.suggest import did_you_mean
from mloc.driver import Analysis, analyse
from mloc.frozen import replace
from mloc.ir.model import Pipeline
from mloc.source import SourceError
from mloc.types.python.project import ProjectError


def analysed(path: str, color: Color) -> Analysis:
    """The analysis of a program, its findings shown on standard error. Raises UsageError when the file cannot be read."""
    try:
        analysis = analyse(path)
    except (SourceError, ProjectError) as error:
        raise UsageError(str(error)) from None
    # Suppressed or not, an error that leaves holes in the program leaves nothing to run.
    told = tuple(sorted((*analysis.diagnostics, *analysis.blocking), key=lambda d: d.sort_key))
    show(told, analysis.files, color)
    return replace(analysis, diagnostics=told)


def chosen(analysis: Analysis, name: str | None) -> Pipeline:
    """The pipeline of that name, or the only one. Raises UsageError, which lists them, when there is none or it is not clear which."""
    names = [pipeline.name for pipeline in analysis.pipelines]
    listed = ", ".join(f"`{name}`" for name in names)
    if name is None:
        if len(names) == 1:
            return analysis.pipelines[0]
        if not names:
            raise UsageError(f"{analysis.path}: has no pipeline")
        raise UsageError(f"{analysis.path}: has several pipelines; say which one with --pipeline: {listed}")
    for pipeline in analysis.pipelines:
        if pipeline.name == name:
            return pipeline
    hint = did_you_mean(name, names) or (f"it has {listed}" if names else "it has none")
    raise UsageError(f"{analysis.path}: has no pipeline `{name}`; {hint}")
