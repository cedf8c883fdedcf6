"""Lowers `on failure` and `finally` to workflows that are failure nodes, and what is known of a run from its launch on.

The body is a workflow whose failure node is `on failure`. With `finally` that is called by one whose failure node is `finally`, and the
pipeline's own workflow, which has none, calls `finally` after it: each runs once at most, whatever fails, and a failed run stays failed.
"""

from __future__ import annotations

from collections.abc import Callable

from mloc.emit.python import literal
from mloc.ir.handlers import RUN_NODE, handlers
from mloc.ir.model import RUN, Branch, FanOut
from mloc.ir.program import PARAMETERS
from mloc.runner.jsons import canonical

from .build import Build
from .naming import field_names, last
from .notes import BOARD, STATUS
from .plan import TEXT, Invoke, Order, Outputs, Port, Task, Workflow
from .scope import Body

Results = tuple["Outputs | None", tuple[str, ...]]


def add_launch(build: Build, body: Body) -> None:
    """A task that says what is known of the run, as far as something reads it, and where its board is."""
    keys = [f"{RUN_NODE}.{name}" for name in RUN if f"{RUN_NODE}.{name}" in build.read]
    if build.noted:
        keys.append(BOARD)
    if not keys:
        return
    fields = tuple((name, TEXT) for name in field_names(key.split(".")[-1].strip("$") for key in keys))
    outputs = Outputs("", build.known.function("", "launch class"), fields, "What is known of a run from its launch on.")
    name = build.known.function("", "launch")
    doc = "Say what is known of the run from its launch on: every task reads the same."
    launch = Task("launch", name, (PARAMETERS,), (), outputs, doc, build.line(""), names=tuple(keys))
    target = build.invoke(body, launch, "launched", {})
    for key, code in zip(keys, outputs.handles(target), strict=True):
        body.made(RUN_NODE, key, code)


def add_note(build: Build, node: Branch | FanOut, body: Body) -> None:
    """A task that notes what a branch or fan-out gives, where a handler reads it: what a step gives, its own task notes."""
    names = [merged.name for merged in node.merged] if isinstance(node, Branch) else ["result"]
    keys = [f"{node.id}.{name}" for name in names if f"{node.id}.{name}" in build.noted]
    if not keys:
        return
    doc = f"Note what `{node.id}` gives for the handlers of the run."
    name = build.known.function(node.id, "note")
    note = Task("note", name, (node.id,), build.ports([*keys, BOARD]), None, doc, build.line(node.id))
    build.invoke(body, note, f"{last(node.id)}_noted")


def lower_handled(build: Build, body: Body, lower_body: Callable[[Build, Body], Results]) -> Results:
    """Call the workflows around the body, and `finally` where there is one; `body` is that of the pipeline's own workflow."""
    keys = _shared(build)
    guarded = _with_inputs(build, keys)
    outputs, returns = lower_body(build, guarded)
    main, line, called = build.request.pipeline.name, build.line(""), ""
    for kind, region in handlers(build.request.pipeline):
        handler = _with_inputs(build, keys)
        build.region(region, handler)
        name = build.known.function(kind, "handler")
        shown = kind.replace("_", " ")
        doc, statements = f"`{shown}` of `{main}`.", tuple(handler.statements)
        build.add(Workflow(name, region.nodes[0].id, tuple(handler.inputs), statements, None, (), doc, build.line(region.nodes[0].id)))
        if called:
            guarded = _with_inputs(build, keys)
            target = guarded.names.fresh("results")
            guarded.statements.append(Invoke(target, called, guarded.args(tuple(guarded.inputs))))
            returns = () if outputs is None else outputs.handles(target)
        called = build.known.function(kind, "guarded")
        doc = f"The body of `{main}`. `{name}` runs when it has failed, and not when anything after it does."
        inputs, statements = tuple(guarded.inputs), tuple(guarded.statements)
        build.add(Workflow(called, PARAMETERS, inputs, statements, outputs, returns, doc, line, name))
    return _called(build, body, called, tuple(guarded.inputs), outputs)


def _called(build: Build, body: Body, name: str, inputs: tuple[Port, ...], outputs: Outputs | None) -> Results:
    """The call of the outermost workflow around the body, and that of `finally` when it has succeeded."""
    target = body.names.fresh("results")
    body.statements.append(Invoke(target, name, _args(body, inputs, "failed")))
    codes = (target,) if outputs is None else outputs.handles(target)
    read = {port.key for port in inputs}
    if body.start is not None and not any(key.startswith("$") for key in read):
        body.statements.append(Order(body.start, codes[0]))
    if build.request.pipeline.final.nodes:
        ended = body.names.fresh("ended")
        body.statements.append(Invoke(ended, build.known.function("finally", "handler"), _args(body, inputs, "succeeded")))
        body.statements.append(Order(codes[0], ended))
    return outputs, () if outputs is None else codes


def _args(body: Body, inputs: tuple[Port, ...], status: str) -> tuple[tuple[str, str], ...]:
    text = literal(canonical(status))
    return tuple((port.name, text if port.key == STATUS else body.read(port.key)) for port in inputs)


def _shared(build: Build) -> tuple[str, ...]:
    """What the body or a handler is given: all of it to each of them, because a failure node takes what its workflow does."""
    parameters = [f"${parameter.name}" for parameter in build.request.pipeline.parameters]
    keys = [*parameters, *(f"{RUN_NODE}.{name}" for name in RUN), STATUS]
    return (*(key for key in keys if key in build.read), *((BOARD,) if build.noted else ()))


def _with_inputs(build: Build, keys: tuple[str, ...]) -> Body:
    body = Body(build.known.scope(), build.known)
    for key in keys:
        body.read(key)
    return body
