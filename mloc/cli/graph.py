"""`mloc graph`: draws a pipeline."""

from __future__ import annotations

from mloc.cli.arguments import Graph, GraphFormat
from mloc.cli.choose import analysed, chosen
from mloc.cli.codes import FAILED, OK, UsageError
from mloc.cli.drawing.dot import dot
from mloc.cli.drawing.mermaid import mermaid
from mloc.cli.drawing.model import drawing
from mloc.cli.drawing.svg import svg
from mloc.ir.model import Pipeline


def graph(command: Graph) -> int:
    analysis = analysed(command.file, command.color)
    if analysis.has_errors:
        return FAILED
    text = drawn(chosen(analysis, command.pipeline), command.format)
    if command.out is None:
        print(text, end="")
        return OK
    try:
        command.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{command.out}: {error.strerror}") from error
    return OK


def drawn(pipeline: Pipeline, format: GraphFormat) -> str:
    """The picture of a pipeline as text."""
    return {"mermaid": mermaid, "dot": dot, "svg": svg}[format](drawing(pipeline))
