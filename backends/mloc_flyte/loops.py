"""Lowers fan-outs: a map task where one task can do all for an item, else a dynamic task that calls a workflow for each."""

from __future__ import annotations

from collections.abc import Sequence

from mloc.emit.python import literal
from mloc.ir.model import Call, Expr, FanOut, Settings
from mloc.ir.program import yield_id

from .build import Build, direct_code
from .lenient import closed, says_all
from .naming import LOOP_NAMES, last
from .notes import BOARD, results_key
from .plan import TEXT, TEXTS, Invoke, Loop, MapOver, Outputs, Task, Workflow
from .scope import Body

_DONE = "done"


def is_mapped(fan_out: FanOut) -> bool:
    """Whether one task does all for an item, so that a map task does for Flyte: two nodes, where a dynamic task is one."""
    body_nodes = fan_out.region.nodes
    return all(isinstance(node, Call) for node in body_nodes) and len(body_nodes) < 2


def lower_fan_out(build: Build, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
    """Where it tolerates failures, a task at the end counts them."""
    if is_mapped(fan_out):
        _mapped(build, fan_out, body, waits)
    else:
        _loop(build, fan_out, body, waits)
    if fan_out.tolerate is not None:
        _tolerate(build, fan_out, body)
    if fan_out.result is not None:
        body.made(fan_out.id, f"{fan_out.id}.result", body.handles[fan_out.id])


def _mapped(build: Build, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
    """One task an item runs the call and evaluates what is yielded: a map task with Flyte's own concurrency."""
    calls = [node for node in fan_out.region.nodes if isinstance(node, Call)]
    units = (*(call.id for call in calls), *(() if fan_out.result is None else (yield_id(fan_out),)))
    item, inside = f"{fan_out.id}.item", tuple(f"{call.id}." for call in calls)
    wanted = [capture for unit in units for capture in build.captures(unit) if not capture.startswith(inside)]
    ports = build.ports([item, *wanted])
    if calls:
        name, doc, settings = build.known.function(calls[0].id, ""), build.known.step(calls[0]).doc, calls[0].settings
    else:
        name, doc, settings = build.known.function(fan_out.id, "yield"), f"What `{fan_out.id}` yields for an item.", Settings()
    line, lenient = build.line(calls[0].id if calls else fan_out.id), _is_lenient(fan_out, body)
    options = build.options(calls[0].id, lenient=lenient) if calls else ()
    build.add(Task("each", name, units, ports, Outputs(TEXT), doc, line, settings, options, tolerated=lenient))
    captures = build.captures(fan_out.id)
    source = build.ports([*captures, *build.states(body, waits, captures)])
    items_doc = f"The items of `{fan_out.id}`, each with its place."
    items_name = build.known.function(fan_out.id, "items")
    line = build.line(fan_out.id)
    items_task = Task("items", items_name, (fan_out.id,), source, Outputs(TEXTS), items_doc, line, tolerated=body.lenient)
    items = build.invoke(body, items_task, f"{last(fan_out.id)}_items")
    build.order(body, waits, source, items)
    target = body.names.fresh(last(fan_out.id))
    body.statements.append(MapOver(target, name, ports[0].name, items, body.args(ports[1:]), fan_out.limit))
    body.handles[fan_out.id] = target


def _loop(build: Build, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
    """A dynamic task finds the items and calls a workflow for each."""
    inner = build.inside(body, in_arm=False, lenient=fan_out.tolerate is not None)
    inner.read(f"{fan_out.id}.item")
    build.region(fan_out.region, inner)
    result = _yielded(build, fan_out, fan_out.result, inner)
    doc, line = f"What `{fan_out.id}` does for an item.", build.line(fan_out.id)
    name = build.known.function(fan_out.id, "body")
    item, *rest = inner.inputs
    build.add(Workflow(name, fan_out.id, (item, *rest), tuple(inner.statements), Outputs(TEXT), (result,), doc, line))
    captures = build.captures(fan_out.id)
    found_by = (*captures, *build.states(body, waits, captures))
    ports = {port.key: port for port in build.ports([*found_by, *(port.key for port in rest)], name, *LOOP_NAMES)}
    loop = Loop(
        build.known.function(fan_out.id, "loop"),
        fan_out.id,
        tuple(ports.values()),
        tuple(ports[capture] for capture in found_by),
        name,
        item.name,
        tuple((port.name, ports[port.key].name) for port in rest),
        fan_out.limit,
        f"Call `{name}` for every item of `{fan_out.id}`.",
        line,
        body.lenient,
    )
    build.add(loop)
    target = body.names.fresh(last(fan_out.id))
    body.statements.append(Invoke(target, loop.name, body.args(loop.inputs)))
    build.order(body, waits, loop.inputs, target)
    body.handles[fan_out.id] = target


def _yielded(build: Build, fan_out: FanOut, result: Expr | None, inner: Body) -> str:
    """The code of what an item gives."""
    ends = build.ends(inner, fan_out.region)
    if result is None and not inner.lenient:
        return literal(_DONE)
    if result is None:
        return closed(build, inner, ends, fan_out.id, "close", build.line(fan_out.id))
    direct = direct_code(result, result.type, inner)
    if direct is not None and says_all(build, inner, fan_out.region, (result,)):
        return direct
    unit = yield_id(fan_out)
    doc = f"What `{fan_out.id}` yields for an item."
    name = build.known.function(fan_out.id, "yield")
    captures = build.captures(unit)
    ports = build.ports([*captures, *build.states(inner, ends, captures)])
    task = Task("yield", name, (unit,), ports, Outputs(TEXT), doc, build.line(fan_out.id), tolerated=inner.lenient)
    return build.invoke(inner, task, "result_of_item")


def _tolerate(build: Build, fan_out: FanOut, body: Body) -> None:
    """A task that counts the items that failed, and gives null for as many as may."""
    results = results_key(fan_out.id)
    body.made(fan_out.id, results, body.handles[fan_out.id])
    board = (BOARD,) if build.noted and not build.is_of_handler(fan_out.id) else ()
    name, doc = build.known.function(fan_out.id, "tolerate"), f"Give null for the items of `{fan_out.id}` that failed, if so many may."
    ports, line = build.ports([results, *board]), build.line(fan_out.id)
    task = Task("tolerate", name, (fan_out.id,), ports, Outputs(TEXTS), doc, line, tolerated=body.lenient)
    body.handles[fan_out.id] = build.invoke(body, task, last(fan_out.id))


def _is_lenient(fan_out: FanOut, body: Body) -> bool:
    """Whether a failure of an item is a value that it gives."""
    return body.lenient or fan_out.tolerate is not None
