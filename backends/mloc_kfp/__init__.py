"""The Kubeflow backend: a pipeline as a KFP v2 PipelineSpec, written without Kubeflow's SDK."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.backend import API, Artifacts, Attributes, Difference, Feature, Pass, Refusal, Request, Support
from mloc.diagnostics.model import Bag
from mloc.frozen import dataclass, field
from mloc.ir.model import Pipeline
from mloc.targets.documents import document
from mloc_kfp.capabilities import CAPABILITIES, DIFFERENCES, REFUSED
from mloc_kfp.review import review


@dataclass(slots=True)
class Kfp:
    """The target `kfp`."""

    name: str = "kfp"
    api: int = API
    capabilities: Mapping[Feature, Support] = field(default_factory=lambda: CAPABILITIES)
    refused: Mapping[Feature, Refusal] = field(default_factory=lambda: REFUSED)
    differences: tuple[Difference, ...] = DIFFERENCES
    lowering: tuple[Pass, ...] = ()
    launcher: str = "mloc_kfp.launch"
    packed: tuple[str, ...] = (".yaml", ".yml")

    def attributes(self) -> Mapping[str, object]:
        return document(__name__)

    def review(self, pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
        review(pipeline, attributes, bag)

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        from mloc_kfp.emit import emit  # checking needs none of what writes

        return emit(request, bag)

    def unpack(self, data: bytes) -> Mapping[str, bytes]:
        from mloc_kfp.unpack import unpack  # compiling needs no reader of YAML

        return unpack(data)


backend = Kfp()
