"""A pipeline as a PipelineSpec: its parameters, its body, its handlers and its results."""

from __future__ import annotations

from mloc.backend import Request
from mloc.emit.trace import trace
from mloc.frozen import dataclass
from mloc.ir.handlers import RUN_NODE
from mloc.ir.handlers import handlers as handlers_of
from mloc.ir.model import Pipeline
from mloc.ir.program import OUTPUTS
from mloc.types.encode import Json
from mloc_kfp.naming import BODY, HANDLERS, Names, handler_id, has_handlers, names_of
from mloc_kfp.parts import Parts
from mloc_kfp.regions import Regions, leaves
from mloc_kfp.scope import Scope
from mloc_kfp.spec import Doc, component, definitions, describe, final_status, from_input, output, parameter
from mloc_kfp.traced import SPELLINGS, traced
from mloc_kfp.units import FINAL_STATUS, Units

STATUS = "mloc-run-status"


@dataclass(frozen=True, slots=True)
class Lowered:
    """The PipelineSpec, and the platform document's executors (empty when none needs one)."""

    spec: Doc
    platform: Doc
    names: Names


def _with_handlers(regions: Regions, pipeline: Pipeline, body: Doc) -> Doc:
    """The root of a pipeline with handlers: its body as a DAG, and one that runs when that has ended, however it did."""
    labels, parts, scope = regions.names.labels, regions.parts, Scope(regions.names.keys)
    given = {name: from_input(name) for name in _parameters_of(body.get("inputDefinitions"))}
    label = scope.task(labels[BODY], parts.component(body, labels[BODY]), given, {})
    inner = Scope(regions.names.keys)
    inputs = regions.units.parameters(inner, again=True)
    _handlers(regions, inner, pipeline)
    declared: Doc = {"parameters": {**_parameters_of(inputs), STATUS: FINAL_STATUS}}
    exits = parts.component(component(declared, {}, {"dag": {"tasks": inner.tasks}}), labels[HANDLERS])
    sources = given | {STATUS: final_status(label)}
    scope.task(labels[HANDLERS], exits, sources, {}, (label,), triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"})
    dag: Doc = {"tasks": scope.tasks}
    if "outputDefinitions" in body:
        dag["outputs"] = {"parameters": {name: output(label, name) for name in _parameters_of(body["outputDefinitions"])}}
    return {**body, "dag": dag}


def _handlers(regions: Regions, scope: Scope, pipeline: Pipeline) -> None:
    """The DAGs of the handlers, one after the other; that of `on failure` when the run has failed."""
    regions.units.run(scope, STATUS)
    before: tuple[str, ...] = ()
    for kind, region in handlers_of(pipeline):
        inner = scope.inner()
        regions.region(inner, region)
        if kind == "on_failure":
            before = (regions.way(scope, inner, handler_id(kind), f"{RUN_NODE}.status", "failed", {}),)
        else:
            trigger: Json = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
            regions.place(scope, inner, handler_id(kind), {}, before, triggerPolicy=trigger)


def _parameters_of(found: Json) -> Doc:
    parameters = found.get("parameters") if isinstance(found, dict) else None
    return parameters if isinstance(parameters, dict) else {}


def lower(request: Request) -> Lowered:
    pipeline = request.pipeline
    names, parts = names_of(pipeline), Parts()
    units = Units.of(request, names, parts)
    regions = Regions(units, names, parts)
    scope = Scope(names.keys)
    inputs = units.parameters(scope)
    regions.region(scope, pipeline.region)
    outputs: dict[str, Doc] = {}
    dag: Doc = {"tasks": scope.tasks}
    if pipeline.results:
        kinds = {result.name: "STRING" for result in pipeline.results}
        label = units.plain(scope, OUTPUTS, names.labels[OUTPUTS], kinds, leaves(scope))
        outputs = {name: parameter() for name in kinds}
        dag["outputs"] = {"parameters": {name: output(label, name) for name in outputs}}
    root = component(inputs, definitions(outputs, {}), {"dag": dag})
    if has_handlers(pipeline):
        root = _with_handlers(regions, pipeline, root)
    parts.separate()
    spec: Doc = {
        "pipelineInfo": {"name": names.pipeline, "displayName": pipeline.name, **describe(pipeline.doc)},
        "root": root,
        "components": dict(sorted(parts.components.items())),
        "deploymentSpec": {},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"mloc-{request.mloc_version}",
    }
    units.carry(trace(request, "kfp", traced(spec, names, request), SPELLINGS))
    spec["deploymentSpec"] = {"executors": dict(sorted(parts.executors.items()))}
    return Lowered(spec, parts.platform, names)
