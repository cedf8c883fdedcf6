"""Prints the IR: one node a line, regions indented, long types and settings defined once at the top."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import assert_never

from mloc.ir.called import is_called
from mloc.ir.handlers import Kind
from mloc.ir.handlers import handlers as handlers_of
from mloc.ir.model import (
    RUN,
    Branch,
    Call,
    Expr,
    FanOut,
    Launch,
    Node,
    Options,
    Pipeline,
    Ref,
    Region,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Settings,
    Step,
)
from mloc.ir.program import secret_json, word_json
from mloc.ir.text.show_exprs import expr_text
from mloc.ir.text.show_types import TypeNames, domain_text
from mloc.ir.text.targets import target_lines
from mloc.ir.text.words import Known, after_body, name
from mloc.ir.walk import closing_exprs, nodes, own_exprs, refs
from mloc.types.model import ListOf, Type

_INDENT = "    "
_SHORT = 40
"""Settings not longer than this stand at their call."""


def show(pipeline: Pipeline) -> str:
    """The printed form, which `parse` reads back; also of an IR that is not well formed."""
    return _Printer(pipeline).text()


class _Printer:
    def __init__(self, pipeline: Pipeline) -> None:
        self.subject = pipeline
        self.types = TypeNames()
        self.settings: dict[Settings, str] = {}
        self.steps = {step.name: step for step in pipeline.steps}
        self.known: Known = {("$", p.name): p.type for p in pipeline.parameters} | {("run", n): type_ for n, type_ in RUN.items()}
        self.read: Known = {(r.node, r.output): r.type for r in _read(pipeline)}
        self.lines: list[str] = []

    def text(self) -> str:
        subject = self.subject
        parameters = [f"parameter {self.types.declared('$' + name(p.name), p.type, p.default, p.domain)}" for p in subject.parameters]
        steps = [line for step in subject.steps for line in self.step(step)]
        self.region(subject.region, "")
        body, self.lines = self.lines, []
        results = [
            f"result {name(r.name)}: {self.types.spell(r.type)}{domain_text(r.domain)} = {expr_text(r.value, self.known, self.types)}"
            for r in subject.results
        ]
        handlers = [line for kind, region in handlers_of(subject) for line in self.handler(kind, region)]
        head = f"pipeline {name(subject.name)} from {json.dumps(subject.source)} sha256 {json.dumps(subject.source_sha256)}"
        launches = [self.launch(launch) for launch in subject.launches]
        secrets = [f"secret {name(s.name)} = {_compact(secret_json(s))}" for s in subject.secrets]
        groups = [f"settings {label} = {settings_text(settings)}" for settings, label in self.settings.items()]
        targets = list(target_lines(subject.targets, _INDENT))
        heads = [head, *options_text(subject.options)]
        blocks = [heads, self.types.definitions, groups, secrets, parameters, steps, body, results, launches, handlers, targets]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"

    def step(self, step: Step) -> list[str]:
        inputs = ", ".join(self.types.declared(name(i.name), i.type, i.default, i.domain) for i in step.inputs)
        if step.named_outputs:
            outputs = f"({', '.join(self.types.declared(name(o.name), o.type, None, o.domain) for o in step.outputs)})"
        else:
            outputs = ", ".join(f"{self.types.spell(o.type)}{domain_text(o.domain)}" for o in step.outputs)
        how, code = _run(step.run)
        lines = (
            [] if code is None else [f"{_INDENT}| {line}".rstrip(" ") if not line else f"{_INDENT}| {line}" for line in code.split("\n")]
        )
        return [f"step {name(step.name)}({inputs}) -> {outputs} {how}", *lines]

    def launch(self, launch: Launch) -> str:
        args = ", ".join(f"{name(label)} = {self.expr(value)}" for label, value in launch.args)
        usual = Launch(launch.kind, launch.name)
        leaves = [
            ("cron", launch.cron, None),
            ("timezone", launch.timezone, usual.timezone),
            ("catchup", launch.catchup, usual.catchup),
            ("overlap", launch.overlap, usual.overlap),
            ("start", launch.start, None),
            ("end", launch.end, None),
            ("assets", launch.assets, ()),
            ("given", launch.given, ()),
        ]
        words = "".join(f" {label}={_compact(value)}" for label, value, default in leaves if value != default)
        return f"{launch.kind} {name(launch.name)}({args}){words}"

    def handler(self, kind: Kind, region: Region) -> list[str]:
        """A handler, in which the values of the body have optional types."""
        before, self.known = self.known, after_body(self.known, kind)
        self.lines = [kind]
        self.region(region, _INDENT)
        self.known = before
        return self.lines

    # ---- nodes ----

    def region(self, region: Region, indent: str) -> None:
        for node in region.nodes:
            self.node(node, indent)

    def node(self, node: Node, indent: str) -> None:
        after = f" after {', '.join(f'%{other}' for other in node.after)}" if node.after else ""
        match node:
            case Call():
                self.call(node, after, indent)
            case Branch():
                self.branch(node, after, indent)
            case FanOut():
                self.fan_out(node, after, indent)
            case _:
                assert_never(node)

    def call(self, call: Call, after: str, indent: str) -> None:
        args = ", ".join(f"{name(label)} = {self.expr(value)}" for label, value in call.args)
        step = self.steps.get(call.step)
        declared: dict[str, Type] = {} if step is None else {o.name: o.type for o in step.outputs}
        special = {o: self.read[call.id, o] for o, type_ in declared.items() if self.read.get((call.id, o), type_) != type_}
        self.known.update({(call.id, output): type_ for output, type_ in (declared | special).items()})
        given = f" -> ({', '.join(f'{name(o)}: {self.types.spell(t)}' for o, t in special.items())})" if special else ""
        self.lines.append(f"{indent}%{call.id} = call {name(call.step)}({args}){given}{after}{self.how(call.settings)}")

    def branch(self, branch: Branch, after: str, indent: str) -> None:
        called = is_called(branch)
        self.lines.append(f"{indent}%{branch.id} = {'region' if called else 'if'}{after}")
        inner = indent + _INDENT
        for arm in branch.arms:
            if called:
                self.region(arm.region, inner)
                continue
            condition = "" if arm.condition is None else f" {self.expr(arm.condition)}"
            self.lines.append(f"{inner}arm {name(arm.label)}{condition}")
            self.region(arm.region, inner + _INDENT)
        for merged in branch.merged:
            values = " | ".join(self.expr(value) for value in merged.values)
            self.lines.append(f"{inner}phi {name(merged.name)}: {self.types.spell(merged.type)} = {values}")
            self.known[branch.id, merged.name] = merged.type

    def fan_out(self, fan_out: FanOut, after: str, indent: str) -> None:
        item = f"{name(fan_out.item)}: {self.types.spell(fan_out.item_type)}"
        limit = "" if fan_out.limit is None else f" limit {fan_out.limit}"
        if fan_out.tolerate is not None:
            limit += f" tolerate {fan_out.tolerate.kind} {fan_out.tolerate.amount}"
        self.lines.append(f"{indent}%{fan_out.id} = for {item} in {self.expr(fan_out.source)}{limit}{after}")
        self.known[fan_out.id, "item"] = fan_out.item_type
        self.region(fan_out.region, indent + _INDENT)
        if fan_out.result is not None:
            self.lines.append(f"{indent}{_INDENT}yield {self.expr(fan_out.result)}")
            self.known[fan_out.id, "result"] = ListOf(fan_out.result.type)

    # ---- parts of a line ----

    def expr(self, expr: Expr) -> str:
        return expr_text(expr, self.known, self.types)

    def how(self, settings: Settings) -> str:
        """The settings of a call: at the call when short, else by the label of a group."""
        if settings in self.settings:
            return f" {self.settings[settings]}"
        text = settings_text(settings)
        if len(text) <= _SHORT:
            return f" {text}" if text else ""
        self.settings[settings] = f"#{len(self.settings) + 1}"
        return f" {self.settings[settings]}"


def _read(pipeline: Pipeline) -> Iterator[Ref]:
    """Every value read, with the type that it has where it was made: a handler reads those of the body with other types."""
    yield from refs(*_exprs(pipeline.region), *(result.value for result in pipeline.results))
    for _, region in handlers_of(pipeline):
        own = {node.id for node in nodes(region)}
        yield from (ref for ref in refs(*_exprs(region)) if ref.node in own)


def _exprs(region: Region) -> Iterator[Expr]:
    return (expr for node in nodes(region) for expr in (*own_exprs(node), *closing_exprs(node)))


def options_text(options: Options) -> list[str]:
    """The line of the options that are not the usual ones."""
    leaves = (("timeout", options.timeout_ms), ("max_parallel", options.max_parallel))
    words = [f"{name}={value}" for name, value in leaves if value is not None]
    words += [name for name, said in (("fail_fast", options.fail_fast), ("converge", options.converge)) if said]
    return [f"options {' '.join(words)}"] if words else []


def _run(run: Run) -> tuple[str, str | None]:
    """How a step runs, and its code."""
    match run:
        case RunPython(module, function):
            return f"python {json.dumps(f'{module}:{function}')}", None
        case RunInline(code):
            return "inline", code
        case RunShell(script):
            return "shell", script
        case RunRequire():
            return "require", None
        case RunNotebook(path, cells, parameters):
            return f"notebook {_compact([path, parameters, cells])}", None
        case RunContainer(command, args):
            return f"container {_compact([[word_json(word) for word in words] for words in (command, args)])}", None
        case _:
            assert_never(run)


def settings_text(settings: Settings) -> str:
    """The settings that are not the default ones: `retry=2 backoff=1000`."""
    retry, resources, usual = settings.retry, settings.resources, Settings()
    leaves: list[tuple[str, str | int | float | None, str | int | float | None]] = [
        ("retry", retry.count, usual.retry.count),
        ("backoff", retry.backoff_ms, usual.retry.backoff_ms),
        ("factor", retry.factor, usual.retry.factor),
        ("max_delay", retry.max_delay_ms, None),
        ("timeout", settings.timeout_ms, None),
        ("cpu", resources.cpu, None),
        ("memory", resources.memory, None),
        ("disk", resources.disk, None),
        ("gpu", resources.gpu, None),
        ("gpu_type", resources.gpu_type, None),
        ("shm", resources.shm, None),
        ("image", settings.image, None),
    ]
    words = [f"{label}={json.dumps(value)}" for label, value, default in leaves if value != default]
    if retry.on != usual.retry.on:
        words.insert(0, f"on={_compact(retry.on)}")
    if settings.cache is not None:
        cache = settings.cache
        words.append(f"cache={_compact([cache.version, cache.ttl_ms, cache.ignore, cache.scope])}")
    if settings.effects is not None:
        words.append(f"effects={_compact(settings.effects)}")
    if settings.idempotent:
        words.append("idempotent=true")
    if settings.publishes:
        words.append(f"publishes={_compact(settings.publishes)}")
    words += [f"env.{name(key)}={json.dumps(value)}" for key, value in settings.env]
    return " ".join(words + [f"secret.{name(key)}={json.dumps(value)}" for key, value in settings.secrets])


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
