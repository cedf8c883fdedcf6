"""Models that are given what they are to predict among what they predict it from."""

from __future__ import annotations

import ast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import TARGET_AMONG_FEATURES
from mloc.lint.code.model import StepCode
from mloc.types.model import Optional, Table
from mloc.types.python.lookup import own_nodes


def labels(step: StepCode, bag: Bag) -> None:
    """W0417: `fit(x, y)` where `y` is a column of a table, and `x` surely has that column."""
    nodes = own_nodes(list(step.own.body))
    assigned: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                for name in (n for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)):
                    assigned.setdefault(name.id, []).append(node.value if target is name else ast.Constant(None))
    tables = {i.name for i in step.signature.inputs if isinstance(i.type.item if isinstance(i.type, Optional) else i.type, Table)}
    places = [n for n in nodes if isinstance(n, (ast.Subscript, ast.Attribute)) and _is_changed(n)]
    changed = {n.value.id for n in places if isinstance(n.value, ast.Name)}
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute(attr="fit"), args=[x, y, *_]):
                predicted = _column(_last(y, assigned))
                features = _last(x, assigned)
                if predicted is None or not _has(features, predicted, tables - changed - set(assigned)):
                    continue
                message = f"the code of step `{step.name}` gives a model `{predicted}` among its features, which it is to predict"
                help_ = f'leave it out: `rows.drop(columns=["{predicted}"])`'
                step.report(bag, TARGET_AMONG_FEATURES, step.own, node, message, label=f"`{predicted}` on both sides", help=help_)
            case _:
                pass


def _is_changed(node: ast.Subscript | ast.Attribute) -> bool:
    """Whether columns of a frame are taken away in place."""
    return isinstance(node.ctx, ast.Del) or (isinstance(node, ast.Attribute) and node.attr in ("pop", "drop"))


def _last(expr: ast.expr, assigned: dict[str, list[ast.expr]]) -> ast.expr:
    """What a name was given, when it was given one thing only."""
    if isinstance(expr, ast.Name) and len(assigned.get(expr.id, ())) == 1:
        return assigned[expr.id][0]
    return expr


def _column(expr: ast.expr) -> str | None:
    match expr:
        case ast.Subscript(value=ast.Name(), slice=ast.Constant(value=str(name))):
            return name
        case _:
            return None


def _has(features: ast.expr, target: str, whole: set[str]) -> bool:
    match features:
        case ast.Subscript(value=ast.Name(), slice=ast.List(elts=items)):
            return any(isinstance(item, ast.Constant) and item.value == target for item in items)
        case ast.Name(id=name):
            return name in whole
        case _:
            return False
