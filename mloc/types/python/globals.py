"""The names that compiled code looks for outside of its functions, as the compiler itself has settled them."""

from __future__ import annotations

import ast
import builtins
import dis
import warnings
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType

from mloc.frozen import dataclass
from mloc.types.python.files import PythonFile

BUILTINS = frozenset(dir(builtins)) | {"__name__", "__doc__", "__file__", "__builtins__", "__spec__", "__package__", "__loader__"}
_OF_MODULES = {"__annotations__", "__path__", "__dict__", "__cached__", "WindowsError"}
_LOADS = {"LOAD_GLOBAL", "LOAD_NAME"}


@dataclass(frozen=True, slots=True)
class Globals:
    """The names that a module gives values to, and its compiled functions by the line of their `def`.

    `open` of a module in which names may appear that no line of it names.
    """

    names: frozenset[str]
    functions: dict[int, CodeType]
    open: bool


def global_uses(code: CodeType) -> Iterator[tuple[str, str, dis.Positions | None]]:
    """Every use of a name that is in no function's scope, in the functions within a piece of code; with the operation."""
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            for instruction in dis.get_instructions(inner):
                if instruction.opname in {*_LOADS, "STORE_GLOBAL", "STORE_NAME"} and isinstance(instruction.argval, str):
                    yield instruction.argval, instruction.opname, instruction.positions
            yield from global_uses(inner)


@cache
def globals_of(file: PythonFile) -> Globals | None:
    """The names of a module; None when it does not compile, which importing it tells."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(file.tree, str(file.path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    stored = {i.argval for i in dis.get_instructions(code) if i.opname in {"STORE_NAME", "STORE_GLOBAL"} and isinstance(i.argval, str)}
    open_ = "__getattr__" in stored
    for node in ast.walk(file.tree):
        match node:
            case ast.Global(names=names):
                stored.update(names)
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                open_ = True
            case ast.Name(id="globals" | "exec" | "vars") | ast.Attribute(attr="modules" | "_convert_"):
                open_ = True
            case _:
                pass
    functions = {inner.co_firstlineno: inner for inner in code.co_consts if isinstance(inner, CodeType)}
    return Globals(frozenset(stored) | BUILTINS | _OF_MODULES, functions, open_)


def undefined(file: PythonFile, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, int]]:
    """The names, each once and with its line, that a function at the top of a module uses and nothing there defines."""
    known = globals_of(file) if _is_suspect(file, function) else None
    first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
    code = None if known is None or known.open else known.functions.get(first)
    if known is None or code is None:
        return
    seen: set[str] = set()
    for name, operation, position in _uses(code):
        if operation in _LOADS and name not in known.names and name not in seen:
            seen.add(name)
            yield name, (position.lineno if position is not None else None) or function.lineno


def _is_suspect(file: PythonFile, function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a function uses a name that is nowhere bound in its file: nearly none does, and only those are worth compiling."""
    read: set[str] = set()
    own: set[str] = set()
    for node in ast.walk(function):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                read.add(name)
            case ast.arg(arg=name):
                own.add(name)
            case _:
                own.update(_binds(node))
    return bool(read - own - BUILTINS - _bound(file))


@cache
def _bound(file: PythonFile) -> frozenset[str]:
    """The names that are bound outside of functions and classes, and those that functions call global; more rather than less."""
    found: set[str] = set()
    pending: list[ast.AST] = [file.tree]
    while pending:
        node = pending.pop()
        found.update(_binds(node))
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending += ast.iter_child_nodes(node)
    return frozenset(found)


def _binds(node: ast.AST) -> Iterable[str]:
    """The names that a statement or pattern gives a value to by itself."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            return tuple(alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            return (name,)
        case _:
            return ()


def _uses(code: CodeType) -> Iterator[tuple[str, str, dis.Positions | None]]:
    """The uses in a function itself, and in those within it; a class within binds names that its own body reads."""
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL" and isinstance(instruction.argval, str):
            yield instruction.argval, instruction.opname, instruction.positions
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _uses(inner)
