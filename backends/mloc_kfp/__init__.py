"""The Kubeflow backend: a pipeline as a KFP v2 PipelineSpec, written without Kubeflow's SDK."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mloc.backend import API, Artifacts, Feature, Pass, Refusal, Request
from mloc.diagnostics.model import Bag
from mloc_kfp.emit import emit


@dataclass(slots=True)
class Kfp:
    """Everything the language has is expressed."""

    name: str = "kfp"
    api: int = API
    refused: Mapping[Feature, Refusal] = field(default_factory=dict)
    lowering: tuple[Pass, ...] = ()
    launcher: str = "mloc_kfp.launch"

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        return emit(request, bag)


backend = Kfp()
