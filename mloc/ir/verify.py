"""The invariants of the IR, checked after the front end and after every pass: a failure is a bug of ours, not of the user's program."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import assert_never

from mloc import patterns
from mloc.ir.called import is_called
from mloc.ir.handlers import RUN_NODE, Kind, handlers, run_outputs, seen_after
from mloc.ir.model import (
    RUN,
    Branch,
    Call,
    Const,
    Expr,
    FanOut,
    Input,
    Local,
    Merged,
    Node,
    Parameter,
    Pipeline,
    Project,
    Ref,
    Region,
    Step,
)
from mloc.ir.program import OUTPUTS, PARAMETERS, unit_ids
from mloc.ir.typing import fault, fits, same
from mloc.ir.walk import calls, children
from mloc.runner.scalars import Invalid
from mloc.runner.types import Type as RunnerType
from mloc.runner.types import parse_type
from mloc.runner.values import decode_text, encode_text
from mloc.types.encode import type_json
from mloc.types.model import BOOL, NULL, ListOf, MapOf, Metrics, Optional, Record, Table, Type, Unknown
from mloc.types.relate import mismatch
from mloc.types.show import show

_SEGMENT = r"[A-Za-z_][A-Za-z0-9_]*(?:#[1-9][0-9]*)?"
# A loop's rounds are numbered: `s[0].y`.
_REST = patterns.of(rf"{_SEGMENT}(?:(?:\[[0-9]+\])?\.{_SEGMENT})*")
_INSIDE = patterns.of(rf"(?:\[[0-9]+\])?\.{_SEGMENT}(?:(?:\[[0-9]+\])?\.{_SEGMENT})*")

Locals = dict[str, Type]


class BrokenIR(Exception):
    """An invariant of the IR does not hold; the message names the node and the rule."""


def verify(pipeline: Pipeline) -> None:
    """Check every invariant of docs/ir.md, in time linear in the size of the pipeline. Raises BrokenIR at the first that does not hold."""
    _Verifier(pipeline).pipeline()


class _Verifier:
    """`visible` holds the nodes that the place at hand may read or wait for, each with its outputs; `items` the fan-outs around it.

    `given` holds what a handler may read besides.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.subject = pipeline
        self.node = ""
        self.steps = {step.name: step for step in pipeline.steps}
        self.parameters = {p.name: p.type for p in pipeline.parameters}
        self.visible: dict[str, dict[str, Type]] = {}
        self.given: dict[str, dict[str, Type]] = {}
        self.items: dict[str, Type] = {}
        self.ids: set[str] = {PARAMETERS, OUTPUTS}
        # By id: hashing a type walks all of it. The pipeline keeps the types alive.
        self.known: set[int] = set()
        self.constants: set[tuple[int, str]] = set()
        self.runner_types: dict[int, RunnerType] = {}
        self.read: dict[tuple[str, str], Type] = {}

    def fail(self, rule: str) -> BrokenIR:
        where = f"node `{self.node}`" if self.node else f"pipeline `{self.subject.name}`"
        return BrokenIR(f"{where}: {rule}")

    def require(self, holds: bool, rule: str) -> None:
        if not holds:
            raise self.fail(rule)

    # ---- the pipeline ----

    def pipeline(self) -> None:
        self.distinct((step.name for step in self.subject.steps), "step")
        self.distinct((p.name for p in self.subject.parameters), "parameter")
        self.distinct((r.name for r in self.subject.results), "result")
        for parameter in self.subject.parameters:
            self.declared(parameter)
        self.distinct((s.name for s in self.subject.secrets), "secret")
        for step in self.subject.steps:
            self.step(step)
        self.given = {RUN_NODE: dict(RUN)}
        added = self.region(self.subject.region, "")
        self.node = ""
        for result in self.subject.results:
            self.type(result.type)
            self.value(result.value, result.type, f"the result `{result.name}`")
        self.options()
        given = {id_: {name: seen_after(type_) for name, type_ in outputs.items()} for id_, outputs in self.visible.items()}
        self.leave(added)
        self.launches()
        for kind, region in handlers(self.subject):
            self.handler(kind, region, given)
        self.targets()

    def launches(self) -> None:
        """A launch gives parameters values that are known when it happens: constants, and what is known of the run."""
        self.visible["run"] = dict(RUN)
        for launch in self.subject.launches:
            bound = [name for name, _ in (*launch.args, *launch.given)]
            self.distinct(bound, f"parameter bound by `{launch.name}`")
            for name in bound:
                self.require(name in self.parameters, f"`{launch.name}` binds `{name}`, which is no parameter")
            for name, value in launch.args:
                self.value(value, self.parameters[name], f"`{name}` of `{launch.name}`")
            fires = launch.cron is not None if launch.kind == "schedule" else bool(launch.assets)
            self.require(fires, f"nothing starts `{launch.name}`")
        del self.visible["run"]

    def options(self) -> None:
        options = self.subject.options
        for name, value in (("timeout", options.timeout_ms), ("max_parallel", options.max_parallel)):
            self.require(value is None or value >= 1, f"the option `{name}` is below 1")

    def handler(self, kind: Kind, region: Region, given: dict[str, dict[str, Type]]) -> None:
        """Check a handler: it reads what the body gave, which may be absent, and what became of the run; `after` names its own nodes."""
        self.given = {**given, RUN_NODE: dict(run_outputs(kind))}
        self.read = {}
        added = self.region(region, f"{kind}.")
        self.node = ""
        self.leave(added)
        self.given = {}

    def targets(self) -> None:
        """Every target once, every attribute of a path once; paths are those of calls, values canonical JSON."""
        self.distinct((target.name for target in self.subject.targets), "target")
        regions = (self.subject.region, self.subject.on_failure, self.subject.final)
        known = {"", *(call.id for region in regions for call in calls(region))} if self.subject.targets else set()
        for target in self.subject.targets:
            self.distinct((f"{a.path} {a.name}" for a in target.attributes), f"of target `{target.name}` the attribute")
            for attribute in target.attributes:
                self.require(attribute.path in known, f"target `{target.name}` speaks of `{attribute.path}`, which is no call")
                self.require(_is_canonical(attribute.value), f"target `{target.name}` has {attribute.value}, which is not canonical JSON")

    def step(self, step: Step) -> None:
        self.distinct((i.name for i in step.inputs), f"input of step `{step.name}`")
        self.distinct((o.name for o in step.outputs), f"output of step `{step.name}`")
        unnamed = tuple(o.name for o in step.outputs) == ("result",)
        self.require(step.named_outputs or unnamed, f"step `{step.name}` has unnamed outputs other than one `result`")
        for input_ in step.inputs:
            self.declared(input_)
        for output in step.outputs:
            self.type(output.type)

    def declared(self, taken: Parameter | Input) -> None:
        self.type(taken.type)
        if taken.default is not None:
            self.constant(Const(taken.type, taken.default))

    def distinct(self, names: Iterable[str], what: str) -> None:
        seen: set[str] = set()
        for name in names:
            self.require(name not in seen, f"{what} `{name}` stands twice")
            seen.add(name)

    # ---- regions and nodes ----

    def region(self, region: Region, prefix: str) -> list[str]:
        """Check the nodes of a region; they stay visible until `leave` is called with what this gives."""
        added = []
        for node in region.nodes:
            self.node = node.id
            self.claim(node, prefix)
            for name in node.after:
                self.require(name in self.visible, f"`after` names `{name}`, which is not an earlier node in sight")
            self.distinct(node.after, "`after`")
            self.visible[node.id] = self.outputs(node, prefix)
            added.append(node.id)
        return added

    def leave(self, added: list[str]) -> None:
        for id_ in added:
            del self.visible[id_]

    def claim(self, node: Node, prefix: str) -> None:
        rest = _INSIDE if prefix and not prefix.endswith(".") else _REST
        good = node.id.startswith(prefix) and rest.fullmatch(node.id, len(prefix)) is not None
        self.require(good, f"an id here is `{prefix}` and names joined by dots")
        for unit in unit_ids(node):
            self.require(unit not in self.ids, f"`{unit}` is the id of something else")
            self.ids.add(unit)

    def outputs(self, node: Node, prefix: str) -> dict[str, Type]:
        """Check a node with everything in it; what it gives to those after it."""
        match node:
            case Call():
                return self.call(node)
            case Branch():
                return self.branch(node, prefix)
            case FanOut():
                return self.fan_out(node)
            case _:
                assert_never(node)

    def call(self, call: Call) -> dict[str, Type]:
        step = self.steps.get(call.step)
        if step is None:
            raise self.fail(f"there is no step `{call.step}`")
        given, wanted = [name for name, _ in call.args], [i.name for i in step.inputs]
        self.require(given == wanted, "the arguments are not the step's inputs, in order")
        for input_, (_, value) in zip(step.inputs, call.args, strict=True):
            self.value(value, input_.type, f"the argument `{input_.name}`")
        return {o.name: o.type for o in step.outputs}

    def branch(self, branch: Branch, prefix: str) -> dict[str, Type]:
        last = len(branch.arms) - 1
        self.require(last >= 0, "a branch has no arms")
        self.distinct((m.name for m in branch.merged), "merged name")
        for at, arm in enumerate(branch.arms):
            self.require((arm.condition is None) == (at == last), "the last arm, and no other, is without a condition")
            usual = "then" if at == 0 else f"elif{at}"
            self.require(arm.label == usual or (at == last and arm.label == "else"), f"arm {at} is labelled `{arm.label}`")
            if arm.condition is not None:
                self.value(arm.condition, BOOL, f"the condition of `{arm.label}`")
        for merged in branch.merged:
            self.type(merged.type)
            self.require(merged.name != "arm", "`arm` is the output that says which arm was taken")
            self.require(len(merged.values) == len(branch.arms), f"`{merged.name}` has not one value an arm")
        for at, arm in enumerate(branch.arms):
            added = self.region(arm.region, branch.id if is_called(branch) else prefix)
            self.node = branch.id
            for merged in branch.merged:
                self.merged(merged, at)
            self.leave(added)
        return {merged.name: merged.type for merged in branch.merged}

    def merged(self, merged: Merged, at: int) -> None:
        value = merged.values[at]
        unbound = value == Const(NULL, "null") and isinstance(merged.type, Optional)
        self.value(value, value.type if unbound else merged.type, f"value {at} of `{merged.name}`")

    def fan_out(self, fan_out: FanOut) -> dict[str, Type]:
        self.type(fan_out.item_type)
        self.value(fan_out.source, ListOf(fan_out.item_type), "the source")
        self.require(fan_out.limit is None or fan_out.limit >= 1, "the limit is below 1")
        nullable = (
            fan_out.tolerate is None or fan_out.result is None or isinstance(fan_out.result.type, Optional) or fan_out.result.type == NULL
        )
        self.require(nullable, "failures are tolerated, and what is yielded cannot be null")
        self.items[fan_out.id] = fan_out.item_type
        added = self.region(fan_out.region, f"{fan_out.id}[].")
        self.node = fan_out.id
        if fan_out.result is not None:
            self.expr(fan_out.result, {})
        self.leave(added)
        del self.items[fan_out.id]
        return {} if fan_out.result is None else {"result": ListOf(fan_out.result.type)}

    # ---- expressions and types ----

    def value(self, expr: Expr, wanted: Type, what: str) -> None:
        self.expr(expr, {})
        if not fits(expr.type, wanted):
            raise self.fail(f"{what} is `{show(expr.type)}`, not `{show(wanted)}`")

    def expr(self, expr: Expr, names: Locals) -> None:
        self.type(expr.type)
        match expr:
            case Const():
                self.constant(expr)
                return
            case Ref():
                self.ref(expr)
                return
            case Local(type_, name):
                self.require(name in names and same(names[name], type_), f"no projection around binds `{name}` with its type")
                return
            case Project(_, name, source, body, condition):
                self.expr(source, names)
                inner = names | {name: source.type.item} if isinstance(source.type, ListOf) else names
                for part in (body, condition):
                    if part is not None:
                        self.expr(part, inner)
            case _:
                for child in children(expr):
                    self.expr(child, names)
        problem = fault(expr)
        if problem is not None:
            raise self.fail(f"in a `{type(expr).__name__}`, {problem}")

    def constant(self, constant: Const) -> None:
        """Refuse a text that is not the one text of a value of the type: constants are compared by it."""
        key = (id(constant.type), constant.text)
        if key in self.constants:
            return
        type_ = self.runner_types.get(id(constant.type))
        if type_ is None:
            type_ = self.runner_types[id(constant.type)] = parse_type(type_json(constant.type))
        try:
            text = encode_text(type_, decode_text(type_, constant.text, "it"), "it")
        except Invalid as error:
            raise self.fail(f"a constant is no `{show(constant.type)}`: {error}") from None
        self.require(text == constant.text, f"the constant {constant.text} is written {text}")
        self.constants.add(key)

    def ref(self, ref: Ref) -> None:
        found = self.lookup(ref)
        if found is None:
            raise self.fail(f"`{ref.node}.{ref.output}` is not in sight, or not an output")
        # A row variable becomes columns at each call, so there the declaration bounds the type and all readers must agree.
        open_row = _variable(found) and not _variable(ref.type) and mismatch(ref.type, found) is None
        if not (open_row or same(found, ref.type)):
            raise self.fail(f"`{ref.node}.{ref.output}` is `{show(found)}`, read as `{show(ref.type)}`")
        first = self.read.setdefault((ref.node, ref.output), ref.type)
        self.require(same(first, ref.type), f"`{ref.node}.{ref.output}` is read with two types")

    def lookup(self, ref: Ref) -> Type | None:
        if ref.node == "$":
            return self.parameters.get(ref.output) if "run" not in self.visible else None
        if ref.output == "item" and ref.node in self.items:
            return self.items[ref.node]
        return (self.visible.get(ref.node) or self.given.get(ref.node, {})).get(ref.output)

    def type(self, type_: Type) -> None:
        """Refuse an Unknown anywhere in a type."""
        if id(type_) in self.known:
            return
        match type_:
            case Unknown():
                raise self.fail("a type is unknown")
            case ListOf(inner) | MapOf(inner) | Optional(inner):
                self.type(inner)
            case Record(fields) | Metrics(fields):
                for field in fields:
                    self.type(field.type)
            case Table(row):
                for column in row.columns:
                    self.type(column.type)
            case _:
                pass
        self.known.add(id(type_))


def _is_canonical(text: str) -> bool:
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
    except json.JSONDecodeError:
        return False


def _variable(type_: Type) -> bool:
    bare = type_.item if isinstance(type_, Optional) else type_
    return isinstance(bare, Table) and bare.row.variable is not None
