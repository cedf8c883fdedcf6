"""The function of a step's inline body."""

from __future__ import annotations

import ast
from typing import Callable, cast

from .program import Step
from .scalars import Invalid

Function = Callable[..., object]


class _Source:
    """What `linecache` wants of a loader."""

    def __init__(self, text: str) -> None:
        self._text = text

    def get_source(self, name: str) -> str:
        return self._text


def inline_function(code: str, line: int, step: Step, source: str) -> Function:
    """The function with this body and the step's inputs as parameters. A tree is wrapped, not text, so that strings stay what they are."""
    shell = ast.parse("def step(): pass")
    function = shell.body[0]
    if not isinstance(function, ast.FunctionDef):
        raise AssertionError("a def parses as a function")
    try:
        body = ast.increment_lineno(_parsed(code, line), line - 1).body
        function.body = body or function.body
        function.args.kwonlyargs = [ast.arg(declared.name) for declared in step.inputs]
        function.args.kw_defaults = [None] * len(step.inputs)
        compiled = compile(ast.fix_missing_locations(shell), source, "exec")
    except SyntaxError as error:
        raise Invalid(f"{source}:{error.lineno}: the inline code is not Python: {error.msg}") from None
    # Tracebacks ask the loader for the code, since the program's file is not here.
    names: dict[str, object] = {"__name__": "mloc_inline", "__loader__": _Source("\n" * (line - 1) + code)}
    exec(compiled, names)
    return cast("Function", names["step"])


def _parsed(code: str, line: int) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        # Lines count from the beginning of the code here, from that of the program where the tree is compiled.
        error.lineno = (error.lineno or 1) + line - 1
        raise
