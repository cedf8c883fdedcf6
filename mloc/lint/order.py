"""`after` that says what the data says already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import REDUNDANT_AFTER
from mloc.lint.program import Program
from mloc.lint.scopes import Binding, Body
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t
from mloc.syntax.walk import everything, parts, statements


def order(program: Program, bag: Bag) -> None:
    """W0314."""
    for body in program.bodies:
        ordered = [s for s in statements(body.pipeline.body) if isinstance(s, t.Bind) and s.after]
        before = _before(body) if ordered else {}
        for statement in ordered:
            _redundant(program, body, statement, before, bag)


def _redundant(program: Program, body: Body, statement: t.Bind, before: Mapping[Binding, int], bag: Bag) -> None:
    data = 0
    for binding in _names(body, parts(statement.value)):
        data |= before[binding]
    waited = 0
    for place, expr in enumerate(statement.after):
        named = set(_names(body, parts(expr)))
        if len(named) != 1:
            continue
        (binding,) = named
        own = 1 << (before[binding].bit_length() - 1)  # its own bit, as all before it come earlier
        by_data, twice = bool(data & own), bool(waited & own)
        waited |= own
        if not by_data and not twice:
            continue
        why = "an argument needs it" if by_data else "it is named twice"
        fix = Fix("machine-applicable", (Edit(_removed(program.file.source, statement, place), ""),))
        message = f"`after {binding.name}` says nothing new: {why}"
        help_ = "remove it: a call waits for what its arguments need"
        bag.report(REDUNDANT_AFTER, expr.span, message, help=help_ if by_data else "remove one of them", fix=fix)


def _names(body: Body, exprs: Iterable[t.Expr]) -> Iterator[Binding]:
    return (body.of[expr] for expr in exprs if isinstance(expr, t.Name) and expr in body.of)


def _before(body: Body) -> dict[Binding, int]:
    """For every binding itself and all that must be there before it, as the bits of a number.

    In source order, as a name is bound before it is used; a number, because a long chain has many such sets, and each is long.
    """
    before: dict[Binding, int] = {}
    for place, binding in enumerate(body.bindings):
        bits = 1 << place
        for needed in _needs(body, binding):
            bits |= before.get(needed, 0)
        before[binding] = bits
    return before


def _needs(body: Body, binding: Binding) -> Iterator[Binding]:
    """What the statement that binds a name mentions: a region starts when all that anything in it mentions is there."""
    match binding.origin:
        case t.Param() | t.Projection():
            pass
        case (t.For() | t.Loop()) as statement if binding.kind in ("item", "state"):
            yield from _names(body, parts(statement.source if isinstance(statement, t.For) else statement.initial))
        case statement:
            yield from _names(body, everything((statement,)))


def _removed(source: SourceFile, statement: t.Bind, place: int) -> Span:
    """One expression of `after`, with the comma or the word that goes with it."""
    expr = statement.after[place].span
    if place > 0:
        return Span(expr.file, statement.after[place - 1].span.end, expr.end)
    if len(statement.after) > 1:
        return Span(expr.file, expr.start, statement.after[1].span.start)
    return Span(expr.file, source.text.rindex("after", 0, expr.start) - 1, expr.end)
