"""`loop`: unrolled into its rounds, each inside the choice that the round before did not end it.

s = loop x = init max 3:          %s = region
    y = f(x=x)                      %s[0].y = call f(x = init)
    next y until y > 9              %s[0].until#1 = if
                                      arm then  y > 9          (ends with y)
                                      arm else                 (the next round, with x = y)
                                        %s[1].y = call f(x = %s[0].y) …
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from mloc.diagnostics.rules import LOOP_BOUND, NEXT_MISPLACED
from mloc.elaborate.expect import Expectation, fit
from mloc.elaborate.names import Place
from mloc.elaborate.scope import Local, Poison, Scope, Value
from mloc.frozen import dataclass
from mloc.ir.constant import is_constant
from mloc.ir.model import Arm, Branch, Compare, Const, Expr, Logic, Merged, Node, Ref, Region
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import BOOL, INT, STR, Type, Unknown

if TYPE_CHECKING:
    from mloc.elaborate.flow import Block, Flow

MOST_ROUNDS = 32
STATE = "state"


@dataclass(frozen=True, slots=True)
class _Bound:
    """At most `rounds`; `exact` is the run-time number when the bound is only that of a parameter's domain."""

    rounds: int
    exact: Expr | None


def loop(flow: Flow, statement: t.Loop, scope: Scope, place: Place, block: Block) -> Local:
    """Add a loop to a block: one region. Gives what its name stands for, the state after the last round."""
    initial = flow.exprs.typed(statement.initial, scope)
    bound = _bound(flow, statement.maximum, scope)
    id_ = flow.ids.named(statement.name.text, place)
    span = statement.name.span
    if bound is None or isinstance(initial.type, Unknown):
        return Poison(span)
    made = _round(flow, statement, scope, id_, 0, initial, initial.type, bound)
    if made is None:
        return Poison(span)
    nodes, result = made
    merged = Merged(STATE, initial.type, (result,))
    block.add(Branch(id_, (Arm("else", None, Region(tuple(nodes))),), (merged,), (), statement.span))
    return Value(Ref(initial.type, id_, STATE), span)


def _round(
    flow: Flow, statement: t.Loop, scope: Scope, id_: str, number: int, state: Expr, type_: Type, bound: _Bound
) -> tuple[list[Node], Expr] | None:
    """The nodes of a round with all later ones inside, and the state they end with."""
    place = Place(f"{id_}[{number}].", top=False, in_loop=True)
    inner = scope.inner()
    flow.bind(statement.state, Value(state, statement.state.span), inner)
    body = flow.block(statement.body, inner, place)
    if len(body.nexts) != 1 or statement.body[-1] is not body.nexts[0]:
        span = body.nexts[1].span if len(body.nexts) > 1 else body.nexts[0].span if body.nexts else statement.span
        help_ = "end the loop with one `next value until condition`"
        flow.file.bag.report(NEXT_MISPLACED, span, "a `loop` ends with exactly one `next`", help=help_)
        return None
    following = body.nexts[0]
    wanted = Expectation(type_, "the next state of this loop", statement.initial.span)
    value = fit(flow.exprs.infer(following.value, inner, type_), wanted, following.value.span, flow.file.bag, flow.exprs.provenance)
    until = flow.exprs.condition(following.until, inner)
    if isinstance(value.type, Unknown) or isinstance(until.type, Unknown):
        return None
    if flow.converge:
        _converge(flow, statement, body, place, until, number, bound)
    if number + 1 == bound.rounds:
        return body.nodes, value
    rest = _round(flow, statement, scope, id_, number + 1, value, type_, bound)
    if rest is None:
        return None
    stop = until if bound.exact is None else Logic(BOOL, "or", until, Compare(BOOL, ">=", Const(INT, str(number + 1)), bound.exact))
    choice = flow.ids.unnamed("until", place)
    arms = (Arm("then", stop, Region()), Arm("else", None, Region(tuple(rest[0]))))
    body.add(Branch(choice, arms, (Merged(STATE, type_, (value, rest[1])),), (), statement.span))
    return body.nodes, Ref(type_, choice, STATE)


def _converge(flow: Flow, statement: t.Loop, body: Block, place: Place, until: Expr, number: int, bound: _Bound) -> None:
    """After a round that may be the last one: fail unless the loop ends by its `until`, as `converge required` asks."""
    made = Const(INT, str(number + 1))
    ok = until
    if number + 1 < bound.rounds:
        if bound.exact is None:
            return
        ok = Logic(BOOL, "or", until, Compare(BOOL, "<", made, bound.exact))
    text = f"the loop `{statement.name.text}` did not reach its `until` in {number + 1} round{'' if number == 0 else 's'}"
    flow.require(ok, Const(STR, json.dumps(text)), flow.ids.named("converge", place), body, statement.span)


def _bound(flow: Flow, expr: t.Expr, scope: Scope) -> _Bound | None:
    maximum = flow.exprs.value(expr, scope, Expectation(INT, "the `max` of a loop"))
    if isinstance(maximum.type, Unknown):
        return None
    if is_constant(maximum):
        constant = flow.file.compile_time(maximum, expr.span)
        low = high = -1 if isinstance(constant.type, Unknown) or not constant.text.lstrip("-").isdigit() else int(constant.text)
        exact = None
    else:
        low, high = flow.bounds.get(expr.text, (0, 0)) if isinstance(expr, t.Name) else (0, 0)
        exact = maximum
        if (low, high) == (0, 0):
            help_ = "use a number, a constant, or a pipeline parameter with a range: `rounds: int = 3 in 1..8`"
            flow.file.bag.report(LOOP_BOUND, expr.span, "the `max` of a loop must be bounded when the program is compiled", help=help_)
            return None
    return _checked(flow, expr.span, low, high, exact)


def _checked(flow: Flow, span: Span, low: int, high: int, exact: Expr | None) -> _Bound | None:
    if low < 1:
        flow.file.bag.report(LOOP_BOUND, span, f"a loop makes at least one round, and this may be {low}", help="let the range begin at 1")
        return None
    if high > MOST_ROUNDS:
        help_ = f"make at most {MOST_ROUNDS} rounds, each of several repetitions inside a step"
        flow.file.bag.report(LOOP_BOUND, span, f"a loop of {high} rounds cannot be unrolled", help=help_)
        return None
    return _Bound(high, exact)
