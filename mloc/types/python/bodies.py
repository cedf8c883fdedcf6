"""What the statements of a function's body say about what it returns."""

from __future__ import annotations

import ast

from mloc.types.python.lookup import own_nodes

_PATH_MAKERS = {"Path", "pathlib.Path", "os.path.abspath", "tempfile.mkdtemp", "mkdtemp", "tempfile.mktemp"}


def returns_value(body: list[ast.stmt]) -> bool:
    """Whether some `return` gives a value other than None."""
    return any(isinstance(n, ast.Return) and not _is_none(n.value) for n in own_nodes(body))


def _is_none(value: ast.expr | None) -> bool:
    return value is None or (isinstance(value, ast.Constant) and value.value is None)


def only_raises(body: list[ast.stmt]) -> bool:
    """Whether the body is a stub (`...`, a docstring, `pass`) or never reaches its end."""
    stub = all(isinstance(s, ast.Pass) or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant)) for s in body)
    return stub or not may_end(body)


def dict_returns(body: list[ast.stmt]) -> list[tuple[int, tuple[str, ...]]]:
    """The line and keys of each `return {…}` whose keys are all constant text."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for node in own_nodes(body):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict):
            keys = [key.value for key in node.value.keys if isinstance(key, ast.Constant) and isinstance(key.value, str)]
            if len(keys) == len(node.value.keys):
                found.append((node.lineno, tuple(keys)))
    return found


def local_path(body: list[ast.stmt]) -> ast.expr | None:
    """What a `return` gives that is surely the path of a file on this machine: made by `Path` or `tempfile`, or below `/tmp`."""
    nodes = own_nodes(body)
    assigned = {t.id: n.value for n in nodes if isinstance(n, ast.Assign) for t in n.targets if isinstance(t, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Return) and node.value is not None:
            value = assigned.get(node.value.id, node.value) if isinstance(node.value, ast.Name) else node.value
            if _is_local(value, assigned):
                return value
    return None


def _is_local(value: ast.expr, assigned: dict[str, ast.expr], depth: int = 8) -> bool:
    if depth == 0:
        return False
    match value:
        case ast.Constant(value=str(text)) | ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
            return text.startswith(("/tmp/", "/var/tmp/"))
        case ast.Name(id=name) if name in assigned:
            return _is_local(assigned[name], assigned, depth - 1)
        case ast.BinOp(op=ast.Div() | ast.Add(), left=left):
            return _is_local(left, assigned, depth - 1)
        case ast.Call(func=function, args=arguments):
            name = ast.unparse(function)
            if name in _PATH_MAKERS:
                return True
            return name in {"str", "os.path.join"} and bool(arguments) and _is_local(arguments[0], assigned, depth - 1)
        case _:
            return False


def may_end(body: list[ast.stmt]) -> bool:
    """Whether control may run past the last statement; false only when it surely returns, raises or loops for ever."""
    return not any(_stops(statement) for statement in body)


def _stops(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.If(body=body, orelse=orelse):
            return not may_end(body) and not may_end(orelse)
        case ast.With(items=items, body=body) | ast.AsyncWith(items=items, body=body):
            return not may_end(body) and not any("suppress" in ast.unparse(item.context_expr) for item in items)
        case (
            ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final)
            | ast.TryStar(body=body, handlers=handlers, orelse=orelse, finalbody=final)
        ):
            whole = not may_end(body) or (bool(orelse) and not may_end(orelse))
            return not may_end(final) or (whole and all(not may_end(handler.body) for handler in handlers))
        case ast.While(test=ast.Constant(value=value), body=body) if value:
            return not _breaks(body)
        case ast.Match(cases=cases):
            last = cases[-1]
            total = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
            return total and all(not may_end(case.body) for case in cases)
        case ast.Expr(value=ast.Call(func=function)):
            return ast.unparse(function) in {"sys.exit", "exit", "quit", "os._exit"}
        case _:
            return False


def _breaks(body: list[ast.stmt]) -> bool:
    """Whether a `break` of this loop is in the body; one of an inner loop is not."""
    pending: list[ast.AST] = [*body]
    while pending:
        node = pending.pop()
        match node:
            case ast.Break():
                return True
            case ast.For(orelse=orelse) | ast.AsyncFor(orelse=orelse) | ast.While(orelse=orelse):
                pending += orelse
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                pass
            case _:
                pending += ast.iter_child_nodes(node)
    return False
