"""What Kubeflow will not take of a pipeline, or takes under another name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from mloc.backend import Attributes
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import DAG_TOO_LARGE, NOT_EXPRESSIBLE, OVER_ENGINE_LIMIT, PARAMETERS_TOO_LARGE
from mloc.ir.model import Call, Node, Pipeline, Region, RunContainer
from mloc.ir.walk import nodes, regions
from mloc.passes.sizes import place, report_raw, report_shortened
from mloc.targets.versions import at_least
from mloc_kfp.naming import LABEL_LIMIT, PIPELINE_LIMIT, launch_values, names_of, scheduled_values
from mloc_kfp.recurring import refusals, schedules
from mloc_kfp.spec import Doc
from mloc_kfp.vendored.launched import SAID_SINCE

# Kubeflow's API server refuses a run whose parameters are longer as JSON, all together.
PARAMETER_BYTES = 10_000
# kubeflow/pipelines#12453: with a few inputs each, about a hundred tasks of one DAG are too long an argument for Argo.
TASKS = 80
# etcd takes requests of 1.5 MiB; the rest is for what the run adds.
OBJECT_BYTES = 2**20
TEMPLATE_BYTES = 700
# Linux takes no argument of 128 KiB, and Kubeflow's driver is given the description of a container as one; the rest is for what it adds.
ARGUMENT_BYTES = 2**17 - 2**10


def review(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    _parameters(pipeline, bag)
    _levels(pipeline, bag)
    _schedules(pipeline, bag)
    _launch_values(pipeline, attributes, bag)
    shortened, own = names_of(pipeline).shortened, {node.id for node in nodes(pipeline.region)}
    report_shortened(pipeline, {id_: name for id_, name in shortened.items() if id_ in own}, "Kubeflow", LABEL_LIMIT, bag)
    if pipeline.name in shortened:
        report_shortened(pipeline, {pipeline.name: shortened[pipeline.name]}, "Kubeflow", PIPELINE_LIMIT, bag)
    report_raw(attributes, pipeline, "Kubeflow", bag)


def _schedules(pipeline: Pipeline, bag: Bag) -> None:
    for launch in schedules(pipeline):
        for refused in refusals(pipeline, launch):
            message = f"target `kfp` cannot express {refused.what} of schedule `{launch.name}`: {refused.why}"
            bag.report(NOT_EXPRESSIBLE, launch.span or place(pipeline), message, help=refused.help)


def _launch_values(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    """Refuse what the server, as the target says which it is, does not tell the tasks of a run."""
    for name in dict.fromkeys((*launch_values(pipeline), *scheduled_values(pipeline))):
        since = SAID_SINCE.get(name)
        if since is not None and not at_least(attributes.version, since):
            message = f"target `kfp` cannot express `run.{name}`: Kubeflow {attributes.version} does not say it, {since} and later do"
            bag.report(NOT_EXPRESSIBLE, place(pipeline), message, help="take it as a parameter, and give it at launch")


def review_size(spec: Doc, pipeline: Pipeline, code: Mapping[str, bytes], bag: Bag) -> None:
    """Report a document of which Kubeflow would make an object that Kubernetes does not store, or an argument that Linux does not take.

    Argo's workflow has every component and executor as text, and for every task a template of its own around it.
    """
    components = [spec["root"], *_of(spec, "components").values()]
    tasks = sum(len(_of(_of(component, "dag"), "tasks")) for component in components if isinstance(component, dict))
    size = len(json.dumps(json.dumps(spec))) + TEMPLATE_BYTES * tasks
    if size > OBJECT_BYTES:
        message = f"`{pipeline.name}` becomes about {size / 2**20:.1f} MiB in Kubernetes, which stores at most {OBJECT_BYTES / 2**20:.1f}"
        help_ = "make steps that differ only in a value one step in a `for`, or put parts into pipelines that are run on their own"
        bag.report(OVER_ENGINE_LIMIT, place(pipeline), message, help=help_)
    else:
        _code(spec, pipeline, code, bag)


def _code(spec: Doc, pipeline: Pipeline, code: Mapping[str, bytes], bag: Bag) -> None:
    """Report a container that is described at too great a length: that of the first task carries the code of the pipeline."""
    executors = _of(_of(spec, "deploymentSpec"), "executors").values()
    sizes = [len(json.dumps(executor["container"])) for executor in executors if isinstance(executor, dict)]
    size = max(sizes, default=0)
    if size <= ARGUMENT_BYTES:
        return
    what = f"the code of `{pipeline.name}` and of its modules becomes {size // 1024} KiB of one argument, and Linux takes less than 128"
    modules = sorted(code, key=lambda path: len(code[path]), reverse=True)[:3]
    largest = ", ".join(f"{path} ({len(code[path]) // 1024} KiB)" for path in modules)
    notes = (f"the largest modules are {largest}",) if modules else ()
    help_ = "put data that stands in code into files or parameters, and large modules into the image"
    bag.report(OVER_ENGINE_LIMIT, place(pipeline), what, notes=notes, help=help_)


def _of(document: Doc, name: str) -> Doc:
    found = document.get(name)
    return found if isinstance(found, dict) else {}


def _parameters(pipeline: Pipeline, bag: Bag) -> None:
    defaults = {p.name: json.loads(p.default) for p in pipeline.parameters if p.default is not None}
    size = len(json.dumps(defaults, ensure_ascii=False).encode())
    if size <= PARAMETER_BYTES:
        return
    sizes = {name: len(json.dumps(value, ensure_ascii=False).encode()) for name, value in defaults.items()}
    largest = max(sizes, key=lambda name: sizes[name])
    span = next((p.span for p in pipeline.parameters if p.name == largest), None) or place(pipeline)
    message = f"the defaults of the parameters of `{pipeline.name}` are {size} bytes: Kubeflow takes at most {PARAMETER_BYTES} for a run"
    label = f"`{largest}` alone is {sizes[largest]} bytes"
    bag.report(PARAMETERS_TOO_LARGE, span, message, label=label, help="take a large value from a file: `File[json]`, or a table")


def _levels(pipeline: Pipeline, bag: Bag) -> None:
    contained = {step.name for step in pipeline.steps if isinstance(step.run, RunContainer)}
    for node, region in _regions(None, pipeline.region):
        count = sum(3 if isinstance(each, Call) and each.step in contained else 1 for each in region.nodes)
        if count <= TASKS:
            continue
        what = f"pipeline `{pipeline.name}`" if node is None else f"the region of `{node.id}`"
        message = f"{what} has {count} steps side by side: Kubeflow has failed to start as many, more than {TASKS} are at risk"
        there = (Label(span, f"number {TASKS + 1}"),) if (span := region.nodes[min(TASKS, len(region.nodes) - 1)].span) is not None else ()
        help_ = "call a part of it as a pipeline of its own, which is a level of its own"
        bag.report(DAG_TOO_LARGE, place(pipeline, "" if node is None else node.id), message, secondary=there, help=help_)


def _regions(node: Node | None, region: Region) -> Iterator[tuple[Node | None, Region]]:
    yield node, region
    for each in region.nodes:
        for inner in regions(each):
            yield from _regions(each, inner)
