"""The code behind a step: its own body and the project's functions that it names, with what the names in them stand for."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache

from mloc.frozen import dataclass
from mloc.types.python.names import Definition, External, Missing, Module, Resolution, resolve
from mloc.types.python.project import Project

_MOST_FUNCTIONS = 200


@dataclass(frozen=True, slots=True)
class Code:
    """One body to look through: the names in it by `resolved`, to a dotted name outside the project or to a function of it.

    `file` is None, as are `module` and `function`, for code that stands in the program itself.
    """

    body: tuple[ast.stmt, ...]
    nodes: tuple[ast.AST, ...]
    file: str | None
    resolved: Callable[[str], str | Definition | Module | None]
    module: Module | None = None
    function: ast.FunctionDef | ast.AsyncFunctionDef | None = None


def of_function(project: Project, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Code:
    """The body of a function of the project."""
    nodes = _nodes(node.body)
    own = _imported(nodes)
    taken = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}

    @cache
    def resolved(name: str) -> str | Definition | Module | None:
        if name in own or name in taken:
            return own.get(name)
        found = resolve(project, module, name)
        if isinstance(found, External):
            return found.name
        return None if isinstance(found, Missing) else found

    place = module.located.path
    file = module.located.relative if place is None else project.show(place)
    return Code(tuple(node.body), nodes, file, resolved, module, node)


def of_statements(body: list[ast.stmt]) -> Code:
    """Code that imports whatever it uses itself."""
    nodes = _nodes(body)
    return Code(tuple(body), nodes, None, _imported(nodes).get)


def imported(body: list[ast.stmt]) -> Mapping[str, str]:
    """What the imports within a body bind, by name."""
    return _imported(_nodes(body))


def _imported(nodes: Iterable[ast.AST]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for node in nodes:
        if not isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        match node:
            case ast.Import(names=names):
                found |= {a.asname or a.name.partition(".")[0]: a.name if a.asname else a.name.partition(".")[0] for a in names}
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found |= {a.asname or a.name: f"{module}.{a.name}" for a in names}
            case _:
                pass
    return found


def reached(project: Project | None, code: Code) -> Iterator[Code]:
    """The body and those of the project's functions that it names, directly or not."""
    yield code
    if project is None:
        return
    pending: list[Code] = [code]
    seen: set[ast.AST] = set(code.nodes[:1])
    while pending and len(seen) <= _MOST_FUNCTIONS:
        body = pending.pop(0)
        for node in body.nodes:
            found = _named(project, node, body)
            if found is not None and found[1].body[0] not in seen:
                seen.add(found[1].body[0])
                pending.append(of_function(project, *found))
                yield pending[-1]


def _named(project: Project, node: ast.AST, code: Code) -> tuple[Module, ast.FunctionDef | ast.AsyncFunctionDef] | None:
    """The function of the project that `clean` or `helpers.clean` names, with its module."""
    found: str | Definition | Module | Resolution | None = None
    if isinstance(node, ast.Name):
        found = code.resolved(node.id) if isinstance(node.ctx, ast.Load) else None
    elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        module = code.resolved(node.value.id)
        found = resolve(project, module, node.attr) if isinstance(module, Module) else None
    if isinstance(found, Definition) and isinstance(found.node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return found.module, found.node
    return None


def dotted(expr: ast.expr, code: Code) -> str | None:
    """The full name of `np.random.rand`; None for what is not reached from an import."""
    parts: list[str] = []
    while isinstance(expr, ast.Attribute):
        parts.insert(0, expr.attr)
        expr = expr.value
    if not isinstance(expr, ast.Name):
        return None
    root = code.resolved(expr.id)
    return ".".join((root, *parts)) if isinstance(root, str) else None


def short(node: ast.AST) -> str:
    """The beginning of a piece of code, in one line."""
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else f"{text[:59]}…"


def _nodes(body: list[ast.stmt]) -> tuple[ast.AST, ...]:
    return tuple(node for statement in body for node in ast.walk(statement))
