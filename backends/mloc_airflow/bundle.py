"""The files of a bundle."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.resources import files

from mloc.backend import API, Artifacts, Attributes, Difference, Feature, Pass, Refusal, Request, Support
from mloc.diagnostics.model import Bag
from mloc.emit.python import docstring
from mloc.emit.trace import FILE as TRACE
from mloc.emit.trace import trace
from mloc.ir.model import Pipeline
from mloc.targets.documents import document
from mloc.types.encode import Json
from mloc_airflow.capabilities import CAPABILITIES, DIFFERENCES, REFUSED
from mloc_airflow.fused import plan
from mloc_airflow.lower import lower
from mloc_airflow.places import places
from mloc_airflow.render import render
from mloc_airflow.review import review
from mloc_airflow.schedules import run_time_launches
from mloc_airflow.traced import SPELLINGS, traced

_ADAPTER = tuple(
    f"{name}.py"
    for name in """
    attempts bodies contained containers docker_steps engine handlers launch_values launches limits places pod_steps run_values tasks
    tolerance units venvs
    """.split()
)


class AirflowBackend:
    """The target `airflow`: a DAG file on `airflow.sdk` and a package beside it that holds all it needs."""

    def __init__(self) -> None:
        self.name = "airflow"
        self.api = API
        self.capabilities: Mapping[Feature, Support] = CAPABILITIES
        self.refused: Mapping[Feature, Refusal] = REFUSED
        self.differences: tuple[Difference, ...] = DIFFERENCES
        self.lowering: tuple[Pass, ...] = ()
        self.launcher = "mloc_airflow.launch"

    def attributes(self) -> Mapping[str, object]:
        return document("mloc_airflow")

    def review(self, pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
        review(pipeline, attributes, bag)

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        """`<pipeline>.py` and `<pipeline>_mloc/`. What is refused was refused before, so nothing goes into the bag."""
        pipeline = request.pipeline
        package = f"{pipeline.name}_mloc"
        bodies = plan(pipeline)
        graph = lower(pipeline, request.attributes, request.lines)
        found: dict[str, str | bytes] = {
            f"{pipeline.name}.py": render(pipeline, graph, request.mloc_version, request.attributes.pipeline),
            f"{package}/__init__.py": docstring(f"What the DAG `{pipeline.name}` runs; written by mloc {request.mloc_version}.") + "\n",
            # Airflow looks for DAGs in every file of its folder.
            f"{package}/.airflowignore": "*\n",
            f"{package}/{TRACE}": trace(request, "airflow", traced(graph, bodies), SPELLINGS),
            f"{package}/program.json": json.dumps(request.program, indent=1) + "\n",
        }
        if bodies:
            found[f"{package}/bodies.json"] = json.dumps(bodies, indent=1) + "\n"
        options = pipeline.options
        if options.timeout_ms is not None or options.fail_fast:
            line = request.lines.get("options.timeout")
            limits: dict[str, Json] = {"timeout_ms": options.timeout_ms, "line": None if line is None else line.number}
            limits["fail_fast"] = list(graph.tolerated) if options.fail_fast else None
            found[f"{package}/limits.json"] = json.dumps(limits, indent=1) + "\n"
        elsewhere = places(pipeline, request.attributes)
        if elsewhere:
            found[f"{package}/places.json"] = json.dumps(elsewhere, indent=1) + "\n"
        if graph.needs:
            found[f"{package}/requirements.txt"] = "".join(f"{name}\n" for name in graph.needs)
        if pipeline.launches:
            found[f"{package}/launches.json"] = json.dumps(run_time_launches(pipeline, request.attributes.pipeline), indent=1) + "\n"
        for name in _ADAPTER:
            found[f"{package}/{name}"] = _adapter(name)
        found |= {f"{package}/runner/{path}": content for path, content in request.runner.items()}
        found |= {f"{package}/code/{path}": content for path, content in request.code.items()}
        return dict(sorted(found.items()))


def _adapter(name: str) -> str:
    """A file of the adapter, with the bundle's own copy of the runner in place of ours."""
    source = files("mloc_airflow").joinpath("adapter", name).read_text(encoding="utf-8")
    return source.replace("from mloc.runner.", "from .runner.")
