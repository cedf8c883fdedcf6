"""Code that may wait for ever, behind a step that has no timeout."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NO_TIMEOUT
from mloc.lint.code.model import StepCode
from mloc.types.python.reach import Code, dotted

_ASKS = (*(f"requests.{ask}" for ask in ("get", "post", "put", "patch", "delete", "head", "request")), "urllib.request.urlopen")


def waiting(step: StepCode, bag: Bag) -> None:
    """W0724 of a request without a timeout of its own, and of a loop that sleeps in a Python function."""
    if step.limited:
        return
    for code in step.bodies:
        for node in code.nodes:
            why = _waits(node, code)
            if why is not None:
                message = f"step `{step.name}` {why}, and has no `timeout`: when the other side never answers, it waits for ever"
                help_ = "add `timeout 1h`, or what it may take at most; and `timeout=` to the request"
                step.report(bag, NO_TIMEOUT, code, node, message, label="may never end", help=help_)
                return


def _waits(node: ast.AST, code: Code) -> str | None:
    match node:
        case ast.Call(func=function, args=arguments, keywords=keywords) if (name := dotted(function, code)) in _ASKS:
            given = {keyword.arg for keyword in keywords}
            by_place = name == "urllib.request.urlopen" and len(arguments) > 2
            return None if given & {"timeout", None} or by_place else f"calls `{name}` without a timeout"
        case ast.While(body=body) if code.file is not None:
            # Loops of inline code are found where steps are looked at.
            calls = (inner for statement in body for inner in ast.walk(statement) if isinstance(inner, ast.Call))
            return "asks again and again in a loop" if any(dotted(call.func, code) == "time.sleep" for call in calls) else None
        case _:
            return None
