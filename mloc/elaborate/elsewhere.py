"""Where a name that is not defined at a place is bound after all: later, in another branch, or inside a block."""

from __future__ import annotations

from collections.abc import Iterator

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import DEPENDENCY_CYCLE, OTHER_BRANCH, UNDEFINED_NAME
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t
from mloc.syntax.walk import blocks, everything


def bound_elsewhere(pipeline: t.PipelineDef, name: str, at: Span, source: SourceFile, bag: Bag) -> bool:
    """Report a name that the pipeline binds, but not where `at` can see it; False when it binds no such name."""
    body = pipeline.body
    inside: list[tuple[t.Statement, ...]] = []
    while body:
        inside.append(body)
        around = next((s for s in body if _holds(s, at)), None)
        if around is None:
            break
        if isinstance(around, t.If) and _in_other_arm(around, name, at, source, bag):
            return True
        body = next((block for block in blocks(around) if any(_holds(s, at) for s in block)), ())
    return any(_later(block, name, at, source, bag) or _deeper(block, name, at, source, bag) for block in reversed(inside))


def _holds(statement: t.Statement, at: Span) -> bool:
    """Whether a place is in a statement or in a block of it."""
    return statement.span.start <= at.start < statement.span.end or any(_holds(s, at) for block in blocks(statement) for s in block)


def _in_other_arm(statement: t.If, name: str, at: Span, source: SourceFile, bag: Bag) -> bool:
    arms = [arm for arm in statement.arms if not any(_holds(s, at) for s in arm.body)]
    if len(arms) == len(statement.arms):
        return False  # it stands in a condition
    span = next((span for arm in arms for bound, span in _bound(arm.body) if bound == name), None)
    if span is None:
        return False
    line = source.position(span.start).line
    bag.report(
        OTHER_BRANCH,
        at,
        f"`{name}` is bound in another branch (line {line}), which is not taken when this one is",
        secondary=(Label(span, "bound here"),),
        help="bind it before the `if`, or bind it in this branch too; after the `if` it is there, null when its branch was not taken",
    )
    return True


def _later(block: tuple[t.Statement, ...], name: str, at: Span, source: SourceFile, bag: Bag) -> bool:
    here = next((s for s in block if _holds(s, at)), None)
    later = next((s for s in block[0 if here is None else block.index(here) :] if name in dict(_bound((s,)))), None)
    if here is None or later is None or isinstance(here, t.Return):
        return False
    cycle = _cycle(block, here, later)
    span = dict(_bound((later,)))[name]
    there = (Label(span, "bound here"),)
    if cycle is not None:
        shown = " → ".join(f"`{n}`" for n in cycle)
        help_ = "one of them must be made without the others; a `loop` carries a value from one round to the next"
        bag.report(DEPENDENCY_CYCLE, at, f"a call cannot need itself: {shown}", secondary=there, help=help_)
    else:
        line = source.position(span.start).line
        help_ = "put that statement before this one"
        bag.report(UNDEFINED_NAME, at, f"`{name}` is not defined here: it is bound in line {line}", secondary=there, help=help_)
    return True


def _cycle(block: tuple[t.Statement, ...], here: t.Statement, later: t.Statement) -> list[str] | None:
    """The names of the way from a statement over what it needs back to it, the first one again at the end."""
    binds = {name: statement for statement in block for name, _ in _bound((statement,))}
    if later is here:
        own = next(iter(dict(_bound((here,)))), None)
        return None if own is None else [own, own]
    start = next(iter(dict(_bound((here,)))), None)
    ways: list[tuple[t.Statement, list[str]]] = [(later, [next(iter(dict(_bound((later,)))))])]
    seen = {later}
    while ways and start is not None:
        statement, way = ways.pop(0)
        for expr in everything((statement,)):
            needed = binds.get(expr.text) if isinstance(expr, t.Name) else None
            if needed is here:
                return [start, *way, start]
            if needed is not None and needed not in seen and isinstance(expr, t.Name):
                seen.add(needed)
                ways.append((needed, [*way, expr.text]))
    return None


def _deeper(block: tuple[t.Statement, ...], name: str, at: Span, source: SourceFile, bag: Bag) -> bool:
    """Bound in the body of a fan-out or loop that stands before."""
    for statement in block:
        if isinstance(statement, (t.For, t.Loop)) and not _holds(statement, at):
            span = dict(_bound(statement.body)).get(name)
            if span is not None and span.start < at.start:
                word = "for" if isinstance(statement, t.For) else "loop"
                line = source.position(span.start).line
                help_ = (
                    f"`yield` it, and use the list: `{name}s = for …`"
                    if word == "for"
                    else f"carry it in the state of the loop: `next {name} until …`"
                )
                message = f"`{name}` is not defined here: it is bound inside the `{word}` (line {line})"
                bag.report(UNDEFINED_NAME, at, message, secondary=(Label(span, "bound here"),), help=help_)
                return True
    return False


def _bound(body: tuple[t.Statement, ...]) -> Iterator[tuple[str, Span]]:
    """The names that a block binds for what follows it, those of its `if`s included."""
    for statement in body:
        if isinstance(statement, (t.Bind, t.If, t.For, t.Loop)) and statement.name is not None:
            yield statement.name.text, statement.name.span
        if isinstance(statement, t.If):
            for arm in statement.arms:
                yield from _bound(arm.body)
