"""Branches that leave a case out, differ in nothing, or end before what follows."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import IDENTICAL_BRANCHES, MEMBERS_MISSING, UNREACHABLE_STATEMENT
from mloc.elaborate.narrowing import path_of
from mloc.lint.program import Program
from mloc.syntax import tree as t
from mloc.syntax.walk import block_shape, blocks, everything, shape, statements
from mloc.types.model import Enum, Optional, Type


def branches(program: Program, bag: Bag) -> None:
    """W0506, W0515 and W0518 of every pipeline."""
    for body in program.bodies:
        _ended(body.pipeline.body, bag)
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.If):
                _members(program, statement, bag)
                _identical(statement, bag)
        for expr in everything(body.pipeline.body):
            if isinstance(expr, t.Ternary) and shape(expr.then) == shape(expr.otherwise):
                message = "both sides of this `if … else …` are the same: the condition decides nothing"
                there = (Label(expr.then.span, "the same"), Label(expr.otherwise.span, "as this"))
                bag.report(IDENTICAL_BRANCHES, expr.condition.span, message, secondary=there, help="change one, or leave out the condition")


def _members(program: Program, statement: t.If, bag: Bag) -> None:
    """A chain of two arms or more that compares one enum with some of its members, and has no else."""
    if len(statement.arms) < 2 or statement.arms[-1].condition is None:
        return
    paths: set[str] = set()
    named: list[str] = []
    type_: Type | None = None
    for arm in statement.arms:
        for test in _alternatives(arm.condition):
            match test:
                case t.Binary(op="==", left=value, right=t.Member(value=t.Name(), name=member)) if path_of(value) is not None:
                    paths.add(path_of(value) or "")
                    named.append(member.text)
                    type_ = program.type_of(value)
                case _:
                    return
    enum = type_.item if isinstance(type_, Optional) else type_
    missing = [m for m in enum.members if m not in named] if isinstance(enum, Enum) else []
    if len(paths) != 1 or not missing or not isinstance(enum, Enum):
        return
    left = ", ".join(f"`{enum.name}.{m}`" for m in missing)
    message = f"this chain over `{enum.name}` leaves out {left}"
    bag.report(MEMBERS_MISSING, statement.span, message, help="add a branch for each, or an `else` that says what happens then")


def _alternatives(condition: t.Expr | None) -> tuple[t.Expr, ...]:
    """The sides of `a or b`."""
    if isinstance(condition, t.Binary) and condition.op == "or":
        return (*_alternatives(condition.left), *_alternatives(condition.right))
    return () if condition is None else (condition,)


def _identical(statement: t.If, bag: Bag) -> None:
    """Every arm does the same, an else included: the condition decides nothing. And two neighbours that do could be one."""
    first, *others = statement.arms
    if not others or statement.arms[-1].condition is not None or not first.body:
        return
    wanted = block_shape(first.body)
    if any(block_shape(arm.body) != wanted for arm in others):
        return
    there = Label(others[-1].body[0].span, "the same as in the first branch")
    message = "every branch of this `if` does the same: the condition decides nothing"
    bag.report(IDENTICAL_BRANCHES, statement.span, message, secondary=(there,), help="change one of them, or leave out the `if`")


def _ended(body: Iterable[t.Statement], bag: Bag) -> None:
    """What stands after `fail` in a block."""
    failed: t.Require | None = None
    for statement in body:
        if failed is not None and not isinstance(statement, (t.Handler, t.Return)):
            there = Label(failed.span, "the run ends here")
            bag.report(UNREACHABLE_STATEMENT, statement.span, "this never runs: `fail` before it ends the run", secondary=(there,))
            break
        if isinstance(statement, t.Require) and (statement.condition is None or _is_false(statement.condition)):
            failed = statement
        for block in blocks(statement):
            _ended(block, bag)


def _is_false(condition: t.Expr) -> bool:
    return isinstance(condition, t.Bool) and not condition.value
