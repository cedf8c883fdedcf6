"""The Flyte target: a bundle of a flytekit module and the package it needs, self-contained."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from mloc.backend import API, Artifacts, Attributes, Difference, Feature, Pass, Refusal, Request, Support
from mloc.diagnostics.model import Bag
from mloc.emit.names import identifiers
from mloc.emit.trace import FILE as TRACE
from mloc.emit.trace import trace
from mloc.ir.model import Pipeline
from mloc.targets.documents import document

from .capabilities import CAPABILITIES, DIFFERENCES, REFUSED
from .lower import lower
from .naming import RESERVED, Names, module_name
from .plan import Module
from .render import render
from .review import review
from .traced import SPELLINGS, traced

_VENDORED = ("__init__.py", "board.py", "lenient.py", "run_values.py", "store.py", "tasks.py")


class FlyteBackend:
    """The target `flyte`."""

    name = "flyte"
    api = API
    capabilities: Mapping[Feature, Support] = CAPABILITIES
    refused: Mapping[Feature, Refusal] = REFUSED
    differences: tuple[Difference, ...] = DIFFERENCES
    lowering: tuple[Pass, ...] = ()
    launcher = "mloc_flyte.launch"

    def attributes(self) -> Mapping[str, object]:
        return document("mloc_flyte")

    def review(self, pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
        review(pipeline, attributes, bag)

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        """`<pipeline>.py`, and `<pipeline>_mloc/` with the runner, the adapter, the program and the first-party code."""
        pipeline = request.pipeline.name
        module, package, main = module_name(pipeline), f"{identifiers([pipeline])[pipeline]}_mloc", Names(RESERVED).fresh(pipeline)
        plan = lower(request, main)
        files: dict[str, str | bytes] = {f"{module}.py": render(plan, request, package)}
        for name, text in _adapter().items():
            files[f"{package}/{name}"] = text
        for path, content in sorted(request.runner.items()):
            files[f"{package}/runner/{path}"] = content
        for path, content in sorted(request.code.items()):
            files[f"{package}/code/{path}"] = content
        files[f"{package}/program.json"] = json.dumps(request.program, indent=1, allow_nan=False) + "\n"
        files[f"{package}/{TRACE}"] = trace(request, self.name, traced(plan, module), SPELLINGS)
        files[f"{package}/flyte.json"] = json.dumps(_manifest(plan, module, package), indent=1) + "\n"
        return files


def _adapter() -> dict[str, str]:
    """The sources of the adapter, importing the runner from their own package."""
    folder = Path(__file__).parent / "vendored"
    found = {}
    for name in _VENDORED:
        text = (folder / name).read_text(encoding="utf-8")
        found[name] = text.replace("from mloc.runner.", "from .runner.").replace("from mloc_flyte.vendored.", "from .")
    return found


def _manifest(plan: Module, module: str, package: str) -> dict[str, object]:
    """What the launcher must know of the module: its names, and which parameters it takes as JSON text."""
    parameters = {a.parameter: {"argument": a.name, "json": a.json} for a in plan.arguments}
    return {"module": module, "package": package, "workflow": plan.main.name, "parameters": parameters}
