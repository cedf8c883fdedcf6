"""Steps that publish or deploy before the `require` that is to decide whether they may."""

from __future__ import annotations

from collections.abc import Iterator

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import BEFORE_THE_GATE
from mloc.elaborate.promises import place
from mloc.lint.program import Program
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, parts

_RELEASES = patterns.of(r"deploy|promote|release|publish|roll_?out|serve|activate|go_live")


def gates(program: Program, bag: Bag) -> None:
    """W0320: a call of a step that writes or publishes, of what the condition of a later `require` of the same block is about."""
    for body in program.bodies:
        for block in _blocks(body.pipeline.body):
            for at, statement in enumerate(block):
                if isinstance(statement, t.Require) and statement.condition is not None:
                    _before(program, block[:at], statement, statement.condition, bag)


def _blocks(block: tuple[t.Statement, ...]) -> Iterator[tuple[t.Statement, ...]]:
    yield block
    for statement in block:
        match statement:
            case t.If(arms=arms):
                for arm in arms:
                    yield from _blocks(arm.body)
            case t.For(body=inner) | t.Loop(body=inner) | t.Handler(body=inner):
                yield from _blocks(inner)
            case _:
                pass


def _before(program: Program, block: tuple[t.Statement, ...], gate: t.Require, condition: t.Expr, bag: Bag) -> None:
    asked = {part.text for part in parts(condition) if isinstance(part, t.Name)}
    for statement in block:
        if not isinstance(statement, t.Bind) or not isinstance(statement.value, t.CallExpr):
            continue
        bound = {name.text for name in _bound(statement)}
        given = {part.text for a in statement.value.arguments for part in parts(a.value) if isinstance(part, t.Name)}
        about = sorted(given & _makers(block, asked))
        called = program.called(statement.value, callee(statement.value))
        if bound & asked or not about or called is None or not isinstance(called[1], t.StepDef):
            continue
        does = _does(called[1])
        if does is not None:
            message = (
                f"`{called[1].name.text}` {does} what `{about[0]}` gives before the `require` below: "
                "only what stands after a `require` waits for it"
            )
            there = Label(gate.span, "decides only about what comes after it")
            bag.report(BEFORE_THE_GATE, statement.span, message, secondary=(there,), help="move it below the `require`")


def _bound(statement: t.Bind) -> tuple[t.Identifier, ...]:
    return () if statement.name is None else (statement.name,)


def _makers(block: tuple[t.Statement, ...], asked: set[str]) -> set[str]:
    """The names that a condition asks of, and those that their calls were given: a score's model is what the score is about."""
    found = set(asked)
    for statement in block:
        if isinstance(statement, t.Bind) and isinstance(statement.value, t.CallExpr) and any(n.text in asked for n in _bound(statement)):
            found |= {part.text for a in statement.value.arguments for part in parts(a.value) if isinstance(part, t.Name)}
    return found


def _does(step: t.StepDef) -> str | None:
    """What a step does that a gate is for; one that only keeps what was measured may do so before."""
    if place(step, "publish") is not None:
        return "publishes"
    for attribute in step.attributes if _RELEASES.search(step.name.text) else ():
        if attribute.name.text == "effects" and any(isinstance(a.value, t.Name) and a.value.text == "writes" for a in attribute.arguments):
            return "writes"
    return None
