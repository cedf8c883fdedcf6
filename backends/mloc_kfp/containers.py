"""Executors: the container that a task runs in, with its image, resources and start command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import cast

from mloc.ir.model import Call, Resources
from mloc.targets.versions import at_least
from mloc.types.encode import Json
from mloc_kfp.kubernetes import SCRATCH, Said
from mloc_kfp.patch import patched
from mloc_kfp.quantities import cores_text, size_text
from mloc_kfp.spec import Doc
from mloc_kfp.vendored.handover import COMMAND, LEFT, SCRIPT

DEFAULT_IMAGE = "python:3.11-slim"

# kfp.local runs only what mentions Kubeflow's own executor; nothing reads this argument.
MARK = "kfp.dsl.executor_main"


def usual_image(calls: Iterable[Call]) -> str:
    """The image for tasks that run no step: the one that most steps use, so that nothing else has to be pulled."""
    images = Counter(call.settings.image for call in calls if call.settings.image is not None)
    return images.most_common(1)[0][0] if images else DEFAULT_IMAGE


def executor(image: str, start: str, resources: Resources, variables: dict[str, str], said: Said, version: str, key: str = "") -> Doc:
    """A container that runs `start`, the text of a Python program, on the task's executor input.

    `said` are the attributes of the target; `key` changes when what is in the environment does, which Kubeflow's cache does not see.
    """
    args: list[Json] = ["--executor_input", "{{$}}", "--executor_module", MARK]
    return _container(image, ["python3", "-c", start], [*args, *(["--mloc-key", key] if key else [])], resources, variables, said, version)


def contained_executor(image: str, resources: Resources, variables: dict[str, str], said: Said, version: str) -> Doc:
    """A container of the user's, in which the script runs that another task has written."""
    args: list[Json] = [
        f"{{{{$.inputs.artifacts['{COMMAND}'].path}}}}/{SCRIPT}",
        f"{{{{$.outputs.artifacts['{LEFT}'].path}}}}",
        f"{{{{$.outputs.artifacts['{LEFT}'].uri}}}}",
        # `kfp.local` takes artifacts of those alone that say so there; Kubeflow puts no path in its place.
        "{{$.outputs.output_file}}",
        MARK,
    ]
    return _container(image, ["sh"], args, resources, variables, said, version)


def _container(
    image: str, command: list[Json], args: list[Json], resources: Resources, variables: dict[str, str], said: Said, version: str
) -> Doc:
    container: Doc = {"image": image, "command": command, "args": args}
    limits = _resources(resources, said) | (_old_resources(resources, said) if not at_least(version, "2.4") else {})
    if limits:
        container["resources"] = limits
    if variables:
        container["env"] = [{"name": name, "value": value} for name, value in variables.items()]
    return patched({"container": container}, cast("Said", said.get("raw", {})))


def _resources(resources: Resources, said: Said) -> Doc:
    """Memory and accelerators are limits and requests at once, so that a node is never overcommitted; cpu is a request."""
    found: Doc = {}
    if resources.cpu is not None:
        found["resourceCpuRequest"] = cores_text(resources.cpu)
    if "cpu_limit" in said:
        found["resourceCpuLimit"] = cores_text(cast("float", said["cpu_limit"]))
    if resources.memory is not None:
        found["resourceMemoryRequest"] = found["resourceMemoryLimit"] = size_text(resources.memory)
    if resources.gpu:
        found["accelerator"] = {"resourceType": said.get("gpu_resource", "nvidia.com/gpu"), "resourceCount": str(resources.gpu)}
    return found


def _old_resources(resources: Resources, said: Said) -> Doc:
    """The same for servers that do not read the fields above yet: cores and gigabytes as numbers."""
    found: Doc = {}
    if resources.cpu is not None:
        found["cpuRequest"] = resources.cpu
    if "cpu_limit" in said:
        found["cpuLimit"] = said["cpu_limit"]
    if resources.memory is not None:
        found["memoryRequest"] = found["memoryLimit"] = resources.memory / 1e9
    if resources.gpu:
        kind = said.get("gpu_resource", "nvidia.com/gpu")
        found["accelerator"] = {"type": kind, "count": str(resources.gpu), "resourceType": kind, "resourceCount": str(resources.gpu)}
    return found


def environment(resources: Resources) -> dict[str, str]:
    """What the container needs to be told: where the volume is on which the step works."""
    return {} if resources.disk is None else {"TMPDIR": SCRATCH}
