"""Which constructs a pipeline uses, and where it uses each first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple, assert_never

from mloc.backend import Feature
from mloc.ir.called import is_called
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import (
    Branch,
    Call,
    Expr,
    FanOut,
    Input,
    Node,
    Output,
    Parameter,
    Pipeline,
    Ref,
    Region,
    Result,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Settings,
    Step,
    Widen,
)
from mloc.ir.walk import closing_exprs, nodes, own_exprs, refs, regions
from mloc.source import Span
from mloc.types.model import (
    DATE,
    DATETIME,
    DURATION,
    Dir,
    Enum,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    Optional,
    Record,
    Table,
    Type,
    holds_artifact,
)

_RUNS: dict[type, Feature] = {
    RunPython: Feature.PYTHON,
    RunInline: Feature.INLINE,
    RunShell: Feature.SHELL,
    RunRequire: Feature.REQUIRE,
    RunContainer: Feature.CONTAINER,
    RunNotebook: Feature.NOTEBOOK,
}
_TYPES: dict[type, Feature] = {
    Optional: Feature.OPTIONAL,
    Enum: Feature.ENUM,
    Record: Feature.RECORD,
    ListOf: Feature.LIST,
    MapOf: Feature.MAP,
    File: Feature.FILE,
    Dir: Feature.DIR,
    Table: Feature.TABLE,
    Model: Feature.MODEL,
    Metrics: Feature.METRICS,
}
_SOURCES = {
    "k8s": Feature.SECRET_K8S,
    "env": Feature.SECRET_ENV,
    "file": Feature.SECRET_FILE,
    "airflow": Feature.SECRET_AIRFLOW,
    "flyte": Feature.SECRET_FLYTE,
}
_TIMES = (DATE, DATETIME, DURATION)


class Use(NamedTuple):
    """A feature with the first place that uses it; `node` is the id of a node, or `$name` for a parameter."""

    feature: Feature
    span: Span | None
    node: str


def features(pipeline: Pipeline, target: str | None = None) -> tuple[Use, ...]:
    """Every feature a pipeline uses, once, in order of first use; `target` blocks count when they are for that target, or for None."""
    first: dict[Feature, Use] = {}
    for use in _uses(pipeline, target):
        first.setdefault(use.feature, use)
    return tuple(first.values())


def _uses(pipeline: Pipeline, target: str | None) -> Iterator[Use]:
    for parameter in pipeline.parameters:
        for feature in _of_parameter(parameter):
            yield Use(feature, parameter.span, f"${parameter.name}")
    steps = {step.name: step for step in pipeline.steps}
    for region, handler in ((pipeline.region, None), (pipeline.on_failure, Feature.ON_FAILURE), (pipeline.final, Feature.FINALLY)):
        for node, in_branch, in_fan_out in _placed(region):
            own = _of_call(node, steps[node.step]) if isinstance(node, Call) else _of_region(node, in_branch, in_fan_out)
            attributes = dict(node.spans) if isinstance(node, Call) else {}
            of_run = [Feature.RUN_VALUES] if _asks_the_run((*own_exprs(node), *closing_exprs(node)), in_handler=handler is not None) else []
            for feature in (*own, *of_run, *(() if handler is None else (handler, *_of_handler(node, region)))):
                yield Use(feature, attributes.get(feature.value.partition(" ")[0], node.span), node.id)
    for result in pipeline.results:
        of_run = [Feature.RUN_VALUES] if _asks_the_run((result.value,), in_handler=False) else []
        for feature in (*_of_result(result), *of_run):
            yield Use(feature, pipeline.span, pipeline.name)
    yield from _around(pipeline, target)


def _of_handler(node: Node, region: Region) -> Iterator[Feature]:
    """What a node of a handler reads from outside it."""
    read = {(ref.node, ref.output) for ref in refs(*own_exprs(node), *closing_exprs(node))}
    if (RUN_NODE, "error") in read:
        yield Feature.RUN_ERROR
    if {name for name, _ in read} - {"$", RUN_NODE} - {own.id for own in nodes(region)}:
        yield Feature.HANDLER_VALUE


def _around(pipeline: Pipeline, target: str | None) -> Iterator[Use]:
    """What stands beside the steps of a pipeline."""
    options, spans = pipeline.options, dict(pipeline.options.spans)
    for feature, option, used in (
        (Feature.PIPELINE_TIMEOUT, "timeout", options.timeout_ms is not None),
        (Feature.MAX_PARALLEL, "max_parallel", options.max_parallel is not None),
        (Feature.FAIL_FAST, "fail", options.fail_fast),
        (Feature.CONVERGE, "converge", options.converge),
    ):
        if used:
            yield Use(feature, spans.get(option, pipeline.span), pipeline.name)
    for launch in pipeline.launches:
        yield Use(Feature.SCHEDULE if launch.kind == "schedule" else Feature.TRIGGER, launch.span, launch.name)
    for secret in pipeline.secrets:
        for source in secret.sources:
            if source.target == target or (source.target is None and all(other.target != target for other in secret.sources)):
                yield Use(_SOURCES[source.kind], secret.span, f"secret {secret.name}")
    for each in pipeline.targets:
        if target in (None, each.name):
            yield Use(Feature.TARGET, each.span, pipeline.name)


def _placed(region: Region, in_branch: bool = False, in_fan_out: bool = False) -> Iterator[tuple[Node, bool, bool]]:
    """Every node, and whether a branch or a fan-out is somewhere around it."""
    for node in region.nodes:
        yield node, in_branch, in_fan_out
        is_choice = isinstance(node, Branch) and not is_called(node)
        for inner in regions(node):
            yield from _placed(inner, in_branch or is_choice, in_fan_out or isinstance(node, FanOut))


def _of_parameter(parameter: Parameter) -> Iterator[Feature]:
    yield Feature.PARAMETER
    if holds_artifact(parameter.type):
        yield Feature.ARTIFACT_PARAMETER
    yield from _of_type(parameter.type)
    if parameter.domain is not None:
        yield Feature.DOMAIN


def _of_result(result: Result) -> Iterator[Feature]:
    yield from _of_type(result.type)
    if result.domain is not None:
        yield Feature.DOMAIN
    if _is_computed(result.value):
        yield Feature.EXPRESSION


def _of_call(call: Call, step: Step) -> Iterator[Feature]:
    yield _RUNS[type(step.run)]
    if isinstance(step.run, RunContainer) and not step.run.command:
        yield Feature.CONTAINER_ENTRYPOINT
    if isinstance(step.run, RunRequire):
        return  # all else of it is ours
    if call.after:
        yield Feature.ORDER
    if any(_is_computed(value) for value in own_exprs(call)):
        yield Feature.EXPRESSION
    yield from _of_ports((*step.inputs, *step.outputs))
    yield from _of_settings(call.settings)


def _of_ports(ports: Iterable[Input | Output]) -> Iterator[Feature]:
    for port in ports:
        yield from _of_type(port.type)
        if port.domain is not None:
            yield Feature.DOMAIN


def _of_settings(settings: Settings) -> Iterator[Feature]:
    resources = settings.resources
    for feature, used in (
        (Feature.RETRY, settings.retry.count > 0),
        (Feature.TIMEOUT, settings.timeout_ms is not None),
        (Feature.RESOURCES, any(amount is not None for amount in (resources.cpu, resources.memory, resources.disk, resources.shm))),
        (Feature.GPU, resources.gpu is not None or resources.gpu_type is not None),
        (Feature.IMAGE, settings.image is not None),
        (Feature.ENV, bool(settings.env)),
        (Feature.CACHE, settings.cache is not None),
        (Feature.PUBLISH, bool(settings.publishes)),
    ):
        if used:
            yield feature


def _of_region(node: Branch | FanOut, in_branch: bool, in_fan_out: bool) -> Iterator[Feature]:
    match node:
        case Branch():
            yield from _of_choice(node, in_branch, in_fan_out)
        case FanOut():
            yield Feature.FAN_OUT
            for feature, used in (
                (Feature.FAN_OUT_IN_BRANCH, in_branch),
                (Feature.NESTED_FAN_OUT, in_fan_out),
                (Feature.COLLECT, node.result is not None),
                (Feature.FAN_OUT_LIMIT, node.limit is not None),
                (Feature.TOLERATE, node.tolerate is not None),
            ):
                if used:
                    yield feature
        case _:
            assert_never(node)
    if node.after:
        yield Feature.ORDER_ON_REGION


def _of_choice(branch: Branch, in_branch: bool, in_fan_out: bool) -> Iterator[Feature]:
    if is_called(branch):
        is_loop = any(node.id.startswith(f"{branch.id}[") for node in branch.arms[0].region.nodes)
        yield Feature.LOOP if is_loop else Feature.CALLED_PIPELINE
        return
    yield Feature.BRANCH
    if in_branch:
        yield Feature.BRANCH_IN_BRANCH
    if in_fan_out:
        yield Feature.BRANCH_IN_FAN_OUT
    if branch.merged:
        yield Feature.MERGE


def _of_type(type_: Type) -> Iterator[Feature]:
    if type_ in _TIMES:
        yield Feature.TIME
    found = _TYPES.get(type(type_))
    if found is not None:
        yield found
    match type_:
        case Optional(item) | ListOf(item) | MapOf(item):
            yield from _of_type(item)
        case Record(fields):
            for field in fields:
                yield from _of_type(field.type)
        case _:
            return


def _asks_the_run(exprs: Iterable[Expr], *, in_handler: bool) -> bool:
    """Whether values of the run are read, other than those that handlers are there for."""
    known = ("id", "status", "error") if in_handler else ()
    return any(ref.node == RUN_NODE and ref.output not in known for ref in refs(*exprs))


def _is_computed(expr: Expr) -> bool:
    """Whether a value is made of what steps gave, and not one such value handed on."""
    match expr:
        case Ref() | Widen(_, Ref()):
            return False
        case _:
            return any(ref.node != "$" for ref in refs(expr))
