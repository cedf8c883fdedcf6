"""The three ways a step's code is given - a Python function, an inline body, a shell script - and how each is called."""

from __future__ import annotations

import ast
import importlib
import inspect
import linecache
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, cast

from .arguments import bind_arguments
from .jsons import Json, as_int, as_text
from .program import Step
from .results import bind_results
from .scalars import Invalid, Value
from .shell import run_shell
from .tracebacks import user_failure

Function = Callable[..., object]


def run_code(step: Step, inputs: dict[str, Value], out: Path, source: str, code: Sequence[str]) -> dict[str, Json]:
    """The wire values of a step's outputs, artifacts as local files.

    The folder `out` is free for them; `code` names the folders where the user's modules were looked up.
    Raises UserCodeFailed, and Invalid (OutOfDomain for a domain) for what does not fit the declaration.
    """
    if "shell" in step.run:
        return run_shell(step, inputs, out, source)
    if "python" in step.run:
        function = _load(as_text(step.run["python"], "a function"), source, code)
    else:
        function = _inline(as_text(step.run["inline"], "inline code"), as_int(step.run["line"], "a line"), step, source)
    arguments, sinks = bind_arguments(function, step, inputs, out)
    return bind_results(step, _call(function, arguments, source), sinks, out)


def _call(function: Function, arguments: dict[str, object], source: str) -> object:
    try:
        result = function(**arguments)
        if inspect.iscoroutine(result):
            import asyncio  # most steps are not async, and it is slow to import

            result = asyncio.run(result)
    except BaseException as error:
        raise user_failure(error, source) from None
    if inspect.isgenerator(result) or inspect.isasyncgen(result):
        raise Invalid("the step's function is a generator; it must return its outputs")
    return result


def _load(place: str, source: str, code: Sequence[str]) -> Function:
    """The function of `module:function`."""
    module_name, _, path = place.partition(":")
    try:
        found: object = importlib.import_module(module_name)
    except BaseException as error:
        if isinstance(error, ModuleNotFoundError) and error.name and f"{module_name}.".startswith(f"{error.name}."):
            places = ", ".join([*code, "the installed packages"])
            raise Invalid(f"the module `{error.name}` of `{place}` was not found in {places}") from None
        raise user_failure(error, source) from None
    for name in path.split("."):
        if not hasattr(found, name):
            raise Invalid(f"the module `{module_name}` ({getattr(found, '__file__', '?')}) has no function `{path}`")
        found = getattr(found, name)
    if not callable(found):
        raise Invalid(f"`{place}` is a {type(found).__name__}, not a function")
    return cast("Function", found)


def _inline(code: str, line: int, step: Step, source: str) -> Function:
    """The function with this body and the step's inputs as parameters. A tree is wrapped, not text, so that strings stay what they are."""
    # Tracebacks show the code through this cache, since the program's file is not here; None for its time says that it never changes.
    text = "\n" * (line - 1) + code
    linecache.cache[source] = (len(text), None, text.splitlines(keepends=True), source)
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
    names: dict[str, object] = {"__name__": "mloc_inline"}
    exec(compiled, names)
    return cast("Function", names["step"])


def _parsed(code: str, line: int) -> ast.Module:
    try:
        return ast.parse(code)
    except SyntaxError as error:
        # Lines count from the beginning of the code here, from that of the program where the tree is compiled.
        error.lineno = (error.lineno or 1) + line - 1
        raise
