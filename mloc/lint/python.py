"""Whether a file has Python code to look at; what looks at it is loaded only then."""

from __future__ import annotations

from mloc.diagnostics.model import Bag
from mloc.ir.model import RunInline, RunPython
from mloc.lint.program import Program


def python(program: Program, bag: Bag) -> None:
    """The rules over the code of Python and inline steps."""
    found = (program.file.steps.step(declaration) for declaration in program.steps())
    if any(step is not None and isinstance(step[0].run, (RunInline, RunPython)) for step in found):
        from mloc.lint.code.page import check_code

        check_code(program, bag)
