"""Lowers a pipeline to the plan of a Flyte module: a task a step, one before them for the parameters, one after for the outputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from mloc.backend import Request
from mloc.emit.python import Code, literal
from mloc.ir.handlers import handlers
from mloc.ir.model import Branch, Call, FanOut, Parameter, Region
from mloc.ir.program import OUTPUTS, PARAMETERS
from mloc.ir.walk import predecessors
from mloc.types.show import show

from .attributes import launch_plan, of_workflow
from .branches import lower_branch
from .build import Build
from .handled import add_launch, add_note, lower_handled
from .launches import launched
from .loops import lower_fan_out
from .naming import field_names, last
from .natural import JSON, default_code, default_text, parameter_annotation, result_annotation
from .plan import TEXT, Argument, Module, Outputs, Port, Task, Workflow
from .scope import Body


def lower(request: Request, main: str) -> Module:
    """The module of a pipeline whose workflow is called `main`."""
    build = Build(request, main, _region)
    images = build.known.images(request.pipeline)
    body = Body(build.known.scope(), build.known)
    arguments = _parameters(build, body)
    add_launch(build, body)
    if handlers(request.pipeline):
        outputs, returns = lower_handled(build, body, _whole)
    else:
        outputs, returns = _whole(build, body)
    inputs = tuple(Port(a.parameter, a.name, a.annotation) for a in arguments)
    workflow = Workflow(main, PARAMETERS, inputs, tuple(body.statements), outputs, returns, request.pipeline.doc, build.line(""))
    constants: list[tuple[str, Code]] = [(name, literal(image)) for image, name in images.items()]
    texts = [p for a, p in zip(arguments, request.pipeline.parameters, strict=True) if a.json and p.default is not None]
    constants.extend((build.known.function("", f"default of {p.name}"), default_text(p)) for p in texts)
    plan = launch_plan(request, main)
    plans = [] if plan is None else [(build.known.function("", "plan"), plan)]
    schedules = [launched(build, launch, workflow, arguments) for launch in request.pipeline.launches]
    plans += [(each.variable, each.plan) for each in schedules]
    after = tuple(block for each in schedules for block in each.blocks)
    return Module(
        tuple(constants), tuple(images.items()), arguments, tuple(build.blocks), workflow, of_workflow(request), after, tuple(plans)
    )


def _whole(build: Build, body: Body) -> tuple[Outputs | None, tuple[str, ...]]:
    """The body of the pipeline, and its outputs."""
    build.region(build.request.pipeline.region, body)
    return _outputs(build, body)


def _parameters(build: Build, body: Body) -> tuple[Argument, ...]:
    """A first task checks every parameter and gives wire texts; whatever waits for nothing else waits for it."""
    declared = build.request.pipeline.parameters
    if not declared:
        return ()
    arguments = tuple(_argument(build, parameter, body) for parameter in declared)
    fields = tuple((name, TEXT) for name in field_names(p.name for p in declared))
    outputs = Outputs("", build.known.function("", "parameters class"), fields, "The parameters, checked, as canonical JSON.")
    task = Task(
        "parameters",
        build.known.function("", "parameters"),
        (PARAMETERS,),
        tuple(Port(a.parameter, a.name, a.annotation) for a in arguments),
        outputs,
        "Check the parameters before any step starts.",
        build.line(""),
        json=tuple(a.parameter for a in arguments if a.json),
    )
    given = build.invoke(body, task, "given", {a.parameter: a.name for a in arguments})
    codes = outputs.handles(given)
    for parameter, code in zip(declared, codes, strict=True):
        body.made("$", f"${parameter.name}", code)
    body.start = codes[0]
    return arguments


def _argument(build: Build, parameter: Parameter, body: Body) -> Argument:
    natural = parameter_annotation(parameter)
    name = body.names.fresh(parameter.name)
    default = default_code(parameter)
    if natural is None and default is not None:
        default = build.known.function("", f"default of {parameter.name}")
    return Argument(parameter.name, name, natural or JSON, natural is None, default, parameter.doc, show(parameter.type))


def _outputs(build: Build, body: Body) -> tuple[Outputs | None, tuple[str, ...]]:
    """A last task evaluates the results."""
    declared = build.request.pipeline.results
    if not declared:
        return None, ()
    names = field_names(r.name for r in declared)
    fields = tuple((name, result_annotation(r) or JSON) for name, r in zip(names, declared, strict=True))
    outputs = Outputs("", build.known.function("", "outputs class"), fields, f"The outputs of `{build.request.pipeline.name}`.")
    json = tuple(r.name for r in declared if result_annotation(r) is None)
    ports = build.ports(build.captures(OUTPUTS), outputs.class_name)
    name = build.known.function("", "outputs")
    task = Task("outputs", name, (OUTPUTS,), ports, outputs, "Give the outputs.", build.line(""), json=json)
    return outputs, outputs.handles(build.invoke(body, task, "results"))


def _region(build: Build, region: Region, body: Body) -> None:
    siblings = frozenset(node.id for node in region.nodes)
    for node in region.nodes:
        waits = predecessors(node, siblings)
        match node:
            case Call():
                _call(build, node, body, waits)
            case Branch():
                lower_branch(build, node, body, waits)
                add_note(build, node, body)
            case FanOut():
                lower_fan_out(build, node, body, waits)
                add_note(build, node, body)
            case _:
                assert_never(node)


def _call(build: Build, call: Call, body: Body, waits: Sequence[str]) -> None:
    step = build.known.step(call)
    outputs: Outputs | None = None
    if step.named_outputs and step.outputs:
        fields = tuple((name, TEXT) for name in field_names(o.name for o in step.outputs))
        outputs = Outputs("", build.known.function(call.id, "class"), fields, f"What `{step.name}` gives, as canonical JSON.")
    elif step.outputs or body.lenient:
        outputs = Outputs(TEXT)
    captures = build.captures(call.id)
    states = build.states(body, waits, captures)
    ports = build.ports([*captures, *states], None if outputs is None else outputs.class_name)
    task = Task(
        "step",
        build.known.function(call.id, ""),
        (call.id,),
        ports,
        outputs,
        step.doc,
        build.line(call.id),
        call.settings,
        build.options(call.id, lenient=body.lenient),
        tolerated=body.lenient,
    )
    target = build.invoke(body, task, last(call.id))
    codes = () if outputs is None else outputs.handles(target)
    for output, code in zip(step.outputs, codes, strict=False):
        body.made(call.id, f"{call.id}.{output.name}", code)
    body.handles[call.id] = codes[0] if codes else target
    build.order(body, waits, ports, body.handles[call.id])
