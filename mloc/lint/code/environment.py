"""Variables of the environment that a step's code needs and the step does not declare."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import CODE_ENVIRONMENT
from mloc.diagnostics.suggest import suggest
from mloc.lint.code.model import StepCode
from mloc.types.python.reach import Code, dotted

_GIVEN = frozenset("PATH HOME LANG PWD OLDPWD SHLVL LC_CTYPE TMPDIR TEMP TMP TZ USER USERNAME LOGNAME HOSTNAME SHELL TERM".split())
"""What the runner gives, what programs set by themselves, and what code asks for to find out where it is."""


def environment(step: StepCode, bag: Bag) -> None:
    """W0651: a variable that will not be there. One that the code sets, or looks whether it is there, is not needed."""
    settled = {name for code in step.bodies for node in code.nodes for name in _settled(node, code)}
    for code in step.bodies:
        if any(isinstance(node, ast.ExceptHandler) and _catches_key_error(node) for node in code.nodes):
            continue
        for node in code.nodes:
            name = _needed(node, code)
            if name is None or name in step.variables or name in settled or name in _GIVEN:
                continue
            near = suggest(name, step.variables)
            fails = "which fails" if isinstance(node, ast.Subscript) else "and gets None"
            step.report(
                bag,
                CODE_ENVIRONMENT,
                code,
                node,
                f"the code of step `{step.name}` reads the environment variable `{name}`, {fails}: the step does not declare it",
                label=f"`{name}` is not set",
                help=f"did you mean `{near}`?" if near else f"declare it, `env {name}=…`, or `secrets {name}=…` for a secret",
            )


def _needed(node: ast.AST, code: Code) -> str | None:
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name)), ctx=ast.Load()):
            return name if dotted(holder, code) == "os.environ" else None
        case ast.Call(func=function, args=[ast.Constant(value=str(name))], keywords=[]):
            return name if dotted(function, code) in ("os.environ.get", "os.getenv") else None
        case _:
            return None


def _settled(node: ast.AST, code: Code) -> list[str]:
    """The variables that a piece of code sets, looks for, or gives a value in place of: `os.getenv("A") or "b"`."""
    match node:
        case ast.Subscript(value=holder, slice=ast.Constant(value=str(name)), ctx=ast.Store() | ast.Del()):
            return [name] if dotted(holder, code) == "os.environ" else []
        case ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[holder]):
            return [name] if dotted(holder, code) == "os.environ" else []
        case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
            return [name] if dotted(function, code) in ("os.environ.setdefault", "os.putenv") else []
        case ast.BoolOp(values=values):
            return [asked for value in values if (asked := _asked(value, code)) is not None]
        case ast.If(test=test) | ast.IfExp(test=test):
            return [asked for inner in ast.walk(test) if (asked := _asked(inner, code)) is not None]
        case _:
            return []


def _asked(node: ast.AST, code: Code) -> str | None:
    return _needed(node, code) if isinstance(node, ast.Call) else None


def _catches_key_error(handler: ast.ExceptHandler) -> bool:
    return handler.type is None or any(name in ast.unparse(handler.type) for name in ("KeyError", "LookupError", "Exception"))
