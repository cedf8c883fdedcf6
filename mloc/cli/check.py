"""`mloc check`: finds mistakes and shows them."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from mloc.cli.arguments import Check
from mloc.cli.codes import FAILED, OK, USAGE
from mloc.cli.output import show
from mloc.diagnostics.display import clean
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.render import concise, summary
from mloc.driver import analyse
from mloc.source import SourceError, SourceFile
from mloc.types.python.project import ProjectError
from mloc.version import VERSION


def check(command: Check) -> int:
    """Check every file; one that cannot be read does not keep the others from being checked."""
    found, files = Bag(), dict[str, SourceFile]()
    unusable = 0
    for path in dict.fromkeys(command.files):
        try:
            analysis = analyse(path)
        except (SourceError, ProjectError) as error:
            print(f"mloc: {clean(str(error))}", file=sys.stderr)
            unusable += 1
            continue
        files.update(analysis.files)
        for diagnostic in analysis.diagnostics:
            found.add(diagnostic)
    _print(command, found.sorted(), files)
    if command.output_format == "full":
        print(summary(found.sorted(), len(set(command.files)) - unusable), file=sys.stderr)
    if unusable:
        return USAGE
    return FAILED if found.has_errors else OK


def _print(command: Check, diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> None:
    match command.output_format:
        case "full":
            show(diagnostics, files, command.color, sys.stdout)
        case "concise":
            for diagnostic in diagnostics:
                print(concise(diagnostic, files))
        case machine_format:
            from mloc.diagnostics.machine import to_github, to_json, to_sarif

            texts = {
                "json": lambda: to_json(diagnostics, files),
                "sarif": lambda: to_sarif(diagnostics, files, VERSION),
                "github": lambda: to_github(diagnostics, files),
            }
            print(texts[machine_format](), end="")
