"""The first-party modules that a set of modules needs, found by following their imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from mloc.frozen import dataclass, field
from mloc.types.python.files import PythonFile, PythonFileError, read
from mloc.types.python.names import absolute
from mloc.types.python.project import Located, Project

_OPTIONAL_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A place where the closure may be incomplete. `place` is `churn/io.py:12`."""

    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Outside:
    """An import of something that is not in the project. `required` says that importing the file fails without it."""

    module: str
    place: str
    required: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """The files of a set of modules: path below its source root, with forward slashes, to bytes; sorted by path."""

    files: Mapping[str, bytes]
    problems: tuple[Problem, ...]
    outside: tuple[Outside, ...]


def closure(project: Project, modules: Iterable[str]) -> Closure:
    """Every first-party file that importing `modules` and running their functions may import.

    Imports inside functions count, those for type checkers alone do not.
    Where a module imports by a computed name, all of its top package is taken and a problem says so.
    """
    walk = _Walk(project)
    for module in modules:
        walk.want(module)
    while walk.pending:
        walk.visit(walk.pending.pop())
    return Closure(dict(sorted(walk.files.items())), tuple(walk.problems), tuple(walk.outside))


@dataclass(slots=True)
class _Walk:
    project: Project
    files: dict[str, bytes] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    outside: list[Outside] = field(default_factory=list)
    pending: list[Located] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def want(self, name: str) -> bool:
        """Ask for a module and the packages above it; false when it is not in the project."""
        if self.project.locate(name) is None:
            return False
        parts = name.split(".")
        for end in range(1, len(parts) + 1):
            ancestor = ".".join(parts[:end])
            located = self.project.locate(ancestor)
            if ancestor not in self.seen and located is not None:
                self.seen.add(ancestor)
                self.pending.append(located)
        return True

    def visit(self, located: Located) -> None:
        if located.path is None:
            return
        try:
            file = read(located.path)
        except PythonFileError as error:
            self.problems.append(Problem(self._place(located, error.line), error.reason))
            return
        self.files[located.relative] = file.data
        for found in imports(file):
            self._follow(located, found)

    def _follow(self, located: Located, found: Found) -> None:
        match found.node:
            case ast.Import(names=names):
                for alias in names:
                    self._import(located, alias.name, found)
            case ast.ImportFrom(names=names) as node:
                source = absolute(located, node)
                # Dots that lead above the top are told as they are written.
                self._import(located, source or f"{'.' * node.level}{node.module or ''}", found)
                for alias in names:
                    # A member that is a module of its own; any other is in `source` itself.
                    self.want(f"{source}.{alias.name}")
            case ast.Call() as call:
                self._dynamic(located, call, found)

    def _import(self, located: Located, name: str, found: Found) -> None:
        if not self.want(name):
            self.outside.append(Outside(name, self._place(located, found.line), found.required))

    def _dynamic(self, located: Located, call: ast.Call, found: Found) -> None:
        name = _constant_module(located, call)
        if name is not None:
            self._import(located, name, found)
            return
        package = located.name.partition(".")[0]
        taken = f"; all of package `{package}` is taken" if located.name != package or located.kind == "package" else ""
        self.problems.append(Problem(self._place(located, found.line), f"imports a module whose name is computed{taken}"))
        self._take_all(package)

    def _take_all(self, package: str) -> None:
        for name in self.project.modules(package):
            if name not in self.seen:
                self.want(name)
                self._take_all(name)

    def _place(self, located: Located, line: int) -> str:
        path = self.project.show(located.path) if located.path is not None else located.relative
        return f"{path}:{line}" if line else path


@dataclass(frozen=True, slots=True)
class Found:
    """An import in a file. `required` says that it runs whenever the file is imported, and that its failure is not caught."""

    node: ast.Import | ast.ImportFrom | ast.Call
    required: bool

    @property
    def line(self) -> int:
        return self.node.lineno


@cache
def imports(file: PythonFile) -> tuple[Found, ...]:
    """Every import of a file, those by function call included, in source order; not those for type checkers alone."""
    return tuple(_imports(file.tree.body, required=True))


def _imports(nodes: Iterable[ast.AST], required: bool) -> Iterator[Found]:
    for node in nodes:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield Found(node, required)
            case ast.If(test=test, body=body, orelse=orelse):
                # A condition at the top level often asks for a version or platform, so neither arm is certain to run.
                if not _is_type_checking(test):
                    yield from _imports([test, *body], required=False)
                yield from _imports(orelse, required=required and _is_type_checking(test))
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                caught = any(_catches_import(handler) for handler in handlers)
                yield from _imports(body, required=required and not caught)
                yield from _imports([*handlers, *orelse], required=False)
                yield from _imports(final, required)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _imports(ast.iter_child_nodes(node), required=False)
            case ast.expr():
                # Expressions hold no statements, and can be nested deeper than we could follow by recursion.
                calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
                yield from (Found(call, required=False) for call in calls if _is_dynamic(call))
            case _:
                yield from _imports(ast.iter_child_nodes(node), required)


def _is_type_checking(test: ast.expr) -> bool:
    return (test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", "")) == "TYPE_CHECKING"


def _catches_import(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(ast.unparse(kind) in _OPTIONAL_ERRORS for kind in kinds)


def _is_dynamic(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    return name in {"import_module", "__import__"}


def _constant_module(located: Located, call: ast.Call) -> str | None:
    match call.args:
        case [ast.Constant(value=str(name)), *_]:
            level = len(name) - len(name.lstrip("."))
            if not level:
                return name
            # Relative to the package given, which is nearly always `__package__`.
            return absolute(located, ast.ImportFrom(module=name[level:] or None, names=[], level=level)) or None
        case _:
            return None
