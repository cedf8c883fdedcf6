"""A Jupyter notebook as the code of a step: its code cells, where its parameters go, and what is wrong with it."""

from __future__ import annotations

import ast
import json
import re
import warnings
from pathlib import Path

from mloc import patterns
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import BAD_NOTEBOOK, NO_PARAMETERS_CELL, SHELL_OUTPUT
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.python.project import Project
from mloc.types.signature import Signature

_MAGIC = patterns.of(r"^\s*[%!?]|^.*\?\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Notebook:
    """The sources of a notebook's code cells, and before which of them, counted from 0, the inputs are set."""

    path: str
    cells: tuple[str, ...]
    parameters: int


def notebook(written: str, span: Span, signature: Signature, program: str, project: Project, bag: Bag) -> Notebook | None:
    """The notebook that a step runs, looked up in the project's folder and then beside the program; None when there is none to run."""
    beside = Path(program).parent.resolve()
    found = next((path for path in (project.root / written, beside / written) if _is_file(path)), None)
    if found is None:
        near = suggest(written, sorted({path.relative_to(root).as_posix() for root in (project.root, beside) for path in _notebooks(root)}))
        help_ = f"did you mean `{near}`?" if near else "it is looked up in the project's folder, then beside the program"
        bag.report(BAD_NOTEBOOK, span, f"there is no notebook `{written}`", help=help_)
        return None
    try:
        cells = _code_cells(found.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        bag.report(BAD_NOTEBOOK, span, f"`{written}` cannot be read as a notebook: {reason}")
        return None
    after = next((at + 1 for at, (_, tags) in enumerate(cells) if "parameters" in tags), 0)
    if not after and signature.inputs:
        help_ = 'tag the cell that sets their usual values with "parameters"; the step\'s values are set after it'
        message = f"no cell of `{written}` is tagged `parameters`, so the inputs of step `{signature.name}` are set before its first cell"
        bag.report(NO_PARAMETERS_CELL, span, message, help=help_)
    run = Notebook(written, tuple(code for code, _ in cells), after)
    _check(run, span, signature, bag)
    return run


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # a name too long, or a folder that we may not enter


def _notebooks(root: Path) -> list[Path]:
    return [path for path in root.glob("**/*.ipynb") if ".ipynb_checkpoints" not in path.parts][:200]


def _code_cells(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """The sources and tags of the code cells. Raises ValueError, with the reason, when the text is no notebook of Python."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error.msg}, line {error.lineno})") from None
    if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
        raise ValueError("it has no cells; notebooks older than format 4 are not read")
    language = document.get("metadata", {}).get("kernelspec", {}).get("language", "python")
    if language != "python":
        raise ValueError(f"its language is {language}, and only Python is run")
    found = []
    for cell in document["cells"]:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", "")
            tags = cell.get("metadata", {}).get("tags", [])
            found.append(("".join(source) if isinstance(source, list) else str(source), tuple(map(str, tags))))
    if not found:
        raise ValueError("it has no cell with code")
    return found


def _check(run: Notebook, span: Span, signature: Signature, bag: Bag) -> None:
    """Report cells that do not parse, and outputs that no cell sets. Cells with magics are IPython's to read."""
    assigned: set[str] = set()
    opaque = False
    for number, code in enumerate(run.cells, start=1):
        if _MAGIC.search(code):
            opaque = True
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
            reason = error.msg if isinstance(error, SyntaxError) else str(error)
            bag.report(BAD_NOTEBOOK, span, f"code cell {number} of `{run.path}` is not Python: {reason}{line}")
            return
        assigned |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        assigned |= {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        opaque |= any(isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names) for node in ast.walk(tree))
    for output in () if opaque else signature.outputs:
        if output.name not in assigned:
            near = suggest(output.name, sorted(assigned))
            help_ = f"did you mean `{near}` by it?" if near else f"a cell gives it by setting the variable: `{output.name} = …`"
            message = f"no cell of `{run.path}` sets `{output.name}`, an output of step `{signature.name}`"
            bag.report(SHELL_OUTPUT, output.span, message, label="declared here", help=help_)
