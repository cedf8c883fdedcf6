"""What `target flyte` says, as arguments of flytekit's decorators and as a launch plan."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import cast

from mloc.backend import Request
from mloc.emit.python import Code, call, code, literal
from mloc.types.encode import Json

Said = Mapping[str, Json]
Options = tuple[tuple[str, Code], ...]


def of_step(said: Said, request: Request, *, lenient: bool) -> Options:
    """The arguments of a step's `@task`. Where failures are values Flyte keeps no outputs: a failure would be one of them."""
    found = of_every_task(said)
    if "accelerator" in said:
        found["accelerator"] = call("GPUAccelerator", [literal(str(said["accelerator"]))])
    if said.get("engine_cache") is True and not lenient:
        version: dict[str, Code] = {"version": literal(_digest(request))}
        if said.get("cache_serialize") is True:
            version["serialize"] = "True"
        found["cache"] = call("Cache", keywords=version)
    return tuple((found | _raw(said)).items())


def of_every_task(said: Said) -> dict[str, Code]:
    """The arguments that also tasks take which run no step."""
    found: dict[str, Code] = {}
    if "interruptible" in said:
        found["interruptible"] = code(said["interruptible"])
    if "pod_template" in said:
        found["pod_template_name"] = literal(str(said["pod_template"]))
    return found


def of_workflow(request: Request) -> Options:
    return tuple(_raw(request.attributes.pipeline).items())


def plan_options(request: Request) -> Options:
    """What only launch plans have, as arguments of one."""
    said = request.attributes.pipeline
    found: dict[str, Code] = {}
    for name, maker in (("labels", "Labels"), ("annotations", "Annotations")):
        if name in said:
            found[name] = call(maker, [code(said[name])])
    if "raw_output_prefix" in said:
        found["raw_output_data_config"] = call("RawOutputDataConfig", [literal(str(said["raw_output_prefix"]))])
    if "max_parallelism" in said:
        found["max_parallelism"] = code(said["max_parallelism"])
    if "service_account" in said:
        identity = call("Identity", keywords={"k8s_service_account": literal(str(said["service_account"]))})
        found["security_context"] = call("SecurityContext", keywords={"run_as": identity})
    return tuple(found.items())


def launch_plan(request: Request, workflow: str) -> Code | None:
    """A launch plan with what only launch plans have; None when nothing of that is said."""
    found = dict(plan_options(request))
    if not found:
        return None
    return call("LaunchPlan.get_or_create", keywords={"workflow": workflow, "name": literal(f"{request.pipeline.name}_plan"), **found})


def _raw(said: Said) -> dict[str, Code]:
    return {name: code(value) for name, value in cast("Said", said.get("raw", {})).items()}


def _digest(request: Request) -> str:
    """Changes with anything that decides what a task gives: Flyte's own key has the inputs alone."""
    found = hashlib.sha256(json.dumps(request.program, sort_keys=True).encode())
    for files in (request.code, request.runner):
        for path, content in sorted(files.items()):
            found.update(f"\0{path}\0".encode())
            found.update(content)
    return found.hexdigest()[:16]
