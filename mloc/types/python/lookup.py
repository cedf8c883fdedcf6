"""Finding the function that `run python "module:function"` names, and saying precisely why it is not there."""

from __future__ import annotations

import ast
import sys

from mloc.diagnostics.model import Rule
from mloc.diagnostics.rules import FUNCTION_NOT_FOUND, GENERATOR_FUNCTION, MODULE_NOT_FOUND, PYTHON_SYNTAX, UNRESOLVED_ANNOTATION
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.types.python.files import PythonFileError
from mloc.types.python.names import Definition, External, Missing, Module, load, resolve, scope_of
from mloc.types.python.project import Project

_LISTED = 8
_SIGNATURE_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Function:
    """A function found in the project; `module` is where its `def` stands, after re-exports."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef
    place: str
    """Where it is for messages: `churn/io.py:12`."""

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def text(self) -> str:
        """Its signature in one line, as Python writes it."""
        returns = f" -> {ast.unparse(self.node.returns)}" if self.node.returns is not None else ""
        prefix = "async def" if isinstance(self.node, ast.AsyncFunctionDef) else "def"
        line = f"{prefix} {self.node.name}({ast.unparse(self.node.args)}){returns}"
        return line if len(line) <= _SIGNATURE_WIDTH else f"{line[: _SIGNATURE_WIDTH - 1]}…"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no function to check, as a finding that has no place yet. A warning's says that the run may still find one."""

    rule: Rule
    message: str
    label: str
    notes: tuple[str, ...] = ()
    help: str | None = None


def find_function(project: Project, module: str, function: str) -> Function | Failure:
    """The function `module:function` of the project, followed through re-exports, or why it cannot be one. Imports nothing."""
    try:
        loaded = load(project, module)
        if loaded is None:
            return _no_module(project, module)
        return _function(project, loaded, function)
    except PythonFileError as error:
        where = f"{project.show(error.path)}:{error.line}" if error.line else project.show(error.path)
        version = f"read as Python {sys.version_info.major}.{sys.version_info.minor}, the version that runs mloc"
        return Failure(PYTHON_SYNTAX, f"`{where}` does not parse: {error.reason}", f"`{module}` is imported from here", (version,))


def _function(project: Project, module: Module, function: str) -> Function | Failure:
    if not function.isidentifier():
        return _not_a_name(project, module, function)
    found = resolve(project, module, function)
    written = f"`{module.name}:{function}`"
    match found:
        case Definition():
            return _defined(project, found, written)
        case External(name):
            message = f"{written} comes from `{name}`, which is not in the project, so its signature cannot be read"
            return Failure(UNRESOLVED_ANNOTATION, message, "not checked against the step")
        case Module():
            offer = _offer(f"{found.name}:", found)
            return Failure(FUNCTION_NOT_FOUND, f"{written} is a module, not a function", "not a function", help=offer)
        case Missing():
            return _missing(project, module, function, found)


def _defined(project: Project, found: Definition, written: str) -> Function | Failure:
    node = found.node
    place = f"{project.show(found.module.file.path)}:{node.lineno}"
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _generator(written, place) if is_generator(node) else Function(found.module, node, place)
        case ast.ClassDef():
            advice: str | None = "write a function that makes the object and calls it"
            return Failure(FUNCTION_NOT_FOUND, f"{written} is a class, not a function", "not a function", (f"defined at {place}",), advice)
        case ast.Constant() | ast.List() | ast.Dict() | ast.Tuple() | ast.Set() | ast.JoinedStr():
            advice = _offer("", found.module)
            return Failure(FUNCTION_NOT_FOUND, f"{written} is a value, not a function", "not a function", (f"defined at {place}",), advice)
        case _:
            return Failure(
                UNRESOLVED_ANNOTATION,
                f"{written} is made by an expression, so its signature cannot be read",
                "not checked against the step",
                (f"assigned at {place}: `{_short(node)}`",),
                "a `def` with annotations can be checked",
            )


def _no_module(project: Project, module: str) -> Failure:
    located = project.locate(module)
    roots = ", ".join(f"`{project.show(root)}`" for root in project.source_roots)
    searched = f"looked in {roots}, relative to `{project.root.name or project.root}`"
    if located is not None:
        names = _list(project.modules(module))
        return Failure(
            MODULE_NOT_FOUND,
            f"`{module}` is a folder without `__init__.py`, not a module",
            "names a folder",
            help=f"modules in it: {names}" if names else None,
        )
    message = f"there is no Python module `{module}` in the project"
    return Failure(MODULE_NOT_FOUND, message, "not found", (searched,), _near_modules(project, module))


def _near_modules(project: Project, module: str) -> str:
    """What to do about a module that is not there: a near name, what the package has, or where to put it."""
    package = module.rpartition(".")[0]
    while package and project.locate(package) is None:
        package = package.rpartition(".")[0]
    candidates = project.modules(package)
    near = suggest(module, candidates)
    if near is not None:
        return f"did you mean `{near}`?"
    if package and candidates:
        return f"modules in package `{package}`: {_list(candidates)}"
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names:
        return f"`{top}` is Python's own: write a function in the project that calls it"
    return f"write it to `{module.replace('.', '/')}.py`, or add the folder that holds it to `src` in `[tool.mloc]`"


def _missing(project: Project, module: Module, function: str, found: Missing) -> Failure:
    place = project.show(module.file.path)
    if found.module is None:
        return Failure(
            MODULE_NOT_FOUND,
            f"`{module.name}:{function}` is imported from `{found.name}`, which is not in the project",
            f"`{place}` imports a module that is not there",
        )
    through = () if found.module.name == module.name else (f"`{place}` imports it from `{project.show(found.module.file.path)}`",)
    return Failure(
        FUNCTION_NOT_FOUND,
        f"there is no function `{found.name}` in `{project.show(found.module.file.path)}`",
        f"`{found.module.name}` has no `{found.name}`",
        through,
        _offer("", found.module, found.name),
    )


def _not_a_name(project: Project, module: Module, function: str) -> Failure:
    return Failure(
        FUNCTION_NOT_FOUND,
        f"`{function}` is not the name of a function at the top level of `{project.show(module.file.path)}`",
        "not a plain name",
        help="methods and nested functions cannot be steps: write a function at the top level that calls it",
    )


def _generator(written: str, place: str) -> Failure:
    return Failure(
        GENERATOR_FUNCTION,
        f"{written} is a generator: it has `yield`, so calling it computes nothing",
        "a generator",
        (f"defined at {place}",),
        "return a list, or write the items to a file and return its path",
    )


def is_generator(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether the function's own body, nested functions aside, yields."""
    return any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in own_nodes(node.body))


def own_nodes(body: list[ast.stmt]) -> list[ast.AST]:
    """Every node of a body in source order, without those of nested functions, classes and lambdas."""
    found: list[ast.AST] = []
    pending: list[ast.AST] = [*reversed(body)]
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        found.append(node)
        pending += reversed(list(ast.iter_child_nodes(node)))
    return found


def public_functions(module: Module) -> tuple[str, ...]:
    """The functions that a module defines and does not keep to itself, in source order."""
    names = scope_of(module).names
    return tuple(n for n, b in names.items() if isinstance(b, (ast.FunctionDef, ast.AsyncFunctionDef)) and not n.startswith("_"))


def _offer(prefix: str, module: Module, wanted: str = "") -> str | None:
    near = suggest(wanted, scope_of(module).names) if wanted else None
    if near is not None:
        return f"did you mean `{prefix}{near}`?"
    names = public_functions(module)
    return f"functions in it: {_list([f'{prefix}{name}' for name in names])}" if names else None


def _list(names: list[str] | tuple[str, ...]) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown


def _short(node: ast.expr) -> str:
    text = ast.unparse(node)
    return text if len(text) <= _SIGNATURE_WIDTH else f"{text[: _SIGNATURE_WIDTH - 1]}…"
