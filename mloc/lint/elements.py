"""Lists of which the length is known: elements that are not there, and fan-outs that no failure fails."""

from __future__ import annotations

import json

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import OUT_OF_RANGE, TOLERATES_ALL
from mloc.frozen import dataclass
from mloc.ir.constant import whole
from mloc.ir.model import Const
from mloc.lint.program import Program
from mloc.lint.scopes import Body
from mloc.syntax import tree as t
from mloc.syntax.walk import everything, statements
from mloc.types.model import Bounds, ListOf, MapOf


@dataclass(frozen=True, slots=True)
class _Size:
    """How many elements there are at most; `by_default` says that a launch may give more, `bound` that there may be fewer."""

    most: int
    by_default: bool = False
    bound: bool = False


def elements(program: Program, bag: Bag) -> None:
    """W0227 and W0520 of every pipeline."""
    for body in program.bodies:
        for expr in everything(body.pipeline.body):
            if isinstance(expr, t.Subscript):
                _element(program, body, expr, bag)
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.For):
                _fan_out(program, body, statement, bag)


def _element(program: Program, body: Body, expr: t.Subscript, bag: Bag) -> None:
    shown = program.file.source.text[expr.value.span.start : expr.value.span.end]
    type_ = program.type_of(expr.value)
    if isinstance(type_, MapOf):
        keys, key = _keys(program, expr.value), program.text_of(expr.key)
        if keys is not None and key is not None and key not in keys:
            listed = ", ".join(f"`{k}`" for k in keys) or "none"
            message = f"`{shown}` has no key `{key}`: this fails whenever it is reached"
            bag.report(OUT_OF_RANGE, expr.span, message, help=f"its keys are {listed}")
        return
    if not isinstance(type_, ListOf) or not isinstance(expr.key, t.IntLiteral):
        return
    size, index = _size(program, body, expr.value), expr.key.value
    if size is None or index < size.most:
        return
    number = f"{size.most} element{'' if size.most == 1 else 's'}"
    has = f"`{shown}` has {'at most ' if size.bound else ''}{number}{' by default' if size.by_default else ''}"
    when = "a run with the default fails" if size.by_default else "this fails whenever it is reached"
    help_ = f"the last one is `{shown}[{size.most - 1}]`: the first is 0" if size.most else "give it elements, or ask for none"
    bag.report(OUT_OF_RANGE, expr.span, f"there is no element {index}: {has}, and {when}", help=help_)


def _fan_out(program: Program, body: Body, statement: t.For, bag: Bag) -> None:
    size = _size(program, body, statement.source)
    size = None if size is None or size.by_default else size
    allowed = statement.tolerate
    if allowed is None:
        return
    of_all = isinstance(allowed, t.Quantity) and allowed.unit == "pct" and float(allowed.number) >= 100
    # To tolerate the failure of a single item is how one is caught.
    counted = isinstance(allowed, t.IntLiteral) and size is not None and allowed.value >= size.most > 1
    if of_all or counted:
        items = "every item" if size is None else f"all {size.most} items"
        shown = program.file.source.text[allowed.span.start : allowed.span.end]
        message = f"`{shown}` lets {items} fail: the run then succeeds without any result"
        bag.report(TOLERATES_ALL, allowed.span, message, help="tolerate fewer than there are, or `require` something of the results")


def _size(program: Program, body: Body, expr: t.Expr) -> _Size | None:
    """How long a list is, where its own text, a constant, a domain or a default says so."""
    match expr:
        case t.ListLiteral(items=items):
            return _Size(len(items))
        case t.Projection(source=source, condition=condition):
            size = _size(program, body, source)
            return size if condition is None else None
        case t.Name() if expr in body.of:
            origin = body.of[expr].origin
            if isinstance(origin, t.For) and body.of[expr].kind == "for":
                return _size(program, body, origin.source)
            if isinstance(origin, t.Param) and body.of[expr].kind == "parameter":
                return _of_parameter(program, body, origin)
            if isinstance(origin, t.Bind) and isinstance(origin.value, (t.ListLiteral, t.Projection, t.Name)):
                return _size(program, body, origin.value)
            return None
        case t.Name() | t.Member():
            value = _constant(program, expr)
            return _Size(len(value)) if isinstance(value, list) else None
        case _:
            return None


def _of_parameter(program: Program, body: Body, param: t.Param) -> _Size | None:
    found = next((p for pipeline in program.pipelines for p in pipeline.parameters if p.span == param.name.span), None)
    if found is not None and isinstance(found.domain, Bounds) and isinstance(param.type.name, t.Identifier):
        return _Size(whole(found.domain.high), bound=True)
    size = None if param.default is None else _size(program, body, param.default)
    return None if size is None else _Size(size.most, by_default=True)


def _keys(program: Program, expr: t.Expr) -> list[str] | None:
    if isinstance(expr, t.Braces):
        return [entry.key.text for entry in expr.entries]
    value = _constant(program, expr)
    return list(value) if isinstance(value, dict) else None


def _constant(program: Program, expr: t.Expr) -> object:
    """The decoded value of a declared constant; None for anything else."""
    match expr:
        case t.Name(text=name):
            found = program.file.constant_or_kind(name)
        case t.Member(value=t.Name(text=module), name=name_):
            found = member if isinstance(member := program.file.member(module, name_.text), Const) else None
        case _:
            return None
    return json.loads(found.text) if isinstance(found, Const) else None
