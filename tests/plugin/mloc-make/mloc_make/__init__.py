"""The target `make`: a Makefile, and what its rules call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mloc.backend import API, Artifacts, Attributes, Difference, Feature, Pass, Refusal, Request, Support
from mloc.diagnostics.model import Bag
from mloc.ir.model import Pipeline
from mloc.targets.documents import document
from mloc_make.capabilities import CAPABILITIES, REFUSED
from mloc_make.emit import emit


@dataclass(frozen=True)
class Make:
    name: str = "make"
    api: int = API
    capabilities: Mapping[Feature, Support] = field(default_factory=lambda: CAPABILITIES)
    refused: Mapping[Feature, Refusal] = field(default_factory=lambda: REFUSED)
    differences: tuple[Difference, ...] = ()
    lowering: tuple[Pass, ...] = ()
    launcher: str = "mloc_make.launch"

    def attributes(self) -> Mapping[str, object]:
        return document("mloc_make")

    def review(self, pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
        """Make takes any number of rules of any size."""

    def emit(self, request: Request, bag: Bag) -> Artifacts:
        return emit(request)


backend = Make()
