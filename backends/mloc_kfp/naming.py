"""Every name of an emitted pipeline: task labels, input names and the pipeline's own, unique and short enough for pods."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from mloc.emit.names import dns_labels, identifiers
from mloc.frozen import dataclass
from mloc.ir.handlers import RUN_NODE, Kind, handlers
from mloc.ir.model import RUN as RUN_VALUES
from mloc.ir.model import Branch, Call, FanOut, Node, Pipeline, RunContainer
from mloc.ir.program import OUTPUTS, PARAMETERS, collect_id, merge_id, yield_id
from mloc.ir.walk import closing_exprs, every_node, nodes, own_exprs, refs

# Argo derives the names of templates from labels, and those of pods from the pipeline's; longer ones would be cut, not always apart.
LABEL_LIMIT = 48
PIPELINE_LIMIT = 25


@dataclass(frozen=True, slots=True)
class Names:
    """`labels` by what a task stands for, `keys` the name of a value as the input of a DAG, `shortened` what people may look for.

    `nodes` says which node a label is for.
    """

    pipeline: str
    labels: dict[str, str]
    keys: dict[str, str]
    shortened: dict[str, str]
    nodes: dict[str, str]


# What stands around the body of a pipeline. No node's id has a `$`.
LAUNCH = "$launch"
BODY, RUN, VERDICT, LOST, HANDLERS = "$body", "$run", "$verdict", "$lost", "$handlers"
STATUS, ERROR = f"{RUN_NODE}.status", f"{RUN_NODE}.error"
"""What handlers read of the run, as values."""


def has_handlers(pipeline: Pipeline) -> bool:
    return bool(handlers(pipeline))


def handler_id(kind: Kind) -> str:
    """The DAG of a handler."""
    return f"${kind}"


def end_id(kind: Kind) -> str:
    """The task at the end of a handler."""
    return f"${kind}.end"


def launch_values(pipeline: Pipeline) -> tuple[str, ...]:
    """What is read of what the launch knows, by the body, the handlers or the results: `id`, `now`, …"""
    exprs = [result.value for result in pipeline.results]
    exprs += [expr for node in every_node(pipeline) for expr in (*own_exprs(node), *closing_exprs(node))]
    read = {ref.output for ref in refs(*exprs) if ref.node == RUN_NODE}
    return tuple(name for name in RUN_VALUES if name in read)


def scheduled_values(pipeline: Pipeline) -> tuple[str, ...]:
    """The same of what the arguments of schedules read."""
    read = {ref.output for launch in pipeline.launches for _, value in launch.args for ref in refs(value)}
    return tuple(name for name in RUN_VALUES if name in read)


def branches_id(node: str) -> str:
    """The DAG around the ways of a branch, or of a fan-out that may have no items. The prefix is the one Kubeflow's own compiler uses."""
    return f"condition-branches.{node}"


def arm_id(node: str, label: str) -> str:
    return f"condition.{node}.{label}"


def merge_in(branch: Branch, label: str) -> str:
    return f"{merge_id(branch)}.{label}"


def loop_id(fan_out: FanOut) -> str:
    return f"for-loop.{fan_out.id}"


def around_id(fan_out: FanOut) -> str:
    """The DAG around a loop that collects nothing."""
    return f"around.{fan_out.id}"


def nothing_id(fan_out: FanOut) -> str:
    return f"{collect_id(fan_out)}.nothing"


def failed_id(node: str) -> str:
    """The task that hands on the failure of what decides over a branch or fan-out, where failures are tolerated."""
    return f"{node}.$failed"


def command_id(call: str) -> str:
    """The task that computes the command line of a container step; the container has the label of the call."""
    return f"{call}.$command"


def outputs_id(call: str) -> str:
    """The task that reads what a container step has left."""
    return f"{call}.$outputs"


def state_key(node: str) -> str:
    """The state of what decides over a branch or fan-out, as a value."""
    return f"{node}.$state"


def names_of(pipeline: Pipeline) -> Names:
    lenient = _lenient(pipeline)
    contained = frozenset(step.name for step in pipeline.steps if isinstance(step.run, RunContainer))
    of = {id_: node.id for node in every_node(pipeline) for id_ in _task_ids(node, node.id in lenient, contained)}
    labels = dns_labels([PARAMETERS, OUTPUTS, *_around(pipeline), *of], LABEL_LIMIT)
    name = dns_labels([pipeline.name], PIPELINE_LIMIT)[pipeline.name]
    shortened = {id_: label for id_, label in labels.items() if len(_readable(id_)) > LABEL_LIMIT}
    if len(_readable(pipeline.name)) > PIPELINE_LIMIT:
        shortened[pipeline.name] = name
    return Names(name, labels, _keys(pipeline, labels), shortened, {labels[id_]: node for id_, node in of.items()})


def _around(pipeline: Pipeline) -> Iterator[str]:
    """What stands around the body."""
    if launch_values(pipeline):
        yield LAUNCH
    if has_handlers(pipeline):
        yield from (BODY, RUN, VERDICT, LOST, HANDLERS)
    for kind, _ in handlers(pipeline):
        yield from (handler_id(kind), branches_id(handler_id(kind)), end_id(kind))


def _readable(id_: str) -> str:
    """The label that an id would have were there no limit."""
    return dns_labels([id_], len(id_) + 16)[id_]


def _lenient(pipeline: Pipeline) -> frozenset[str]:
    """The nodes whose failures are values: in a fan-out which tolerates some, and in a pipeline with handlers all of them."""
    if has_handlers(pipeline):
        return frozenset(node.id for node in every_node(pipeline))
    tolerant = [node for node in every_node(pipeline) if isinstance(node, FanOut) and node.tolerate is not None]
    return frozenset(inner.id for node in tolerant for inner in nodes(node.region))


def _task_ids(node: Node, is_lenient: bool, contained: frozenset[str]) -> Iterator[str]:
    """What the tasks that a node becomes stand for."""
    yield node.id
    if is_lenient and not isinstance(node, Call):
        yield from (arm_id(node.id, "failed"), failed_id(node.id))
    match node:
        case Call():
            if node.step in contained:
                yield from (command_id(node.id), outputs_id(node.id))
        case Branch():
            yield branches_id(node.id)
            for arm in node.arms:
                yield arm_id(node.id, arm.label)
                yield merge_in(node, arm.label)
        case FanOut():
            yield from (around_id(node), loop_id(node), yield_id(node), collect_id(node), nothing_id(node), branches_id(node.id))
            yield from (arm_id(node.id, "yes"), arm_id(node.id, "no"))
        case _:
            assert_never(node)


def _keys(pipeline: Pipeline, labels: dict[str, str]) -> dict[str, str]:
    steps = {step.name: step for step in pipeline.steps}
    plain = [f"${parameter.name}" for parameter in pipeline.parameters]
    plain += [f"{RUN_NODE}.{name}" for name in launch_values(pipeline)]
    channels = {}
    if has_handlers(pipeline):
        plain.append(ERROR)
        channels[STATUS] = _channel(labels[RUN], "status")
    for node in every_node(pipeline):
        match node:
            case Call():
                plain += [f"{node.id}.{output.name}" for output in steps[node.step].outputs]
            case Branch():
                plain += [f"{node.id}.{merged.name}" for merged in node.merged]
                channels[f"{node.id}.arm"] = _channel(labels[node.id], "arm")
                channels[state_key(node.id)] = _channel(labels[node.id], "state")
            case FanOut():
                plain += [f"{node.id}.{name}" for name in ("item", "items", "result")]
                channels[f"{node.id}.filled"] = _channel(labels[node.id], "filled")
                channels[state_key(node.id)] = _channel(labels[node.id], "state")
    names = identifiers(key.removeprefix("$") for key in plain)
    return {key: names[key.removeprefix("$")] for key in plain} | channels


def _channel(task: str, output: str) -> str:
    """The name under which a condition reads a task's output: `kfp.local` takes it apart to find the value."""
    return f"pipelinechannel--{task}--{output}"
