"""Inputs that the code of a step uses as what they are not: fields and attributes that they lack, texts that they never are."""

from __future__ import annotations

import ast
import datetime
import json
from collections.abc import Iterator, Mapping

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import INPUT_MISUSED, NEVER_THAT_TEXT
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.lint.code.model import StepCode
from mloc.types.model import Enum, Metrics, OneOf, Optional, Record, Scalar
from mloc.types.python.arrivals import annotated, class_of, spoken
from mloc.types.python.lookup import own_nodes
from mloc.types.python.reach import Code, dotted
from mloc.types.show import show
from mloc.types.signature import Input

_PARSERS = ("datetime.datetime.strptime", "datetime.datetime.fromisoformat", "datetime.date.fromisoformat")


@dataclass(frozen=True, slots=True)
class _Known:
    """An input as the code has it: the class of its value, and the fields of one that arrives as a dict."""

    given: Input
    kind: type | None
    fields: tuple[str, ...] = ()


def inputs(step: StepCode, bag: Bag) -> None:
    """W0658 and W0660 of the inputs that the code gives no other value, and whose class it does not ask for."""
    nodes = own_nodes(list(step.own.body))
    known = {name: found for name, found in _known(step) if not any(_is_open(node, name) for node in nodes)}
    if not known:
        return
    for node in nodes:
        for name, message, help_ in _misused(node, known, step.own):
            found = known[name]
            there = Label(found.given.span, f"`{show(found.given.type)}`")
            step.report(bag, INPUT_MISUSED, step.own, node, message, label="not what it is", also=(there,), help=help_)
        _never(step, node, known, bag)


def _known(step: StepCode) -> Iterator[tuple[str, _Known]]:
    function = step.own.function
    hints: dict[str, str] | None = None
    if function is not None:
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        hints = {a.arg: "" if a.annotation is None else ast.unparse(a.annotation) for a in arguments}
    for given in step.signature.inputs:
        type_ = given.type.item if isinstance(given.type, Optional) else given.type
        if hints is None:
            fields = tuple(f.name for f in type_.fields) if isinstance(type_, (Record, Metrics)) else ()
            yield given.name, _Known(given, class_of(type_), fields)
        elif given.name in hints:
            hint = hints[given.name]
            yield given.name, _Known(given, annotated(hint) if hint else class_of(type_) if isinstance(type_, Scalar) else None)


def _is_open(node: ast.AST, name: str) -> bool:
    """Whether code gives a name another value, or asks what it is."""
    match node:
        case ast.Name(id=found, ctx=ast.Store() | ast.Del()):
            return found == name
        case ast.Call(func=ast.Name(id="isinstance" | "type" | "hasattr" | "getattr" | "callable"), args=[ast.Name(id=found), *_]):
            return found == name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return name in names
        case _:
            return False


def _misused(node: ast.AST, known: Mapping[str, _Known], code: Code) -> Iterator[tuple[str, str, str]]:
    """The input, what is wrong, and what may be done."""
    match node:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute, ctx=ast.Load()) if name in known:
            kind, fields = known[name].kind, known[name].fields
            if kind is not None and not hasattr(kind, attribute):
                message = f"the input `{name}` has no `{attribute}`: it arrives as {spoken(kind)}"
                yield name, message, _attribute_help(name, attribute, kind, fields)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str(key)), ctx=ast.Load()) if name in known:
            kind, fields = known[name].kind, known[name].fields
            if fields and key not in fields:
                near = suggest(key, fields)
                listed = ", ".join(f"`{field}`" for field in fields)
                yield name, f"the input `{name}` has no field `{key}`", f"did you mean `{near}`?" if near else f"it has {listed}"
            elif kind not in (None, dict):
                message = f"the input `{name}` has no part `{key}`: it arrives as {spoken(kind)}"
                yield name, message, "read it first, or declare it as what it is"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            for one, other in ((left, right), (right, left)):
                name = one.id if isinstance(one, ast.Name) else ""
                kind = known[name].kind if name in known else None
                if kind is not None and kind is not str and _is_text(other):
                    yield name, f"`{name}` is added to a text, and arrives as {spoken(kind)}", f'write `f"…{{{name}}}"`'
        case ast.Call(func=function, args=[ast.Name(id=name), *_]) if name in known and dotted(function, code) in _PARSERS:
            kind = known[name].kind
            if kind in (datetime.date, datetime.datetime):
                yield name, f"`{name}` is read as a text, and arrives as {spoken(kind)} already", "use it as it is"
        case _:
            return


def _is_text(expr: ast.expr) -> bool:
    return isinstance(expr, ast.JoinedStr) or (isinstance(expr, ast.Constant) and isinstance(expr.value, str))


def _attribute_help(name: str, attribute: str, kind: type, fields: tuple[str, ...]) -> str:
    if kind is dict and (field := attribute if attribute in fields else suggest(attribute, fields)):
        return f'write `{name}["{field}"]`'
    near = suggest(attribute, [n for n in dir(kind) if not n.startswith("_")])
    return f"did you mean `{near}`?" if near else "use what it is, or declare it as what the code wants"


def _never(step: StepCode, node: ast.AST, known: Mapping[str, _Known], bag: Bag) -> None:
    """A comparison with a text that the input's type or domain does not have."""
    match node:
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[other]) if name in known:
            pass
        case _:
            return
    items = [other] if isinstance(op, (ast.Eq, ast.NotEq)) else []
    if isinstance(op, (ast.In, ast.NotIn)) and isinstance(other, (ast.Tuple, ast.List, ast.Set)):
        items = other.elts
    texts = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    found = known[name]
    members = _members(found.given)
    if members is None or found.kind is not str:
        return
    for text in texts:
        if text not in members:
            near = suggest(text, members)
            listed = ", ".join(f"`{member}`" for member in members)
            message = f"the code of step `{step.name}` compares `{name}` with `{text}`, which it never is"
            there = Label(found.given.span, "declared here")
            help_ = f"did you mean `{near}`?" if near else f"it is one of {listed}"
            step.report(bag, NEVER_THAT_TEXT, step.own, node, message, label=f"never `{text}`", also=(there,), help=help_)


def _members(given: Input) -> tuple[str, ...] | None:
    type_ = given.type.item if isinstance(given.type, Optional) else given.type
    if isinstance(type_, Enum):
        return type_.members
    if isinstance(given.domain, OneOf) and type_ == Scalar("str"):
        return tuple(str(json.loads(text)) for text in given.domain.members)
    return None
