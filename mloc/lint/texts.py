"""F-strings that would say `null`."""

from __future__ import annotations

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NULL_IN_TEXT
from mloc.lint.program import Program
from mloc.syntax import tree as t
from mloc.syntax.walk import everything
from mloc.types.model import Optional
from mloc.types.show import show


def texts(program: Program, bag: Bag) -> None:
    """W0225 of every f-string of a pipeline."""
    for body in program.bodies:
        for expr in everything(body.pipeline.body):
            for part in expr.parts if isinstance(expr, t.FString) else ():
                type_ = None if isinstance(part, str) else program.type_of(part)
                if not isinstance(part, str) and isinstance(type_, Optional):
                    written = program.file.exprs.written(part.span)
                    message = f"{written} may be null (`{show(type_)}`), and the text would then say `null`"
                    help_ = 'give a fallback first, `name = … ?? "none"`, or make the text inside `if … != null:`'
                    bag.report(NULL_IN_TEXT, part.span, message, help=help_)
