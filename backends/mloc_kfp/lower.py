"""A pipeline as a PipelineSpec: its parameters, its body, its handlers and its results."""

from __future__ import annotations

from mloc.backend import Request
from mloc.emit.trace import trace
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.ir.program import OUTPUTS
from mloc_kfp.handled import body_and_handlers
from mloc_kfp.naming import Names, has_handlers, names_of
from mloc_kfp.parts import Parts
from mloc_kfp.regions import Regions, leaves
from mloc_kfp.scope import Scope
from mloc_kfp.spec import Doc, component, definitions, describe, output, parameter
from mloc_kfp.traced import SPELLINGS, traced
from mloc_kfp.units import Units


@dataclass(frozen=True, slots=True)
class Lowered:
    """The PipelineSpec, and the platform document's executors (empty when none needs one)."""

    spec: Doc
    platform: Doc
    names: Names


def _body(regions: Regions, scope: Scope, pipeline: Pipeline) -> dict[str, Doc]:
    """The tasks of a pipeline without handlers; gives the outputs of its DAG."""
    regions.region(scope, pipeline.region)
    if not pipeline.results:
        return {}
    kinds = {result.name: "STRING" for result in pipeline.results}
    label = regions.units.plain(scope, OUTPUTS, regions.names.labels[OUTPUTS], kinds, leaves(scope))
    return {name: output(label, name) for name in kinds}


def lower(request: Request) -> Lowered:
    pipeline = request.pipeline
    names, parts = names_of(pipeline), Parts()
    units = Units.of(request, names, parts)
    regions = Regions(units, names, parts)
    scope = Scope(names.keys)
    inputs = units.parameters(scope)
    units.launch(scope)
    if has_handlers(pipeline):
        outputs = body_and_handlers(regions, scope, pipeline, inputs)
    else:
        outputs = _body(regions, scope, pipeline)
    dag: Doc = {"tasks": scope.tasks}
    if outputs:
        dag["outputs"] = {"parameters": dict(outputs)}
    root = component(inputs, definitions({name: parameter() for name in outputs}, {}), {"dag": dag})
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
