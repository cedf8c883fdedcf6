"""The ways a step's code is given - a Python function, an inline body, a shell script, a container, a notebook - and how each is called."""

from __future__ import annotations

import importlib
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, cast

from .arguments import to_python
from .jsons import Json, as_int, as_text
from .program import Step
from .results import bind_results
from .scalars import Invalid, Value
from .tracebacks import UserCodeFailed, user_failure

Function = Callable[..., object]
_MOST = 30
"""Columns of a table that a message names."""


def prepare(run: dict[str, Json]) -> None:
    """Load what one of the ways alone needs, before the user's folders are on the path: their `tokenize.py` is not Python's."""
    modules = {"notebook": ".notebook", "container": ".container", "shell": ".shell", "python": ".signatures"}
    needed = next((module for kind, module in modules.items() if kind in run), ".inline")
    importlib.import_module(needed, __package__)


def run_code(step: Step, inputs: dict[str, Value], out: Path, source: str, code: Sequence[str], job: dict[str, Json]) -> dict[str, Json]:
    """The wire values of a step's outputs, artifacts as local files.

    The folder `out` is free for them; `code` names the folders where the user's modules were looked up, `job` says more of what is around.
    Raises UserCodeFailed, and Invalid (OutOfDomain for a domain) for what does not fit the declaration.
    """
    if "shell" in step.run:
        from .shell import run_shell  # this and the next are loaded by `prepare`

        return run_shell(step, inputs, out, source)
    if "notebook" in step.run:
        from .notebook import run_notebook

        return run_notebook(step, inputs, out, source)
    if "container" in step.run:
        from .container import run_container

        return run_container(step, inputs, out, job)
    if "python" in step.run:
        from .signatures import bind_arguments

        function = _load(as_text(step.run["python"], "a function"), source, code)
        arguments, sinks = bind_arguments(function, step, inputs, out)
    else:
        from .inline import inline_function

        function = inline_function(as_text(step.run["inline"], "inline code"), as_int(step.run["line"], "a line"), step, source)
        arguments, sinks = {each.name: to_python(each.type, inputs[each.name], None, each.name) for each in step.inputs}, {}
    return bind_results(step, _call(function, arguments, source), sinks, out)


def _call(function: Function, arguments: dict[str, object], source: str) -> object:
    try:
        result = function(**arguments)
        if isinstance(result, types.CoroutineType):
            import asyncio  # most steps are not async, and it is slow to import

            result = asyncio.run(result)
    except BaseException as error:
        failure = user_failure(error, source)
        raise UserCodeFailed(failure.message + _columns(error, arguments), failure.line) from None
    if isinstance(result, (types.GeneratorType, types.AsyncGeneratorType)):
        raise Invalid("the step's function is a generator; it must return its outputs")
    return result


def _columns(error: BaseException, arguments: dict[str, object]) -> str:
    """The columns of the tables that the code was given, where it seems to have asked for one that is not there."""
    if not isinstance(error, KeyError) and type(error).__name__ != "ColumnNotFoundError":
        return ""
    frames = {name: list(columns) for name, frame in arguments.items() if (columns := getattr(frame, "columns", None)) is not None}
    told = [f"; the table `{name}` has {', '.join(f'`{column}`' for column in columns[:_MOST])}" for name, columns in frames.items()]
    return "".join(told)


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
