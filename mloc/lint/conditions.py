"""Conditions that are always true or never, and branches that never run because of them."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import CONSTANT_CONDITION, UNREACHABLE_BRANCH, USELESS_FALLBACK
from mloc.lint.knowledge import Knowledge, Verdict
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import own, parts


def conditions(program: Program, bag: Bag) -> None:
    """W0213 and W0505 of every pipeline."""
    for body in program.bodies:
        _block(Knowledge(program, body), body.pipeline.body, bag)


def _block(known: Knowledge, statements: Iterable[t.Statement], bag: Bag) -> None:
    for statement in statements:
        for expr in own(statement):
            _inside(known, expr, bag)
        match statement:
            case t.If():
                _if(known, statement, bag)
            case t.For() | t.Loop() | t.Handler():
                _block(known, statement.body, bag)
            case t.Next(until=until):
                if not (isinstance(until, t.Bool) and not until.value):  # `until false` asks for all the rounds
                    _condition(known, until, bag, ("the loop makes one round", "the loop never ends before its last round"))
            case t.Require(condition=condition) if condition is not None:
                _condition(known, condition, bag, ("this `require` never fails", "this `require` always fails"))
                known = known.after(condition, when=True)
            case _:
                pass


def _inside(known: Knowledge, expr: t.Expr, bag: Bag) -> None:
    """The conditions inside an expression."""
    for part in parts(expr):
        if isinstance(part, t.Ternary):
            _condition(known, part.condition, bag, ("the value after `else` is never taken", "the value before `if` is never taken"))
        elif isinstance(part, t.Binary) and part.op == "??":
            _fallback(known, part, bag)
        elif isinstance(part, t.Projection) and part.condition is not None:
            _condition(known, part.condition, bag, ("every element is kept", "no element is kept"))


def _fallback(known: Knowledge, expr: t.Binary, bag: Bag) -> None:
    """`x ?? y` where x is known to be null."""
    fact = known.fact(expr.left)
    if fact is not None and fact.null is True:
        why = Verdict(True, fact.why)
        message = f"`{known.text(expr.left.span)}` is always null here: the fallback is all that is used"
        bag.report(USELESS_FALLBACK, expr.left.span, message, secondary=_places(why), help="leave it out, or correct the condition")


def _if(known: Knowledge, statement: t.If, bag: Bag) -> None:
    for place, arm in enumerate(statement.arms):
        if arm.condition is None:
            _block(known, arm.body, bag)
            return
        verdict = known.judge(arm.condition)
        inside = known.after(arm.condition, when=True)
        if verdict.value is None:
            _operands(known, arm.condition, statement, bag)
        elif verdict.value:
            _always(known, statement, place, verdict, bag)
            _block(inside, arm.body, bag)
            return
        else:
            _never(known, arm.condition, verdict, bag)
            continue
        _block(inside, arm.body, bag)
        known = known.after(arm.condition, when=False, chain=statement)


def _always(known: Knowledge, statement: t.If, place: int, verdict: Verdict, bag: Bag) -> None:
    """An arm that is taken whenever it is asked for: those after it never run."""
    condition = statement.arms[place].condition
    assert condition is not None
    rest = statement.arms[place + 1 :]
    if not rest or not verdict.why:
        if not _is_by_elimination(verdict, statement) and not _is_switch(known, condition, verdict):
            _report(known, condition, verdict, bag, ("what is in it always runs", ""))
        return
    first = rest[0]
    if all(isinstance(s, t.Require) and s.condition is None for s in first.body):
        return  # `else: fail …` guards against what cannot be
    span = first.body[0].span if first.condition is None and first.body else first.span
    message = f"this branch never runs: `{known.text(condition.span)}` is always true when it is reached{_because(verdict)}"
    there = (Label(condition.span, "always true"), *_places(verdict))
    bag.report(UNREACHABLE_BRANCH, span, message, secondary=there, help="remove it, or correct the condition before it")


def _never(known: Knowledge, condition: t.Expr, verdict: Verdict, bag: Bag) -> None:
    if not verdict.why:
        if not _is_switch(known, condition, verdict):
            _report(known, condition, verdict, bag, ("", "what is in it never runs"))
        return
    message = f"this branch never runs: `{known.text(condition.span)}` is always false{_because(verdict)}"
    help_ = "remove the branch, or correct its condition"
    bag.report(UNREACHABLE_BRANCH, condition.span, message, secondary=_places(verdict), help=help_)


def _condition(known: Knowledge, condition: t.Expr, bag: Bag, meaning: tuple[str, str]) -> None:
    """A condition that is no arm's; `meaning` says what follows when it is always true, and when it never is."""
    verdict = known.judge(condition)
    if verdict.value is None:
        _operands(known, condition, None, bag)
    elif not _is_switch(known, condition, verdict):
        _report(known, condition, verdict, bag, meaning)


def _operands(known: Knowledge, condition: t.Expr, chain: t.If | None, bag: Bag) -> None:
    """Sides of `and` and `or` that decide nothing."""
    match condition:
        case t.Unary(op="not", value=value):
            _operands(known, value, chain, bag)
        case t.Binary(op="and" | "or" as op, left=left, right=right):
            for side, there in ((left, known), (right, known.after(left, when=op == "and"))):
                verdict = there.judge(side)
                if verdict.value is None:
                    _operands(there, side, chain, bag)
                elif not _is_by_elimination(verdict, chain) and not _is_switch(there, side, verdict):
                    _report(there, side, verdict, bag, ("it decides nothing", "it decides nothing"))
        case _:
            pass


def _report(known: Knowledge, condition: t.Expr, verdict: Verdict, bag: Bag, meaning: tuple[str, str]) -> None:
    what = meaning[0] if verdict.value else meaning[1]
    always = "always true" if verdict.value else "always false"
    message = f"`{known.text(condition.span)}` is {always}{_because(verdict)}" + (f": {what}" if what else "")
    bag.report(
        CONSTANT_CONDITION,
        condition.span,
        message,
        label=_itself(condition),
        secondary=_places(verdict),
        help=_help(known, condition),
    )


def _itself(condition: t.Expr) -> str:
    match condition:
        case t.Binary(op="==" | "!=", left=left, right=right) if isinstance(left, t.Null) or isinstance(right, t.Null):
            return "this can never be null"
        case _:
            return ""


def _help(known: Knowledge, condition: t.Expr) -> str:
    match condition:
        case t.Binary(op="==" | "!=", left=left, right=right) if isinstance(left, t.Null) or isinstance(right, t.Null):
            value = left if isinstance(right, t.Null) else right
            return f"remove the test; or declare `{known.text(value.span)}` with `?` and a default of `null` if it may be left out"
        case _:
            return "remove the condition, or correct it"


def _is_by_elimination(verdict: Verdict, chain: t.If | None) -> bool:
    """What the arms before leave: to say it once more is no mistake."""
    return chain is not None and any(reason.chain is chain for reason in verdict.why)


def _is_switch(known: Knowledge, condition: t.Expr, verdict: Verdict) -> bool:
    """A constant that is declared to be changed by hand, and nothing else, decides."""
    if verdict.why:
        return False
    names = [part for part in parts(condition) if isinstance(part, t.Name) and part not in known.body.of]
    kinds = (known.program.file.constant_or_kind(name.text) for name in names)
    return any(kind == "module" or not isinstance(kind, str) for kind in kinds)


def _because(verdict: Verdict) -> str:
    """What a declaration says, in the message; what conditions say stands where they are."""
    said = next((reason.text for reason in verdict.why if not reason.learnt), None)
    return "" if said is None else f" ({said})"


def _places(verdict: Verdict) -> tuple[Label, ...]:
    seen: dict[Span, str] = {}
    for reason in verdict.why:
        if reason.span is not None:
            seen.setdefault(reason.span, reason.text)
    return tuple(Label(span, text) for span, text in list(seen.items())[:3])
