"""Where the code of a step lets a secret out: what it prints, raises or returns of the environment variables that hold one."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable
from typing import Literal, TypeAlias

from mloc.frozen import dataclass
from mloc.types.python.lookup import own_nodes

Way: TypeAlias = Literal["printed", "raised", "returned"]

_LOGGING = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
_KEEPING_METHODS = {
    "strip",
    "lstrip",
    "rstrip",
    "encode",
    "decode",
    "format",
    "lower",
    "upper",
    "replace",
    "split",
    "join",
    "hex",
    "removeprefix",
}
_KEEPING_CALLS = {"str", "repr", "bytes", "dict", "list", "tuple", "json.dumps", "base64.b64encode", "urllib.parse.quote", "pprint.pformat"}
_PRINTING = {"print", "pprint", "pprint.pprint", "sys.stdout.write", "sys.stderr.write", "warnings.warn", "click.echo"}
ALL = ""
"""Stands for the whole environment."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A way out: the variable (ALL for the whole environment), and the nodes by which it goes, from the reading to the end."""

    way: Way
    variable: str
    path: tuple[ast.stmt | ast.expr, ...]


def leaks(body: list[ast.stmt], variables: Collection[str]) -> list[Leak]:
    """The ways out of the environment variables, in the order of the code; values are followed through names, not through calls."""
    known = _tainted(body, frozenset(variables))
    found: list[Leak] = []
    for node in own_nodes(body):
        for way, values in _sinks(node):
            for value in values:
                read = _reads(value, frozenset(variables), known)
                if read is not None and isinstance(node, (ast.stmt, ast.expr)):
                    variable, path = read
                    found.append(Leak(way, variable, _each_line_once((*path, node))))
                    break
    return sorted(found, key=lambda leak: (leak.path[-1].lineno, leak.path[-1].col_offset))


def _each_line_once(path: tuple[ast.stmt | ast.expr, ...]) -> tuple[ast.stmt | ast.expr, ...]:
    """The path with the last node of each line: the reading stands within the statement that keeps it."""
    return tuple({node.lineno: node for node in path}.values())


_Known: TypeAlias = "dict[str, tuple[str, tuple[ast.stmt | ast.expr, ...]]]"


def _tainted(body: list[ast.stmt], variables: frozenset[str]) -> _Known:
    """The local names that hold a secret, with the variable it is of and how it came there."""
    known: _Known = {}
    assignments = [node for node in own_nodes(body) if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.NamedExpr))]
    for _ in range(len(assignments) + 1):
        before = len(known)
        for node in assignments:
            read = None if node.value is None else _reads(node.value, variables, known)
            if read is None:
                continue
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                if isinstance(target, ast.Name):
                    known.setdefault(target.id, (read[0], (*read[1], node)))
        if len(known) == before:
            break
    return known


def _sinks(node: ast.AST) -> Iterable[tuple[Way, list[ast.expr]]]:
    match node:
        case ast.Return(value=ast.expr() as value):
            yield "returned", [value]
        case ast.Raise(exc=ast.Call(args=arguments)):
            yield "raised", list(arguments)
        case ast.Call(func=function, args=arguments, keywords=keywords):
            name = ast.unparse(function)
            logger = isinstance(function, ast.Attribute) and function.attr in _LOGGING and "log" in name.rpartition(".")[0].lower()
            if name in _PRINTING or logger:
                yield "printed", [*arguments, *(keyword.value for keyword in keywords)]
        case _:
            return


def _reads(value: ast.expr, variables: frozenset[str], known: _Known) -> tuple[str, tuple[ast.stmt | ast.expr, ...]] | None:
    """The variable that an expression gives the value of, and how it came there; None when it gives none."""
    own = _variable(value)
    if own is not None:
        return (own, (value,)) if own == ALL or own in variables else None
    if isinstance(value, ast.Name):
        return known.get(value.id)
    for part in _parts(value):
        found = _reads(part, variables, known)
        if found is not None:
            return found
    return None


def _variable(value: ast.expr) -> str | None:
    """The environment variable that an expression reads, ALL for the environment itself; None when it is something else."""
    match value:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name))) if _is_environment(holder):
            return name
        case ast.Call(func=ast.Attribute(value=holder, attr="get"), args=[ast.Constant(value=str(name)), *_]) if _is_environment(holder):
            return name
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]) if ast.unparse(function) in ("os.getenv", "getenv"):
            return name
        case ast.Attribute() | ast.Name() if _is_environment(value):
            return ALL
        case _:
            return None


def _is_environment(value: ast.expr) -> bool:
    return isinstance(value, (ast.Attribute, ast.Name)) and ast.unparse(value) in ("os.environ", "environ")


def _parts(value: ast.expr) -> list[ast.expr]:
    """The operands whose text is in the value; what goes through a call is kept by a few of them only."""
    match value:
        case ast.JoinedStr(values=values):
            return [part.value for part in values if isinstance(part, ast.FormattedValue)]
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod(), right=right):
            return [left, right]
        case ast.Dict(values=values):
            return list(values)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return list(items)
        case ast.IfExp(body=body, orelse=orelse):
            return [body, orelse]
        case ast.BoolOp(values=values):
            return list(values)
        case ast.Subscript(value=inner) | ast.Starred(value=inner) | ast.Await(value=inner) | ast.NamedExpr(value=inner):
            return [inner]
        case ast.Call(func=ast.Attribute(value=holder, attr=method), args=arguments) if method in _KEEPING_METHODS:
            return [holder, *arguments]
        case ast.Call(func=function, args=arguments) if ast.unparse(function) in _KEEPING_CALLS:
            return list(arguments)
        case _:
            return []
