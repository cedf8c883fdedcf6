"""Lowers a pipeline to the plan of a Flyte module: a task a step; arms and bodies are workflows, loops are maps or dynamic tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import assert_never

from mloc.backend import Request
from mloc.emit.python import literal
from mloc.ir.model import Branch, Call, Const, Expr, FanOut, Merged, Parameter, Ref, Region, Settings, Widen
from mloc.ir.program import OUTPUTS, PARAMETERS, key, yield_id
from mloc.ir.walk import predecessors, refs
from mloc.types.model import NULL, Type, optional

from .naming import LOOP_NAMES, RESERVED, Names, field_names, last
from .natural import JSON, default_code, parameter_annotation, result_annotation
from .plan import (
    TEXT,
    TEXTS,
    Argument,
    Block,
    Case,
    Choice,
    Conditional,
    Invoke,
    Loop,
    MapOver,
    Module,
    Order,
    Outputs,
    Port,
    Task,
    Workflow,
)
from .scope import Body, Known

_DONE = "done"


def lower(request: Request, main: str) -> Module:
    """The module of a pipeline whose workflow is called `main`."""
    return _Lowering(request, main).module()


class _Lowering:
    def __init__(self, request: Request, main: str) -> None:
        self.request = request
        self.pipeline = request.pipeline
        self.main = main
        self.known = Known(request.pipeline, main)
        self.blocks: list[Block] = []
        units = request.program["units"]
        if not isinstance(units, dict):
            raise TypeError("the program has no units")
        self.units: Mapping[str, object] = units
        self.read = frozenset(capture for unit in units for capture in self.captures(unit))

    def module(self) -> Module:
        body = Body(Names(self.known.module.taken), self.known)
        arguments = self.parameters(body)
        self.region(self.pipeline.region, body)
        outputs, returns = self.outputs(body)
        inputs = tuple(Port(a.parameter, a.name, a.annotation) for a in arguments)
        main = Workflow(self.main, inputs, tuple(body.statements), outputs, returns, self.pipeline.doc, self.line(""))
        return Module(arguments, tuple(self.blocks), main)

    # ---- the pipeline's own inputs and outputs ------------------------------------------------------------------------

    def parameters(self, body: Body) -> tuple[Argument, ...]:
        """A first task checks every parameter and gives wire texts; whatever waits for nothing else waits for it."""
        declared = self.pipeline.parameters
        if not declared:
            return ()
        arguments = tuple(self.argument(parameter, body) for parameter in declared)
        fields = tuple((name, TEXT) for name in field_names(p.name for p in declared))
        outputs = Outputs("", self.known.function("", "parameters class"), fields, "The parameters, checked, as canonical JSON.")
        task = Task(
            "parameters",
            self.known.function("", "parameters"),
            (PARAMETERS,),
            tuple(Port(a.parameter, a.name, a.annotation) for a in arguments),
            outputs,
            "Check the parameters before any step starts.",
            self.line(""),
            json=tuple(a.parameter for a in arguments if a.json),
        )
        given = self.invoke(body, task, "given", {a.parameter: a.name for a in arguments})
        codes = outputs.handles(given)
        for parameter, code in zip(declared, codes, strict=True):
            body.made("$", f"${parameter.name}", code)
        body.start = codes[0]
        return arguments

    def argument(self, parameter: Parameter, body: Body) -> Argument:
        natural = parameter_annotation(parameter)
        name = body.names.fresh(parameter.name)
        return Argument(parameter.name, name, natural or JSON, natural is None, default_code(parameter), parameter.doc)

    def outputs(self, body: Body) -> tuple[Outputs | None, tuple[str, ...]]:
        """A last task evaluates the results."""
        declared = self.pipeline.results
        if not declared:
            return None, ()
        names = field_names(r.name for r in declared)
        fields = tuple((name, result_annotation(r) or JSON) for name, r in zip(names, declared, strict=True))
        outputs = Outputs("", self.known.function("", "outputs class"), fields, f"The outputs of `{self.pipeline.name}`.")
        json = tuple(r.name for r in declared if result_annotation(r) is None)
        ports = self.ports(self.captures(OUTPUTS), outputs.class_name)
        name = self.known.function("", "outputs")
        task = Task("outputs", name, (OUTPUTS,), ports, outputs, "Give the outputs.", self.line(""), json=json)
        return outputs, outputs.handles(self.invoke(body, task, "results"))

    # ---- nodes --------------------------------------------------------------------------------------------------------

    def region(self, region: Region, body: Body) -> None:
        siblings = frozenset(node.id for node in region.nodes)
        for node in region.nodes:
            waits = predecessors(node, siblings)
            match node:
                case Call():
                    self.call(node, body, waits)
                case Branch():
                    self.branch(node, body, waits)
                case FanOut():
                    self.fan_out(node, body, waits)
                case _:
                    assert_never(node)

    def call(self, call: Call, body: Body, waits: Sequence[str]) -> None:
        step = self.known.step(call)
        outputs: Outputs | None = None
        if step.named_outputs and step.outputs:
            fields = tuple((name, TEXT) for name in field_names(o.name for o in step.outputs))
            outputs = Outputs("", self.known.function(call.id, "class"), fields, f"What `{step.name}` gives, as canonical JSON.")
        elif step.outputs:
            outputs = Outputs(TEXT)
        ports = self.ports(self.captures(call.id), None if outputs is None else outputs.class_name)
        task = Task("step", self.known.function(call.id, ""), (call.id,), ports, outputs, step.doc, self.line(call.id), call.settings)
        target = self.invoke(body, task, last(call.id))
        codes = () if outputs is None else outputs.handles(target)
        for output, code in zip(step.outputs, codes, strict=True):
            body.made(call.id, f"{call.id}.{output.name}", code)
        body.handles[call.id] = codes[0] if codes else target
        self.order(body, waits, ports, body.handles[call.id])

    def branch(self, branch: Branch, body: Body, waits: Sequence[str]) -> None:
        codes = self.choice(branch, body, waits) if body.in_arm else self.conditional(branch, body, waits)
        for merged, code in zip(self.used(branch), codes, strict=False):
            body.made(branch.id, f"{branch.id}.{merged.name}", code)
        body.handles[branch.id] = codes[0]

    def choice(self, branch: Branch, body: Body, waits: Sequence[str]) -> tuple[str, ...]:
        """A branch within an arm is a dynamic task: a conditional there would run arms that are not taken, in flytekit's local run."""
        inner = self.inside(body, in_arm=True)
        captures = tuple(Port(capture, inner.read(capture)) for capture in self.captures(branch.id))
        cases = tuple(self.case(branch, place, inner) for place in range(len(branch.arms)))
        outputs, name, line = self.merged(branch), self.known.function(branch.id, "choice"), self.line(branch.id)
        choice = Choice(name, branch.id, tuple(inner.inputs), captures, cases, outputs, f"The branch `{branch.id}`.", line)
        self.add(choice)
        target = self.bind(branch, body)
        body.statements.append(Invoke(target, name, body.args(choice.inputs)))
        codes = outputs.handles(target)
        self.order(body, waits, choice.inputs, codes[0])
        return codes

    def case(self, branch: Branch, place: int, inner: Body) -> Case:
        """An arm written out in the branch's own function, where what is not made by its steps is a plain text."""
        arm, outputs = branch.arms[place], self.merged(branch)
        inner.statements = []
        if not arm.region.nodes and not self.is_direct(branch, place, inner):
            merge = self.merge(branch, place, outputs)
            here = tuple(Port(port.key, inner.read(port.key)) for port in merge.inputs)
            return Case(arm.label, (), (), replace(merge, inputs=here))
        self.region(arm.region, inner)
        returns = self.arm_values(branch, place, outputs, inner)
        return Case(arm.label, tuple(inner.statements), returns, None)

    def conditional(self, branch: Branch, body: Body, waits: Sequence[str]) -> tuple[str, ...]:
        """A task decides, and Flyte's conditional calls the arm: a workflow, or one task where the arm has no steps."""
        doc = f"Decide which way `{branch.id}` goes."
        ports = self.ports(self.captures(branch.id))
        name = self.known.function(branch.id, "decide")
        task = Task("decide", name, (branch.id,), ports, Outputs(TEXT), doc, self.line(branch.id))
        arm = self.invoke(body, task, f"{last(branch.id)}_arm")
        self.order(body, waits, ports, arm)
        outputs = self.merged(branch)
        cases = tuple((case.label, self.arm(branch, place, outputs, body)) for place, case in enumerate(branch.arms))
        target = self.bind(branch, body)
        body.statements.append(Conditional(target, branch.id, arm, cases))
        return outputs.handles(target)

    def bind(self, branch: Branch, body: Body) -> str:
        used = self.used(branch)
        return body.names.fresh(used[0].name if len(used) == 1 else last(branch.id))

    def used(self, branch: Branch) -> tuple[Merged, ...]:
        """The merged names that something reads; one that could fail to be computed counts, read or not."""
        return tuple(m for m in branch.merged if f"{branch.id}.{m.name}" in self.read or not all(_is_plain(value) for value in m.values))

    def inside(self, body: Body, *, in_arm: bool) -> Body:
        return Body(Names(self.known.module.taken), self.known, in_arm=body.in_arm or in_arm)

    def merged(self, branch: Branch) -> Outputs:
        """What every arm gives. An arm without values still gives a text: a node of Flyte's conditional must have an output."""
        used = self.used(branch)
        if len(used) < 2:
            return Outputs(TEXT)
        fields = tuple((name, TEXT) for name in field_names(m.name for m in used))
        return Outputs("", self.known.function(branch.id, "class"), fields, f"What every arm of `{branch.id}` gives, as canonical JSON.")

    def arm(self, branch: Branch, place: int, outputs: Outputs, body: Body) -> Invoke:
        arm = branch.arms[place]
        if not arm.region.nodes:
            task = self.merge(branch, place, outputs) if self.used(branch) else self.nothing()
            self.add(task)
            return Invoke("", task.name, body.args(task.inputs))
        inner = self.inside(body, in_arm=True)
        self.region(arm.region, inner)
        returns = self.arm_values(branch, place, outputs, inner)
        name = self.known.function(branch.id, arm.label)
        doc = f"The arm `{arm.label}` of `{branch.id}`."
        self.add(Workflow(name, tuple(inner.inputs), tuple(inner.statements), outputs, returns, doc, self.line(branch.id)))
        return Invoke("", name, body.args(tuple(inner.inputs)))

    def arm_values(self, branch: Branch, place: int, outputs: Outputs, inner: Body) -> tuple[str, ...]:
        """The code of an arm's values: read from its steps where the text is the same, else from a task that computes them."""
        used = self.used(branch)
        if not used:
            return (literal(branch.arms[place].label),)
        if self.is_direct(branch, place, inner):
            return tuple(_direct(m.values[place], m.type, inner) or "" for m in used)
        return outputs.handles(self.invoke(inner, self.merge(branch, place, outputs), "values"))

    def is_direct(self, branch: Branch, place: int, inner: Body) -> bool:
        return all(_direct(m.values[place], m.type, inner) is not None for m in self.used(branch))

    def merge(self, branch: Branch, place: int, outputs: Outputs) -> Task:
        arm = branch.arms[place]
        used = self.used(branch)
        # The unit evaluates every name, read or not.
        keys = [key(ref) for ref in refs(*(m.values[place] for m in branch.merged))]
        name = self.known.function(branch.id, f"{arm.label} values")
        doc = f"The values that the arm `{arm.label}` of `{branch.id}` gives."
        return Task(
            "merge",
            name,
            (branch.id,),
            self.ports(keys, outputs.class_name),
            outputs,
            doc,
            self.line(branch.id),
            arm=arm.label,
            names=tuple(m.name for m in used),
        )

    def nothing(self) -> Task:
        doc = "Stands in an arm that does nothing: every arm of Flyte's conditional needs a node."
        return Task("nothing", self.known.function("", "nothing"), (), (), Outputs(TEXT), doc, 0)

    def fan_out(self, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
        body_nodes = fan_out.region.nodes
        if all(isinstance(node, Call) for node in body_nodes) and len(body_nodes) < 2:
            self.mapped(fan_out, body, waits)
        else:
            self.loop(fan_out, body, waits)
        if fan_out.result is not None:
            body.made(fan_out.id, f"{fan_out.id}.result", body.handles[fan_out.id])

    def mapped(self, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
        """One task an item runs the call and evaluates what is yielded: a map task with Flyte's own concurrency."""
        calls = [node for node in fan_out.region.nodes if isinstance(node, Call)]
        units = (*(call.id for call in calls), *(() if fan_out.result is None else (yield_id(fan_out),)))
        item, inside = f"{fan_out.id}.item", tuple(f"{call.id}." for call in calls)
        wanted = [capture for unit in units for capture in self.captures(unit) if not capture.startswith(inside)]
        ports = self.ports([item, *wanted])
        if calls:
            name, doc, settings = self.known.function(calls[0].id, ""), self.known.step(calls[0]).doc, calls[0].settings
        else:
            name, doc, settings = self.known.function(fan_out.id, "yield"), f"What `{fan_out.id}` yields for an item.", Settings()
        line = self.line(calls[0].id if calls else fan_out.id)
        self.add(Task("each", name, units, ports, Outputs(TEXT), doc, line, settings))
        source = self.ports(self.captures(fan_out.id))
        items_doc = f"The items of `{fan_out.id}`, each with its place."
        items_name = self.known.function(fan_out.id, "items")
        items_task = Task("items", items_name, (fan_out.id,), source, Outputs(TEXTS), items_doc, self.line(fan_out.id))
        items = self.invoke(body, items_task, f"{last(fan_out.id)}_items")
        self.order(body, waits, source, items)
        target = body.names.fresh(last(fan_out.id))
        body.statements.append(MapOver(target, name, ports[0].name, items, body.args(ports[1:]), fan_out.limit))
        body.handles[fan_out.id] = target

    def loop(self, fan_out: FanOut, body: Body, waits: Sequence[str]) -> None:
        """A dynamic task finds the items and calls a workflow for each."""
        inner = self.inside(body, in_arm=False)
        inner.read(f"{fan_out.id}.item")
        self.region(fan_out.region, inner)
        result = literal(_DONE) if fan_out.result is None else self.yielded(fan_out, fan_out.result, inner)
        doc, line = f"What `{fan_out.id}` does for an item.", self.line(fan_out.id)
        name = self.known.function(fan_out.id, "body")
        item, *rest = inner.inputs
        self.add(Workflow(name, (item, *rest), tuple(inner.statements), Outputs(TEXT), (result,), doc, line))
        ports = {port.key: port for port in self.ports([*self.captures(fan_out.id), *(port.key for port in rest)], name, *LOOP_NAMES)}
        loop = Loop(
            self.known.function(fan_out.id, "loop"),
            fan_out.id,
            tuple(ports.values()),
            tuple(ports[capture] for capture in self.captures(fan_out.id)),
            name,
            item.name,
            tuple((port.name, ports[port.key].name) for port in rest),
            fan_out.limit,
            f"Call `{name}` for every item of `{fan_out.id}`.",
            line,
        )
        self.add(loop)
        target = body.names.fresh(last(fan_out.id))
        body.statements.append(Invoke(target, loop.name, body.args(loop.inputs)))
        self.order(body, waits, loop.inputs, target)
        body.handles[fan_out.id] = target

    def yielded(self, fan_out: FanOut, result: Expr, inner: Body) -> str:
        direct = _direct(result, result.type, inner)
        if direct is not None:
            return direct
        unit = yield_id(fan_out)
        doc = f"What `{fan_out.id}` yields for an item."
        name = self.known.function(fan_out.id, "yield")
        ports = self.ports(self.captures(unit))
        return self.invoke(inner, Task("yield", name, (unit,), ports, Outputs(TEXT), doc, self.line(fan_out.id)), "result_of_item")

    # ---- pieces -------------------------------------------------------------------------------------------------------

    def add(self, block: Block) -> None:
        if block not in self.blocks:
            self.blocks.append(block)

    def invoke(self, body: Body, task: Task, wanted: str, args: Mapping[str, str] | None = None) -> str:
        """Add a task and a call of it to a body; gives the name the call is bound to."""
        self.add(task)
        named = body.args(task.inputs) if args is None else tuple((port.name, args[port.key]) for port in task.inputs)
        target = body.names.fresh(wanted)
        body.statements.append(Invoke(target, task.name, named))
        return target

    def order(self, body: Body, waits: Sequence[str], reads: Iterable[Port], handle: str) -> None:
        """Make a node wait for siblings whose values its first task does not read."""
        read = {body.values[port.key].node for port in reads}
        for sibling in waits:
            if sibling not in read:
                body.statements.append(Order(body.handles[sibling], handle))
        if not waits and body.start is not None and "$" not in read:
            body.statements.append(Order(body.start, handle))

    def ports(self, captures: Iterable[str], *used: str | None) -> tuple[Port, ...]:
        """The inputs of a function that reads these captures and uses these names itself."""
        names = Names({*RESERVED, *(name for name in used if name is not None)})
        return tuple(self.known.port(capture, names) for capture in dict.fromkeys(captures))

    def captures(self, unit: str) -> tuple[str, ...]:
        """The keys that a unit reads, from the program: the item of a fan-out is among them where it only gives the place."""
        body = self.units[unit]
        pairs = body["captures"] if isinstance(body, dict) else None
        if not isinstance(pairs, list):
            raise TypeError(f"the program says nothing of unit {unit}")
        return tuple(str(pair[0]) for pair in pairs)

    def line(self, node: str) -> int:
        return self.request.lines.get(node, 0)


def _is_plain(expr: Expr) -> bool:
    """Whether an expression only names a value, so that nothing can go wrong with it."""
    return _is_plain(expr.value) if isinstance(expr, Widen) else isinstance(expr, (Const, Ref))


def _direct(expr: Expr, type_: Type, body: Body) -> str | None:
    """The code of a value whose text can be passed on as it is: a constant, or what a node of this body made."""
    while isinstance(expr, Widen) and expr.type == optional(expr.value.type):
        expr = expr.value
    if expr.type != type_ and optional(expr.type) != type_ and expr.type != NULL:
        return None
    if isinstance(expr, Const):
        return literal(expr.text)
    if not isinstance(expr, Ref):
        return None
    value = body.values.get(key(expr))
    return value.code if value is not None and value.node and value.annotation == TEXT else None
