"""Names in the Python functions behind a step that nothing defines."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import CODE_NAME
from mloc.diagnostics.suggest import suggest
from mloc.lint.code.model import StepCode
from mloc.types.python.globals import globals_of, undefined
from mloc.types.python.inline import advice


def names(step: StepCode, bag: Bag) -> None:
    """E0653: a name that the module of a function does not have, so that the step fails when it gets there."""
    for code in step.bodies:
        if code.module is None or code.function is None or any(_expects(node) for node in code.nodes):
            continue
        for name, line in undefined(code.module.file, code.function):
            known = globals_of(code.module.file)
            own = {argument.arg for argument in ast.walk(code.function.args) if isinstance(argument, ast.arg)}
            near = suggest(name, [*own, *(() if known is None else (n for n in known.names if not n.startswith("__")))])
            place = next((n for n in code.nodes if isinstance(n, ast.Name) and n.id == name and n.lineno == line), code.function)
            step.report(
                bag,
                CODE_NAME,
                code,
                place,
                f"nothing defines `{name}` in `{code.file}`, which `{code.function.name}` uses in line {line}",
                label=f"step `{step.name}` fails there",
                help=advice(name, near) or "import or define it at the top of the module",
            )


def _expects(node: ast.AST) -> bool:
    """Whether code is prepared for a name that is not there."""
    return isinstance(node, ast.ExceptHandler) and node.type is not None and "NameError" in ast.unparse(node.type)
