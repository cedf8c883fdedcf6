"""Failures that the code of a step does not see, so that the step succeeds all the same."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import IGNORED_FAILURE, SWALLOWED_FAILURE
from mloc.lint.code.model import StepCode
from mloc.types.python.lookup import own_nodes
from mloc.types.python.reach import Code, dotted

_BROAD = ("Exception", "BaseException", "builtins.Exception")
_ASKS = tuple(f"{package}.{ask}" for package in ("requests", "httpx") for ask in ("post", "put", "patch", "delete"))
_TIDIES = frozenset("close unlink remove rmtree rmdir cleanup kill terminate shutdown disconnect release flush print".split())
_TELLS = frozenset("print debug info warning warn error exception critical log print_exc print_exception format_exc".split())


def failures(step: StepCode, bag: Bag) -> None:
    """W0657 of what is called for its effect, W0659 of a step without outputs whose code catches everything."""
    for code in step.bodies:
        _ignored(step, code, bag)
    if not step.signature.outputs:
        _swallowed(step, bag)


def _ignored(step: StepCode, code: Code, bag: Bag) -> None:
    looked_at = {node.value.id for node in code.nodes if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)}
    handed = {node.id for call in code.nodes if isinstance(call, (ast.Call, ast.Return)) for node in _given(call)}
    for node in code.nodes:
        match node:
            case ast.Expr(value=ast.Call() as call):
                pass
            case ast.Assign(targets=[ast.Name(id=str(kept))], value=ast.Call() as call):
                if kept in looked_at or kept in handed or _is_tested(kept, code):
                    continue
            case _:
                continue
        found = _unseen(call, code)
        if found is not None:
            what, help_ = found
            message = f"{what}: step `{step.name}` goes on as if all was well"
            step.report(bag, IGNORED_FAILURE, code, call, message, label="not looked at", help=help_)


def _given(node: ast.Call | ast.Return) -> list[ast.Name]:
    values = [node.value] if isinstance(node, ast.Return) else [*node.args, *(keyword.value for keyword in node.keywords)]
    return [inner for value in values if value is not None for inner in ast.walk(value) if isinstance(inner, ast.Name)]


def _is_tested(name: str, code: Code) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Load) for n in code.nodes)


def _unseen(call: ast.Call, code: Code) -> tuple[str, str] | None:
    """What is not noticed when a call fails, and how it would be."""
    name = dotted(call.func, code)
    keywords = {keyword.arg for keyword in call.keywords}
    if name == "subprocess.run" and not keywords & {"check", None}:
        return "nothing looks whether the program that `subprocess.run` starts fails", "add `check=True`"
    if name == "subprocess.call":
        return "nothing looks whether the program that `subprocess.call` starts fails", "use `subprocess.run(…, check=True)`"
    if name == "os.system":
        return "nothing looks whether the command that `os.system` runs fails", "use `subprocess.run([…], check=True)`"
    if name in _ASKS:
        return f"nothing looks whether the server refuses what `{name}` sends", "add `.raise_for_status()`"
    return None


def _swallowed(step: StepCode, bag: Bag) -> None:
    """A `try` around the end of the code that catches everything and does no more than tell it."""
    body = step.own.body
    last = body[-1] if body else None
    if not isinstance(last, ast.Try) or last.orelse:
        return
    work = {_called(node) for node in own_nodes(list(last.body)) if isinstance(node, ast.Call)}
    if not work - _TIDIES:
        return
    for handler in last.handlers:
        if _is_broad(handler) and all(_only_tells(statement) for statement in handler.body):
            message = f"the code of step `{step.name}` catches every exception and ends: the step succeeds whatever fails in it"
            help_ = "let the exception go on (`raise`), or catch the one that may be passed over"
            step.report(bag, SWALLOWED_FAILURE, step.own, handler, message, label="the failure ends here", help=help_)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(type_ is None or ast.unparse(type_) in _BROAD for type_ in types)


def _only_tells(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Return(value=None) | ast.Return(value=ast.Constant(value=None)):
            return True
        case ast.Expr(value=ast.Constant()):
            return True
        case ast.Expr(value=ast.Call() as call):
            return _called(call) in _TELLS
        case _:
            return False


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
