"""Which columns a data frame surely has at a place of the code, followed through assignments and methods."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import TypeAlias

from mloc.types.python.reach import Code, dotted

Columns: TypeAlias = "frozenset[str] | None"
"""The names of a frame's columns; None when they are not known."""
Frames: TypeAlias = "dict[str, Columns]"
Read: TypeAlias = Callable[[ast.expr, str, "frozenset[str]"], None]
"""Told of a column that is read: where, its name, and the columns that are there."""

_KEEP = frozenset(
    "copy head tail sample dropna fillna sort_values sort_index drop_duplicates reset_index astype query nlargest nsmallest "
    "infer_objects convert_dtypes round abs clip ffill bfill where mask sort filter unique limit to_pandas groupby group_by".split()
)
_BY_NAME = {
    **dict.fromkeys(("groupby", "group_by", "sort_values", "sort", "set_index", "select"), (0,)),
    **dict.fromkeys(("nlargest", "nsmallest"), (1,)),
    "drop_duplicates": (0,),
    "pop": (0,),
}
"""The positions of the arguments that name columns, by method."""
_NAMING = {
    **dict.fromkeys(("groupby", "sort_values"), ("by",)),
    **dict.fromkeys(("dropna", "drop_duplicates"), ("subset",)),
    "set_index": ("keys",),
    "drop": ("columns",),
    "merge": ("on", "left_on"),
    "pivot": ("index", "columns", "values"),
    "pivot_table": ("index", "columns", "values"),
    "melt": ("id_vars", "value_vars"),
    "nlargest": ("columns",),
    "nsmallest": ("columns",),
    "explode": ("column",),
}
_NAMES = frozenset({*_BY_NAME, *_NAMING})
_HARMLESS = frozenset("len print list str repr isinstance type id sorted set tuple iter next bool max min sum any all zip".split())
_PACKAGES = tuple("pandas numpy sklearn xgboost lightgbm catboost polars pyarrow matplotlib seaborn json joblib".split())
_TAKERS = frozenset("fit predict predict_proba fit_transform fit_predict transform score append extend info debug write".split())


def follow(code: Code, frames: Frames, read: Read, given: Callable[[ast.Return, Columns], None]) -> None:
    """Go through the code with what is known at its beginning; `given` is told of what each `return` gives."""
    _Follower(code, read, given).block(list(code.body), frames)


class _Follower:
    """Goes through statements in their order, with the columns of each name."""

    def __init__(self, code: Code, read: Read, given: Callable[[ast.Return, Columns], None]) -> None:
        self.code, self.read, self.given, self.silent = code, read, given, False

    def block(self, body: list[ast.stmt], frames: Frames) -> None:
        for statement in body:
            self._statement(statement, frames)

    def _statement(self, statement: ast.stmt, frames: Frames) -> None:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                # What it does to a frame of ours, and when, is not followed.
                self._forget(statement, frames)
            case ast.If(test=test, body=body, orelse=orelse):
                self._reads(test, frames)
                self._either([body, orelse], frames)
            case ast.For(iter=iter_, body=body, orelse=orelse, target=target):
                self._reads(iter_, frames)
                self._forget(target, frames)
                self._again([*body, *orelse], frames)
            case ast.While(test=test, body=body, orelse=orelse):
                self._reads(test, frames)
                self._again([*body, *orelse], frames)
            case ast.With(items=items, body=body):
                for item in items:
                    self._reads(item.context_expr, frames)
                self.block(body, frames)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
                self._either([[*body, *orelse], *([*body, *handler.body] for handler in handlers)], frames)
                self.block(final, frames)
            case ast.Return(value=value):
                if value is not None:
                    self._reads(value, frames)
                    if not self.silent:
                        self.given(statement, columns_of(value, frames, self.code))
            case ast.Match():
                self._forget(statement, frames)
            case _:
                self._simple(statement, frames)

    def _either(self, bodies: list[list[ast.stmt]], frames: Frames) -> None:
        """Afterwards a column is there when one of the ways makes it: what only one makes is not blamed."""
        ends = []
        for body in bodies:
            end = dict(frames)
            self.block(body, end)
            ends.append(end)
        for name in {name for end in ends for name in end}:
            found = [end.get(name) for end in ends]
            known = [columns for columns in found if columns is not None]
            frames[name] = frozenset().union(*known) if len(known) == len(found) else None

    def _again(self, body: list[ast.stmt], frames: Frames) -> None:
        """A later round sees what an earlier one made."""
        before, self.silent = self.silent, True
        end = dict(frames)
        self.block(body, end)
        self.silent = before
        start = {name: _union(columns, end.get(name)) for name, columns in frames.items()}
        self.block(body, start)
        frames.update(start)

    def _simple(self, statement: ast.stmt, frames: Frames) -> None:
        for child in ast.iter_child_nodes(statement):
            if isinstance(child, ast.expr) and not (isinstance(child, (ast.Name, ast.Subscript, ast.Attribute)) and _is_store(child)):
                self._reads(child, frames)
        match statement:
            case ast.Assign(targets=targets, value=value):
                made = columns_of(value, frames, self.code)
                for target in targets:
                    _assign(target, value, made, frames)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                _assign(target, value, columns_of(value, frames, self.code), frames)
            case ast.AugAssign(target=ast.Name(id=name)):
                frames[name] = None
            case ast.Delete(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        frames[target.id] = None
            case _:
                pass

    def _reads(self, expr: ast.expr, frames: Frames) -> None:
        """Tell what an expression reads, then forget what it may change."""
        if not self.silent:
            for node in ast.walk(expr):
                if isinstance(node, ast.expr):
                    for place, name, columns in _named(node, frames, self.code):
                        if name not in columns:
                            self.read(place, name, columns)
        for node in ast.walk(expr):
            match node:
                case ast.Call():
                    _after(node, frames, self.code)
                case ast.NamedExpr(target=target, value=value):
                    frames[target.id] = columns_of(value, frames, self.code)
                case ast.Lambda():
                    # Its parameters may be called as our frames are.
                    for argument in ast.walk(node.args):
                        if isinstance(argument, ast.arg) and argument.arg in frames:
                            frames[argument.arg] = None
                case _:
                    pass

    def _forget(self, node: ast.AST, frames: Frames) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in frames:
                frames[inner.id] = None


def columns_of(expr: ast.expr, frames: Frames, code: Code) -> Columns:
    """The columns of the frame that an expression gives; None for anything else."""
    match expr:
        case ast.Name(id=name):
            return frames.get(name)
        case ast.Subscript(value=value, slice=chosen):
            return _chosen(value, chosen, frames, code)
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if (columns := columns_of(value, frames, code)) is not None:
            return _by_method(method, columns, expr)
        case ast.Call(func=function, args=[ast.Dict(keys=keys), *_]) if dotted(function, code) in ("pandas.DataFrame", "polars.DataFrame"):
            return _texts([key for key in keys if key is not None]) if None not in keys else None
        case _:
            return None


def _chosen(value: ast.expr, chosen: ast.expr, frames: Frames, code: Code) -> Columns:
    """`rows[["a", "b"]]`, `rows[rows["a"] > 3]`, `rows.loc[rows["a"] > 3]`."""
    if isinstance(value, ast.Attribute) and value.attr in ("loc", "iloc"):
        return columns_of(value.value, frames, code) if isinstance(chosen, (ast.Compare, ast.BinOp, ast.UnaryOp, ast.Slice)) else None
    columns = columns_of(value, frames, code)
    if columns is None:
        return None
    if isinstance(chosen, ast.List):
        return _texts(chosen.elts)
    return columns if isinstance(chosen, (ast.Compare, ast.BinOp, ast.UnaryOp, ast.Slice)) else None


def _by_method(method: str, columns: frozenset[str], call: ast.Call) -> Columns:
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:
        return None
    if method in _KEEP:
        return columns if method != "reset_index" or _is_true(given.get("drop")) else None
    if method == "assign":
        return columns | {name for name in given if name is not None}
    if method == "rename" and isinstance(given.get("columns"), ast.Dict):
        mapping = given["columns"]
        assert isinstance(mapping, ast.Dict)
        old, new = _texts([key for key in mapping.keys if key is not None]), _texts(mapping.values)
        if old is None or new is None or len(old) != len(mapping.keys):
            return None
        return (columns - old) | new
    if method == "drop" and "columns" in given:
        dropped = _texts_of(given["columns"])
        return None if dropped is None else columns - dropped
    return None


def _assign(target: ast.expr, value: ast.expr, made: Columns, frames: Frames) -> None:
    match target:
        case ast.Name(id=name):
            frames[name] = made
        case (
            ast.Subscript(value=ast.Name(id=name), slice=chosen)
            | ast.Subscript(value=ast.Attribute(value=ast.Name(id=name), attr="loc"), slice=ast.Tuple(elts=[_, chosen]))
        ) if frames.get(name) is not None:
            _add(name, _texts_of(chosen), frames)
        case ast.Attribute(value=ast.Name(id=name), attr="columns") if name in frames:
            frames[name] = _texts_of(value)
        case _:
            for inner in ast.walk(target):
                if isinstance(inner, ast.Name) and inner.id in frames:
                    frames[inner.id] = None


def _add(name: str, made: Columns, frames: Frames) -> None:
    """Let a frame have more columns, and each that may be the same one by another name."""
    before = frames[name]
    for other in [other for other, columns in frames.items() if columns == before]:
        frames[other] = _union(before, made)


def _named(node: ast.expr, frames: Frames, code: Code) -> Iterator[tuple[ast.expr, str, frozenset[str]]]:
    """The columns that one node names, with those that are there."""
    places: list[ast.expr] = []
    match node:
        case ast.Subscript(value=ast.Attribute(value=value, attr="loc"), slice=ast.Tuple(elts=[_, chosen]), ctx=ast.Load()):
            places = [chosen]
        case ast.Subscript(value=value, slice=chosen, ctx=ast.Load()):
            places = [chosen]
        case ast.Call(func=ast.Attribute(value=value, attr="agg" | "aggregate"), args=arguments, keywords=keywords):
            # `agg(total=("qty", "sum"))` and `agg({"qty": "sum"})`.
            places = [keyword.value.elts[0] for keyword in keywords if isinstance(keyword.value, ast.Tuple) and keyword.value.elts]
            places += [key for argument in arguments if isinstance(argument, ast.Dict) for key in argument.keys if key is not None]
        case ast.Call(func=ast.Attribute(value=value, attr=str(method)), args=arguments, keywords=keywords) if method in _NAMES:
            positions = _BY_NAME.get(method, ())
            places = [argument for at, argument in enumerate(arguments) if at in positions]
            places += [keyword.value for keyword in keywords if keyword.arg in _NAMING.get(method, ())]
            if any(keyword.arg in ("level", "errors") for keyword in keywords):
                return
        case _:
            return
    columns = columns_of(value, frames, code)
    if columns is not None:
        for place in places:
            for item in place.elts if isinstance(place, (ast.List, ast.Tuple)) else [place]:
                if isinstance(item, ast.Constant) and isinstance(item.value, str):
                    yield item, item.value, columns


def _after(call: ast.Call, frames: Frames, code: Code) -> None:
    """What a call may do to the frames that it is given, or whose method it is."""
    function = call.func
    owner = function.value.id if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) else None
    if owner is not None and frames.get(owner) is not None and isinstance(function, ast.Attribute):
        if function.attr == "insert" and len(call.args) > 1:
            _add(owner, _texts_of(call.args[1]), frames)
        elif function.attr in ("update", "eval", "join", "pipe") or any(k.arg == "inplace" for k in call.keywords):
            frames[owner] = None
        return
    name = dotted(function, code)
    if name is not None and name.partition(".")[0] in _PACKAGES:
        return
    if isinstance(function, ast.Name) and function.id in _HARMLESS and code.resolved(function.id) is None:
        return
    if isinstance(function, ast.Attribute) and function.attr in _TAKERS:
        return
    for argument in [*call.args, *(keyword.value for keyword in call.keywords)]:
        if isinstance(argument, ast.Name) and argument.id in frames:
            frames[argument.id] = None


def _union(one: Columns, other: Columns) -> Columns:
    return None if one is None or other is None else one | other


def _texts_of(expr: ast.expr) -> Columns:
    return _texts(expr.elts if isinstance(expr, (ast.List, ast.Tuple)) else [expr])


def _texts(items: list[ast.expr]) -> Columns:
    texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return frozenset(texts) if len(texts) == len(items) else None


def _is_store(node: ast.Name | ast.Subscript | ast.Attribute) -> bool:
    return isinstance(node.ctx, (ast.Store, ast.Del))


def _is_true(expr: ast.expr | None) -> bool:
    return isinstance(expr, ast.Constant) and expr.value is True
