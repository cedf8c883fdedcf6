"""Notebook steps: the code cells one after the other in one namespace, by IPython where it is installed."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from typing import Callable

from .arguments import to_python
from .jsons import Json, as_array, as_int, as_object, as_text
from .program import Step
from .results import bind_results
from .scalars import Invalid, Value
from .tracebacks import UserCodeFailed, user_failure

_MAGIC = re.compile(r"^\s*[%!?].*$|^.*\?\s*$", re.MULTILINE)

RunCell = Callable[[int, str], None]


def run_notebook(step: Step, inputs: dict[str, Value], out: Path, source: str) -> dict[str, Json]:
    """The wire values of a notebook step's outputs. Raises UserCodeFailed, and Invalid for what does not fit the declaration."""
    run = as_object(step.run["notebook"], "a notebook")
    path, after = as_text(run["path"], "a path"), as_int(run["parameters"], "a cell")
    names: dict[str, object] = {"__name__": "__main__"}
    given = {each.name: to_python(each.type, inputs[each.name], None, each.name) for each in step.inputs}
    run_cell = _ipython(names) if importlib.util.find_spec("IPython") else _plain(names, path)
    for number, cell in enumerate(as_array(run["cells"], "cells"), start=1):
        if number == after + 1:
            names.update(given)
        try:
            run_cell(number, as_text(cell, "a cell"))
        except Invalid:
            raise
        except BaseException as error:
            failure = user_failure(error, source)
            raise UserCodeFailed(f"code cell {number} of {path}: {failure.message}") from None
    unset = [output.name for output in step.outputs if output.name not in names]
    if unset:
        raise Invalid(f"no cell of {path} set `{unset[0]}`, an output of the step")
    found = {output.name: names[output.name] for output in step.outputs}
    return bind_results(step, found[step.outputs[0].name] if len(step.outputs) == 1 else found, {}, out)


def _plain(names: dict[str, object], path: str) -> RunCell:
    def run_cell(number: int, code: str) -> None:
        magic = _MAGIC.search(code)
        if magic is not None:
            told = f"code cell {number} of {path} says `{magic.group().strip()}`, which only IPython understands"
            raise Invalid(f"{told}; install it: pip install ipython")
        exec(compile(code, f"{path}, cell {number}", "exec"), names)

    return run_cell


def _ipython(names: dict[str, object]) -> RunCell:
    # Loaded by its name: it is the user's, and most bundles run without it.
    shell = importlib.import_module("IPython.core.interactiveshell").InteractiveShell.instance(user_ns=names)

    def run_cell(number: int, code: str) -> None:
        shell.run_cell(code, store_history=False).raise_error()

    return run_cell
