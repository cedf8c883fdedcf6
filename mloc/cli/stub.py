"""`mloc stub`: prints the step declaration of a Python function, to begin a program with."""

from __future__ import annotations

import sys
from pathlib import Path

from mloc.cli.arguments import Stub
from mloc.cli.codes import FAILED, OK, UsageError
from mloc.diagnostics.display import clean
from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax.format import formatted
from mloc.types.python.lookup import Failure, find_function
from mloc.types.python.project import Project, ProjectError
from mloc.types.python.stub import stub as declaration

_EDITION = "mlp 1\n\n"


def stub(command: Stub) -> int:
    module, colon, function = command.target.partition(":")
    if not colon or not module or not function:
        raise UsageError(f"`{command.target}` does not name a function; write it as package.module:function")
    try:
        project = Project.of(Path.cwd() / "program.mlp")
    except ProjectError as error:
        raise UsageError(str(error)) from None
    found = find_function(project, module, function)
    if isinstance(found, Failure):
        for text in (found.message, *found.notes, *([found.help] if found.help else [])):
            print(f"mloc: {clean(text)}", file=sys.stderr)
        return FAILED
    print(laid_out(declaration(project, found, command.target, command.name or function)), end="")
    return OK


def laid_out(declarations: str) -> str:
    """Declarations in the canonical layout; as they are when they do not parse, which a check of the program then says."""
    text = formatted(SourceFile("<stub>", _EDITION + declarations), Bag())
    return declarations if text is None else text.removeprefix(_EDITION)
