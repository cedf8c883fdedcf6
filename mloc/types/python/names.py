"""What a name at the top level of a module stands for, followed through first-party imports."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TypeAlias

from mloc.frozen import dataclass, field
from mloc.types.python.files import PythonFile, read
from mloc.types.python.project import Located, Project

# A re-export is followed this far; a longer chain is taken for a cycle.
MAX_HOPS = 8


@dataclass(frozen=True, slots=True)
class Import:
    """`import module` (`member` empty) or `from module import member`; `module` is absolute."""

    module: str
    member: str = ""


Binding: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr | Import


@dataclass(frozen=True, slots=True)
class Module:
    """A first-party module that parses. `name` is the name it was asked for by."""

    name: str
    located: Located
    file: PythonFile


@dataclass(frozen=True, slots=True)
class Definition:
    """A name's `def`, `class` or assigned expression (an alias or constant), in the module that holds it."""

    module: Module
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr


@dataclass(frozen=True, slots=True)
class External:
    """A name of a module outside the project, `pandas.DataFrame`, or of a place that only a run would tell."""

    name: str


@dataclass(frozen=True, slots=True)
class Missing:
    """A name that `module` (its first-party file) does not define, or, with `module` None, a module that is not there."""

    name: str
    module: Module | None


Resolution: TypeAlias = Definition | Module | External | Missing


@dataclass(slots=True)
class Scope:
    """The bindings of a module's top level: `names`, the modules of its star imports, and whether names may appear at run time."""

    names: dict[str, Binding] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    dynamic: bool = False


def load(project: Project, name: str) -> Module | None:
    """The first-party module `name`, None when it is not in the project. Raises PythonFileError when its file does not parse.

    A namespace package has no file, so it is no module here either.
    """
    located = project.locate(name)
    if located is None or located.path is None:
        return None
    return Module(name, located, read(located.path))


def resolve(project: Project, module: Module, name: str) -> Resolution:
    """What `name` stands for at the top level of `module`. Raises PythonFileError when a module on the way does not parse."""
    return _resolve(project, module, name, MAX_HOPS)


def _resolve(project: Project, module: Module, name: str, hops: int) -> Resolution:
    scope = scope_of(module)
    binding = scope.names.get(name)
    if isinstance(binding, Import):
        return _follow(project, binding, hops)
    if isinstance(binding, ast.Name) and binding.id != name and binding.id in scope.names:
        return External(name) if hops == 0 else _resolve(project, module, binding.id, hops - 1)
    if binding is not None:
        return Definition(module, name, binding)
    if module.located.kind == "package" and (submodule := load(project, f"{module.name}.{name}")) is not None:
        return submodule
    for star in scope.stars:
        through = _follow(project, Import(star, name), hops)
        if not isinstance(through, Missing):
            return through
    return External(f"{module.name}.{name}") if scope.dynamic else Missing(name, module)


def _follow(project: Project, binding: Import, hops: int) -> Resolution:
    full = f"{binding.module}.{binding.member}" if binding.member else binding.module
    located = project.locate(binding.module)
    if located is None:
        first_party = project.locate(binding.module.partition(".")[0]) is not None
        return Missing(binding.module, None) if first_party else External(full)
    if hops == 0:
        return External(full)
    target = load(project, binding.module)
    if not binding.member:
        return target or External(full)
    if target is None:
        return load(project, full) or Missing(full, None)
    return _resolve(project, target, binding.member, hops - 1)


def absolute(located: Located, node: ast.ImportFrom) -> str:
    """The absolute name of the module that a `from … import` names; empty when its dots lead above the top."""
    if not node.level:
        return node.module or ""
    parts = located.name.split(".")
    parts = parts[: len(parts) - node.level + (located.kind == "package")]
    return ".".join([*parts, *([node.module] if node.module else [])]) if parts else ""


def scope_of(module: Module) -> Scope:
    """The top-level bindings of a module; where branches bind a name twice, the first arm's counts."""
    return _scope(module.file, module.located)


@cache
def _scope(file: PythonFile, located: Located) -> Scope:
    scope = Scope()
    _bind(file.tree.body, located, scope)
    scope.dynamic = "__getattr__" in scope.names
    return scope


def _bind(body: Iterable[ast.stmt], located: Located, scope: Scope) -> None:
    for statement in body:
        for name, binding in _bindings(statement, located):
            scope.names[name] = binding
        if isinstance(statement, ast.ImportFrom) and any(alias.name == "*" for alias in statement.names):
            scope.stars.append(absolute(located, statement))
        first, *others = _bodies(statement)
        _bind(first, located, scope)
        for other in others:
            arm = Scope()
            _bind(other, located, arm)
            scope.names = arm.names | scope.names
            scope.stars += arm.stars


def _bodies(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks that run at import time inside a compound statement; the first is the usual one."""
    match statement:
        case ast.If(body=body, orelse=orelse) | ast.For(body=body, orelse=orelse) | ast.While(body=body, orelse=orelse):
            return [body, orelse]
        case ast.With(body=body):
            return [body]
        case ast.Try(body=body, orelse=orelse, finalbody=final, handlers=handlers):
            return [[*body, *orelse, *final], *(handler.body for handler in handlers)]
        case _:
            return [[]]


def _bindings(statement: ast.stmt, located: Located) -> Iterator[tuple[str, Binding]]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, statement
        case ast.Import(names=names):
            for alias in names:
                # `import a.b` binds `a`; `import a.b as c` binds `a.b`.
                yield alias.asname or alias.name.partition(".")[0], Import(alias.name if alias.asname else alias.name.partition(".")[0])
        case ast.ImportFrom(names=names):
            source = absolute(located, statement)
            for alias in names:
                yield alias.asname or alias.name, Import(source, alias.name)
        case ast.Assign(targets=targets, value=value):
            yield from ((target.id, value) for target in targets if isinstance(target, ast.Name))
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.stmt():
            # `type Name = value` is a statement of Python 3.12, which the oldest Python that runs mloc does not know.
            name_node, value_node = getattr(statement, "name", None), getattr(statement, "value", None)
            if isinstance(name_node, ast.Name) and isinstance(value_node, ast.expr):
                yield name_node.id, value_node
