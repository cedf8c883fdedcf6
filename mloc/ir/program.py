"""The runner's view of a pipeline: units, types and expressions as JSON (format: docs/runner.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mloc.frozen import dataclass, replace
from mloc.ir.called import is_called
from mloc.ir.handlers import handlers
from mloc.ir.model import (
    Arith,
    Branch,
    Call,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    FanOut,
    Format,
    Get,
    Index,
    InputWord,
    JoinedWord,
    Launch,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Node,
    Not,
    OutputWord,
    Pipeline,
    Project,
    Ref,
    Region,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Secret,
    SecretSource,
    Settings,
    Step,
    ValueWord,
    Widen,
    Word,
    WordGroup,
)
from mloc.ir.walk import every_node, refs
from mloc.runner.jsons import as_array, as_object, as_text, as_text_or_none
from mloc.source import Line, Span
from mloc.types.encode import Json, domain_json, type_json
from mloc.types.model import STR, ListOf, Type

SCHEMA = "mloc-program/1"
# No name of the user's has a `$`.
PARAMETERS = "$parameters"
OUTPUTS = "$outputs"

Guards = tuple[tuple[str, str], ...]


def key(ref: Ref) -> str:
    """The capture key of a value: `$n`, `checked.clean`, `trials.item`."""
    return f"${ref.output}" if ref.node == "$" else f"{ref.node}.{ref.output}"


def launch_id(launch: Launch) -> str:
    """The unit that gives the parameters which a schedule or trigger binds."""
    return f"$launch.{launch.name}"


def merge_id(branch: Branch) -> str:
    # The nodes of a called pipeline have ids of this form, and may have any name that a user can give.
    return f"{branch.id}.{'$outputs' if is_called(branch) else 'merge'}"


def yield_id(fan_out: FanOut) -> str:
    return f"{fan_out.id}[].yield"


def collect_id(fan_out: FanOut) -> str:
    return f"{fan_out.id}.collect"


def unit_ids(node: Node) -> tuple[str, ...]:
    """The ids of the units that a node is run by, without those of the nodes in it."""
    match node:
        case Call():
            return (node.id,)
        case Branch():
            return node.id, merge_id(node)
        case FanOut():
            return node.id, yield_id(node), collect_id(node)
        case _:
            assert_never(node)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where a unit stands: the branches around it within its innermost fan-out, that fan-out's id, and the handler, if it is in one."""

    guards: Guards = ()
    fan_out: str | None = None
    handler: str | None = None


def program(pipeline: Pipeline, mloc_version: str, lines: Mapping[str, Line] | None = None, target: str | None = None) -> dict[str, Json]:
    """The document a bundle carries as `program.json`. `lines` are the source lines by the keys of `spans`.

    `target` says which sources of secrets count; None is this machine.
    """
    lines = lines or {}
    builder = _Builder(pipeline, lines)
    builder.region(pipeline.region, _Scope())
    results: list[Json] = [[r.name, type_json(r.type), expr_json(r.value), domain_json(r.domain)] for r in pipeline.results]
    builder.add(OUTPUTS, "eval", tuple(r.value for r in pipeline.results), _Scope(), values=results)
    for kind, region in handlers(pipeline):
        builder.region(region, _Scope(handler=kind))
    for launch in pipeline.launches:
        bound: list[Json] = [[name, type_json(value.type), expr_json(value), None] for name, value in launch.args]
        builder.add(launch_id(launch), "eval", tuple(value for _, value in launch.args), _Scope(), values=bound)
    return {
        "schema": SCHEMA,
        "mloc": mloc_version,
        "pipeline": pipeline.name,
        "source": {"file": pipeline.source, "sha256": pipeline.source_sha256},
        "secrets": {secret.name: _source_json(source_on(secret, target)) for secret in pipeline.secrets},
        "steps": {step.name: _step_json(step) | _file(pipeline, lines.get(step_line(step.name))) for step in pipeline.steps},
        "units": builder.units,
    }


class _Builder:
    def __init__(self, pipeline: Pipeline, lines: Mapping[str, Line]) -> None:
        self.pipeline = pipeline
        self.lines = lines
        self.units: dict[str, Json] = {}
        self.items: dict[str, Type] = {}
        self.containers = {step.name for step in pipeline.steps if isinstance(step.run, RunContainer)}
        self.units[PARAMETERS] = {
            "kind": "parameters",
            **self.place(""),
            "captures": [],
            "parameters": [[p.name, type_json(p.type), p.default, domain_json(p.domain)] for p in pipeline.parameters],
        }

    def add(self, unit_id: str, kind: str, exprs: tuple[Expr, ...], scope: _Scope, line_of: str = "", **more: Json) -> None:
        captures = {key(ref): ref.type for ref in refs(*exprs)}
        if scope.fan_out is not None:
            captures.setdefault(f"{scope.fan_out}.item", self.items[scope.fan_out])
        unit: dict[str, Json] = {"kind": kind, **self.place("" if unit_id.startswith("$") else line_of or unit_id)}
        unit["captures"] = [[name, type_json(type_)] for name, type_ in captures.items()]
        handler: dict[str, Json] = {} if scope.handler is None else {"handler": scope.handler}
        self.units[unit_id] = unit | more | {"guards": [list(guard) for guard in scope.guards]} | handler

    def place(self, node_id: str) -> dict[str, Json]:
        line = self.lines.get(node_id)
        return {"line": 0 if line is None else line.number} | _file(self.pipeline, line)

    def region(self, region: Region, scope: _Scope) -> None:
        for node in region.nodes:
            match node:
                case Call():
                    self.call(node, scope)
                case Branch():
                    self.branch(node, scope)
                case FanOut():
                    self.fan_out(node, scope)
                case _:
                    assert_never(node)

    def call(self, call: Call, scope: _Scope) -> None:
        args: list[Json] = [[name, expr_json(value)] for name, value in call.args]
        values = tuple(value for _, value in call.args)
        self.add(call.id, "step", values, scope, step=call.step, args=args, settings=settings_json(call.settings))
        unit = self.units[call.id]
        if call.step in self.containers and isinstance(unit, dict):
            unit["image"] = call.settings.image

    def branch(self, branch: Branch, scope: _Scope) -> None:
        conditions = tuple(arm.condition for arm in branch.arms if arm.condition is not None)
        arms: list[Json] = [[arm.label, None if arm.condition is None else expr_json(arm.condition)] for arm in branch.arms]
        self.add(branch.id, "decide", conditions, scope, arms=arms)
        for arm in branch.arms:
            self.region(arm.region, replace(scope, guards=(*scope.guards, (branch.id, arm.label))))
        if not branch.merged:
            return
        arm_ref = Ref(STR, branch.id, "arm")
        values: list[Json] = [
            [m.name, type_json(m.type), {arm.label: expr_json(v) for arm, v in zip(branch.arms, m.values, strict=True)}]
            for m in branch.merged
        ]
        exprs = (arm_ref, *(value for m in branch.merged for value in m.values))
        self.add(merge_id(branch), "merge", exprs, scope, branch.id, branch=branch.id, values=values)

    def fan_out(self, fan_out: FanOut, scope: _Scope) -> None:
        item_type = type_json(fan_out.item_type)
        self.items[fan_out.id] = fan_out.item_type
        self.add(fan_out.id, "items", (fan_out.source,), scope, source=expr_json(fan_out.source), item_type=item_type, limit=fan_out.limit)
        unit = self.units[fan_out.id]
        if fan_out.tolerate is not None and isinstance(unit, dict):
            unit["tolerate"] = [fan_out.tolerate.kind, fan_out.tolerate.amount]
        inner = _Scope((), fan_out.id, scope.handler)
        self.region(fan_out.region, inner)
        if fan_out.result is None:
            return
        result = fan_out.result
        self.add(yield_id(fan_out), "eval", (result,), inner, fan_out.id, values=[["result", type_json(result.type), expr_json(result)]])
        collected = Ref(ListOf(result.type), yield_id(fan_out), "result")
        self.add(collect_id(fan_out), "collect", (collected,), scope, fan_out.id, item_type=type_json(result.type))


def expr_json(expr: Expr) -> Json:
    """The JSON form of an expression."""
    kind = type_json(expr.type)
    match expr:
        case Const(_, text):
            return ["const", kind, text]
        case Ref():
            return ["ref", kind, key(expr)]
        case Local(_, name):
            return ["local", kind, name]
        case Get(_, value, field):
            return ["get", kind, expr_json(value), field]
        case Index(_, value, index):
            return ["index", kind, expr_json(value), expr_json(index)]
        case Arith(_, op, left, right):
            return ["arith", kind, op, None if left is None else expr_json(left), expr_json(right)]
        case Compare(_, op, left, right):
            return ["compare", kind, op, expr_json(left), expr_json(right)]
        case Logic(_, op, left, right):
            return ["logic", kind, op, expr_json(left), expr_json(right)]
        case Not(_, value):
            return ["not", kind, expr_json(value)]
        case Coalesce(_, left, right):
            return ["coalesce", kind, expr_json(left), expr_json(right)]
        case Choose(_, condition, then, otherwise):
            return ["choose", kind, expr_json(condition), expr_json(then), expr_json(otherwise)]
        case MakeList(_, items):
            return ["list", kind, [expr_json(item) for item in items]]
        case MakeRecord(_, fields):
            return ["record", kind, [[name, expr_json(value)] for name, value in fields]]
        case MakeMap(_, entries):
            return ["map", kind, [[name, expr_json(value)] for name, value in entries]]
        case Project(_, name, source, body, condition):
            return ["project", kind, name, expr_json(source), expr_json(body), None if condition is None else expr_json(condition)]
        case Format(_, parts):
            return ["format", kind, [part if isinstance(part, str) else expr_json(part) for part in parts]]
        case Widen(_, value):
            return ["widen", kind, expr_json(value)]
        case _:
            assert_never(expr)


def source_on(secret: Secret, target: str | None) -> SecretSource | None:
    """Where a secret comes from on a target: its own source, else the one for all; None when it has neither."""
    found = {source.target: source for source in secret.sources}
    return found.get(target) or found.get(None)


def _source_json(source: SecretSource | None) -> Json:
    return None if source is None else [source.kind, dict(source.arguments)]


def secret_json(secret: Secret) -> Json:
    """The sources of a secret: kind, arguments by name, and the target, null for every other one."""
    return [[source.kind, dict(source.arguments), source.target] for source in secret.sources]


def sources_of(data: Json) -> tuple[SecretSource, ...]:
    """The sources that `secret_json` wrote."""
    found = []
    for entry in as_array(data, "the sources of a secret"):
        kind, arguments, target = as_array(entry, "a source")
        pairs = tuple((name, as_text(text, name)) for name, text in as_object(arguments, "its arguments").items())
        found.append(SecretSource(as_text(kind, "a kind"), pairs, as_text_or_none(target, "a target")))
    return tuple(found)


def settings_json(settings: Settings) -> Json:
    retry, resources = settings.retry, settings.resources
    return {
        "retry": {
            "count": retry.count,
            "backoff_ms": retry.backoff_ms,
            "factor": retry.factor,
            "max_delay_ms": retry.max_delay_ms,
            "on": list(retry.on),
        },
        "timeout_ms": settings.timeout_ms,
        "env": dict(settings.env),
        "secrets": dict(settings.secrets),
        "resources": {
            "cpu": resources.cpu,
            "memory": resources.memory,
            "disk": resources.disk,
            "gpu": resources.gpu,
            "gpu_type": resources.gpu_type,
        },
    }


def _step_json(step: Step) -> dict[str, Json]:
    return {
        "inputs": [[i.name, type_json(i.type), i.default, domain_json(i.domain)] for i in step.inputs],
        "outputs": [[o.name, type_json(o.type), domain_json(o.domain)] for o in step.outputs],
        "named": step.named_outputs,
        "run": _run_json(step.run),
    }


def word_json(word: Word) -> Json:
    """A word of a container's command line."""
    match word:
        case str():
            return word
        case InputWord(name):
            return {"input": name}
        case OutputWord(name):
            return {"output": name}
        case ValueWord(value):
            return {"value": expr_json(value)}
        case JoinedWord(parts):
            return {"join": [word_json(part) for part in parts]}
        case WordGroup(words):
            return {"group": [word_json(part) for part in words]}
        case _:
            assert_never(word)


def _run_json(run: Run) -> Json:
    match run:
        case RunPython(module, function):
            return {"python": f"{module}:{function}"}
        case RunInline(code, line):
            return {"inline": code, "line": line}
        case RunShell(script, line):
            return {"shell": script, "line": line}
        case RunRequire():
            return {"require": True}
        case RunNotebook(path, cells, parameters):
            return {"notebook": {"path": path, "cells": list(cells), "parameters": parameters}}
        case RunContainer(command, args):
            return {"container": {"command": [word_json(word) for word in command], "args": [word_json(word) for word in args]}}
        case _:
            assert_never(run)


def _file(pipeline: Pipeline, line: Line | None) -> dict[str, Json]:
    """The file of a line, where it is not the pipeline's own."""
    return {} if line is None or line.file == pipeline.source else {"file": line.file}


def step_line(step: str) -> str:
    """The key of a step's declaration among the lines of a pipeline; no node's id has a space in it."""
    return f"step {step}"


def unit_nodes(pipeline: Pipeline) -> dict[str, str]:
    """The node that each unit stands for, by their ids; "" is the pipeline itself."""
    found = {PARAMETERS: ""}
    for node in every_node(pipeline):
        found[node.id] = node.id
        if isinstance(node, Branch) and node.merged:
            found[merge_id(node)] = node.id
        if isinstance(node, FanOut) and node.result is not None:
            found |= {yield_id(node): node.id, collect_id(node): node.id}
    return found | {OUTPUTS: ""} | {launch_id(launch): "" for launch in pipeline.launches}


def spans(pipeline: Pipeline) -> dict[str, Span]:
    """The span of every node, by id, of every option (`options.timeout`), and of every step's declaration; "" is the pipeline's own."""
    found = {node.id: node.span for node in every_node(pipeline) if node.span is not None}
    found |= {step_line(step.name): step.span for step in pipeline.steps if step.span is not None}
    found |= {f"options.{name}": span for name, span in pipeline.options.spans}
    if pipeline.span is not None:
        found[""] = pipeline.span
    return found
