"""What the modules of a step do already when they are imported: files, the network, other programs, variables that must be there."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import lru_cache

from mloc.diagnostics.rules import EFFECT_AT_IMPORT
from mloc.types.python.closure import closure
from mloc.types.python.files import PythonFile, PythonFileError, read
from mloc.types.python.lookup import own_nodes
from mloc.types.python.reach import imported
from mloc.types.python.report import Step, reported

_ASKS = ("get", "post", "put", "patch", "delete", "head", "request")
_CALLS = {
    **{f"{package}.{ask}": "uses the network" for package in ("requests", "httpx") for ask in _ASKS},
    **{f"urllib.request.{name}": "uses the network" for name in ("urlopen", "urlretrieve")},
    **{f"subprocess.{name}": "starts a program" for name in ("run", "call", "check_call", "check_output", "Popen")},
    "os.system": "starts a program",
    **{f"os.{name}": "changes files" for name in ("makedirs", "mkdir", "remove", "rename", "unlink", "chdir")},
    **{f"shutil.{name}": "changes files" for name in ("copy", "copyfile", "copytree", "move", "rmtree")},
    **{f"pandas.read_{kind}": "reads a file" for kind in ("csv", "parquet", "json", "excel", "sql")},
    "time.sleep": "waits",
}
_METHODS = {"read_text": "reads a file", "read_bytes": "reads a file", "write_text": "changes files", "write_bytes": "changes files"}


def check_at_import(step: Step, module: str) -> None:
    """Report the first such place of every module; each once, though many steps need it."""
    project = step.resolver.project
    for path in closure(project, [module]).files:
        located = project.locate(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        if located is None or located.path is None:
            continue
        try:
            file = read(located.path)
        except PythonFileError:
            continue  # reported where the function is looked up
        for node, does in _effects(file):
            place = f"{project.show(located.path)}:{node.lineno}"
            message = f"importing `{located.name}` {does}, wherever and whenever it is imported: `{_short(node)}`"
            if not reported(step.bag, EFFECT_AT_IMPORT, message):
                help_ = 'move it into the function that needs it, or below `if __name__ == "__main__":`'
                step.bag.report(EFFECT_AT_IMPORT, step.run_span, message, notes=(f"at {place}",), help=help_)
            break


@lru_cache(maxsize=256)
def _effects(file: PythonFile) -> tuple[tuple[ast.expr, str], ...]:
    """What importing a file does: each step asks it of all the modules that it needs, and steps share modules."""
    names = imported(file.tree.body)
    certain = [each for each in file.tree.body if not (isinstance(each, ast.If) and _is_of_others(each.test))]
    places = [node for node in own_nodes(certain) if isinstance(node, (ast.Call, ast.Subscript))]
    found = [(node, does) for node in places if (does := _does(node, names)) is not None]
    # What lies beside a module is part of it.
    return tuple((node, does) for node, does in found if "__file__" not in ast.unparse(node))


def _is_of_others(test: ast.expr) -> bool:
    """Whether what stands below is for programs and type checkers, and no import runs it."""
    text = ast.unparse(test)
    return "__name__" in text or "TYPE_CHECKING" in text


def _does(node: ast.Call | ast.Subscript, names: Mapping[str, str]) -> str | None:
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str()), ctx=ast.Load()):
            return "fails without a variable of the environment" if _dotted(holder, names) == "os.environ" else None
        case ast.Call(func=ast.Name(id="open")) if "open" not in names:
            return "opens a file"
        case ast.Call(func=ast.Attribute(attr=method)) if method in _METHODS:
            return _METHODS[method]
        case ast.Call(func=function):
            return _CALLS.get(_dotted(function, names))
        case _:
            return None


def _dotted(expr: ast.expr, names: Mapping[str, str]) -> str:
    head, _, rest = ast.unparse(expr).partition(".")
    return f"{names.get(head, '')}.{rest}" if rest else names.get(head, "")


def _short(node: ast.expr) -> str:
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else f"{text[:59]}…"
