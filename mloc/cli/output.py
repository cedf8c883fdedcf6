"""Shows diagnostics on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from mloc.cli.arguments import Color
from mloc.diagnostics.model import Diagnostic
from mloc.source import SourceFile


def wants_color(color: Color, stream: TextIO) -> bool:
    """Whether to colour what goes to a stream: `auto` does on a terminal that can, unless NO_COLOR is set."""
    if color != "auto":
        return color == "always"
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def show(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile], color: Color, stream: TextIO | None = None) -> None:
    """Print diagnostics in full, with a blank line after each, on standard error unless told otherwise."""
    if not diagnostics:
        return
    from mloc.diagnostics.render import full  # a program without findings needs none of it

    stream = stream or sys.stderr
    painted = wants_color(color, stream)
    for diagnostic in diagnostics:
        print(full(diagnostic, files, colour=painted), file=stream)
