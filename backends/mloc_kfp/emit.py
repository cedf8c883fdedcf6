"""A pipeline's bundle for Kubeflow: one YAML file, the names that had to be shortened, and its schedules."""

from __future__ import annotations

import json
from typing import cast

from mloc.backend import Artifacts, Request
from mloc.diagnostics.model import Bag
from mloc.emit.yaml import dump
from mloc.types.encode import Json
from mloc_kfp import recurring
from mloc_kfp.lower import Lowered, lower
from mloc_kfp.patch import patched
from mloc_kfp.review import review_size
from mloc_kfp.spec import Doc
from mloc_kfp.traced import notes
from mloc_kfp.verify import verify

# The pointers of `raw` that lead into the second document.
_PLATFORMS = "/platforms/"


def emit(request: Request, bag: Bag) -> Artifacts:
    """The bundle's files. Raises AssertionError when what was made is no sound PipelineSpec, which is our bug."""
    lowered = lower(request)
    faults = verify(lowered.spec)
    if faults:
        raise AssertionError("\n".join(faults))
    review_size(lowered.spec, request.pipeline, request.code, bag)
    found: dict[str, str | bytes] = {f"{request.pipeline.name}.yaml": _text(request, lowered)}
    if lowered.names.shortened:
        found["names.json"] = json.dumps(lowered.names.shortened, indent=2, sort_keys=True) + "\n"
    return found | recurring.files(request)


def _text(request: Request, lowered: Lowered) -> str:
    pipeline = request.pipeline
    comment = f"Made by mloc {request.mloc_version} from {pipeline.source} (sha256 {pipeline.source_sha256})."
    raw = cast("dict[str, Json]", request.attributes.pipeline.get("raw", {}))
    spec = patched(lowered.spec, {pointer: value for pointer, value in raw.items() if not pointer.startswith(_PLATFORMS)})
    text = dump(spec, comment, notes(lowered.spec, lowered.names, request))
    second: Doc = {"platforms": {"kubernetes": {"deploymentSpec": {"executors": lowered.platform}}}} if lowered.platform else {}
    second = patched(second, {pointer: value for pointer, value in raw.items() if pointer.startswith(_PLATFORMS)})
    return f"{text}---\n{dump(second)}" if second else text
