"""What one step leaves in the memory of its process for another, which runs in a process of its own."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import SHARED_STATE
from mloc.lint.code.model import StepCode
from mloc.types.python.names import Definition, Module
from mloc.types.python.reach import Code

Variable: TypeAlias = "tuple[str, str]"
"""A variable at the top of a module: the module's file, and the name."""

_CHANGES = frozenset("append extend insert add update setdefault pop popitem remove discard clear put".split())


def state(steps: Iterable[StepCode], bag: Bag) -> None:
    """W0655: a variable of a module that one step changes, and another reads and never sets."""
    found = [(step, {v for c in step.bodies for v in _changed(c)}, {v: (c, n) for c in step.bodies for v, n in _read(c)}) for step in steps]
    for step, own, reads in found:
        for variable, (code, node) in reads.items():
            writer = next((other for other, changed, _ in found if variable in changed and other.name != step.name), None)
            if writer is None or variable in own:
                continue
            file, name = variable
            step.report(
                bag,
                SHARED_STATE,
                code,
                node,
                f"the code of step `{step.name}` reads `{name}` of `{file}`, which the code of `{writer.name}` changes: "
                "each step runs in a process of its own, and sees it as the module makes it",
                label="not what the other step left",
                also=(Label(writer.step.name.span, "this step changes it"),),
                help=f"give it from step to step: an output of `{writer.name}` and an input of `{step.name}`",
            )


def _changed(code: Code) -> Iterator[Variable]:
    """The variables of modules that a function changes."""
    declared = {name for node in code.nodes if isinstance(node, ast.Global) for name in node.names}
    local = _local(code) - declared
    for node in code.nodes:
        match node:
            case ast.Name(id=name, ctx=ast.Store()) if name in declared and code.module is not None:
                yield code.file or "", name
            case ast.Subscript(value=holder, ctx=ast.Store()) | ast.Attribute(value=holder, ctx=ast.Store()):
                yield from _variable(holder, code, local)
                if isinstance(node, ast.Attribute):
                    yield from _variable(node, code, local)
            case ast.Call(func=ast.Attribute(value=holder, attr=method)) if method in _CHANGES:
                yield from _variable(holder, code, local)
            case _:
                pass


def _read(code: Code) -> Iterator[tuple[Variable, ast.expr]]:
    local = _local(code)
    for node in code.nodes:
        if isinstance(node, (ast.Name, ast.Attribute)) and isinstance(node.ctx, ast.Load):
            for variable in _variable(node, code, local):
                yield variable, node


def _local(code: Code) -> set[str]:
    """The names that a function gives values to itself."""
    arguments = {node.arg for node in ast.walk(code.function.args) if isinstance(node, ast.arg)} if code.function is not None else set()
    return arguments | {node.id for node in code.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _variable(node: ast.expr, code: Code, local: set[str]) -> Iterator[Variable]:
    """The variable of a module that `CACHE` or `settings.CACHE` is."""
    match node:
        case ast.Name(id=name) if name not in local:
            found = code.resolved(name)
            if isinstance(found, Definition) and isinstance(found.node, ast.expr):
                yield _file(found.module, code), found.name
        case ast.Attribute(value=ast.Name(id=name), attr=member) if name not in local:
            module = code.resolved(name)
            if isinstance(module, Module):
                yield _file(module, code), member
        case _:
            pass


def _file(module: Module, code: Code) -> str:
    return code.file or "" if module is code.module else module.located.relative
