"""Fan-outs and loops that repeat the same thing, or more at once than anything can hold."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import IDLE_LOOP, UNBOUNDED_GPUS, UNUSED_ITEM
from mloc.ir.model import Branch, Call, Expr, FanOut, MakeList, Node, Pipeline, Project, Ref, Widen
from mloc.ir.walk import calls, nodes
from mloc.lint.program import Program
from mloc.lint.scopes import Binding, Body
from mloc.syntax import tree as t
from mloc.syntax.walk import parts
from mloc.types.model import Bounds


def repetition(program: Program, bag: Bag) -> None:
    """W0509, W0516 and W0517 of every pipeline."""
    for body in program.bodies:
        for binding in body.bindings:
            if binding.kind == "item" and not binding.uses and not binding.spared and isinstance(binding.origin, t.For):
                _item(binding, bag)
            elif binding.kind == "state" and isinstance(binding.origin, t.Loop):
                _loop(body, binding, binding.origin, bag)
    for pipeline in program.pipelines:
        _gpus(program, pipeline, bag)


def _item(binding: Binding, bag: Bag) -> None:
    message = f"`{binding.name}` is unused: this `for` does the same for every element"
    bag.report(UNUSED_ITEM, binding.span, message, help="use it in the block; `_` is a name for one that is not meant to be used")


def _loop(body: Body, state: Binding, statement: t.Loop, bag: Bag) -> None:
    """A loop of which every round is the same, or whose end nothing in a round decides."""
    last = statement.body[-1] if statement.body else None
    if not isinstance(last, t.Next):
        return
    if isinstance(statement.maximum, t.IntLiteral) and statement.maximum.value == 1:
        message = "this loop makes one round: there is nothing that it repeats"
        bag.report(IDLE_LOOP, statement.maximum.span, message, help="allow more rounds, or write what is in it without the loop")
        return
    if isinstance(last.value, t.Name) and body.of.get(last.value) is state:
        message = f"this loop goes on with the same `{state.name}`: every round does the same"
        bag.report(IDLE_LOOP, last.value.span, message, help="go on with something that the round has made")
        return
    if not state.uses and not state.spared:
        message = f"the state `{state.name}` is never read: every round does the same"
        bag.report(IDLE_LOOP, state.span, message, help=f"use `{state.name}` in the round; to do something several times, use a `for`")
        return
    if isinstance(last.until, t.Bool):
        return
    inside = {b for b in body.bindings if b.span.start >= statement.state.span.start and b.span.end <= last.span.end}
    read = {body.of[part] for part in parts(last.until) if isinstance(part, t.Name) and part in body.of}
    if read and not read & inside:
        message = "nothing that a round makes decides whether the loop ends: `until` reads names bound outside only"
        help_ = f"read `{state.name}` or something bound in the round; `until false` makes all the rounds"
        bag.report(IDLE_LOOP, last.until.span, message, help=help_)


# ---- how much at once ----


def _gpus(program: Program, pipeline: Pipeline, bag: Bag) -> None:
    made: dict[str, Node] = {node.id: node for node in nodes(pipeline.region)}
    for node in made.values():
        if not isinstance(node, FanOut) or node.limit is not None or node.span is None or _is_bounded(node.source, pipeline, made):
            continue
        hungry = next((call for call in calls(node.region) if (call.settings.resources.gpu or 0) > 0), None)
        if hungry is None or node.span.file != program.file.source.path:
            continue
        count = hungry.settings.resources.gpu
        message = f"this `for` has no `limit`, its list may be of any length, and `{hungry.step}` asks for gpu={count} in every item"
        help_ = "say how many may run at once: `limit 4`; or how long the list may be: `in 1..16` where it is declared"
        bag.report(UNBOUNDED_GPUS, node.span, message, help=help_)


def _is_bounded(source: Expr, pipeline: Pipeline, made: Mapping[str, Node]) -> bool:
    """Whether something says how long a list may be."""
    match source:
        case Widen(_, value):
            return _is_bounded(value, pipeline, made)
        case Project(_, _, inner):
            return _is_bounded(inner, pipeline, made)
        case Ref(_, "$", name):
            return any(p.name == name and isinstance(p.domain, Bounds) for p in pipeline.parameters)
        case Ref(_, node, output):
            return _gives_bounded(made.get(node), output, pipeline, made)
        case _:
            return isinstance(source, MakeList) or not isinstance(source, Ref)


def _gives_bounded(node: Node | None, output: str, pipeline: Pipeline, made: Mapping[str, Node]) -> bool:
    match node:
        case Call(step=name):
            step = next(s for s in pipeline.steps if s.name == name)
            return any(o.name == output and isinstance(o.domain, Bounds) for o in step.outputs)
        case FanOut(source=source):
            return _is_bounded(source, pipeline, made)
        case Branch(merged=merged):
            values = [value for m in merged if m.name == output for value in m.values]
            return all(_is_bounded(value, pipeline, made) for value in values)
        case _:
            return True
