"""Executors: the container that a task runs in, with its image, resources and start command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from mloc.ir.model import Call, Resources
from mloc.types.encode import Json
from mloc_kfp.spec import Doc

DEFAULT_IMAGE = "python:3.11-slim"

# kfp.local runs only what mentions Kubeflow's own executor; nothing reads this argument.
_MARK = "kfp.dsl.executor_main"
_SCRATCH = "/mloc-scratch"


def usual_image(calls: Iterable[Call]) -> str:
    """The image for tasks that run no step: the one that most steps use, so that nothing else has to be pulled."""
    images = Counter(call.settings.image for call in calls if call.settings.image is not None)
    return images.most_common(1)[0][0] if images else DEFAULT_IMAGE


def executor(image: str, start: str, resources: Resources, variables: dict[str, str]) -> Doc:
    """A container that runs `start`, the text of a Python program, on the task's executor input."""
    container: Doc = {
        "image": image,
        "command": ["python3", "-c", start],
        "args": ["--executor_input", "{{$}}", "--executor_module", _MARK],
    }
    limits = _resources(resources)
    if limits:
        container["resources"] = limits
    if variables:
        container["env"] = [{"name": name, "value": value} for name, value in variables.items()]
    return {"container": container}


def _resources(resources: Resources) -> Doc:
    """Memory and accelerators are limits and requests at once, so that a node is never overcommitted; cpu is a request."""
    found: Doc = {}
    if resources.cpu is not None:
        found["resourceCpuRequest"] = _cores(resources.cpu)
    if resources.memory is not None:
        found["resourceMemoryRequest"] = found["resourceMemoryLimit"] = _bytes(resources.memory)
    if resources.gpu:
        found["accelerator"] = {"resourceType": "nvidia.com/gpu", "resourceCount": str(resources.gpu)}
    return found


def _cores(cpu: float) -> str:
    return str(int(cpu)) if cpu == int(cpu) else f"{round(cpu * 1000)}m"


def _bytes(size: int) -> str:
    for unit, name in ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if size and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def environment(resources: Resources) -> dict[str, str]:
    """What the container needs to be told: where the volume is on which the step works."""
    return {} if resources.disk is None else {"TMPDIR": _SCRATCH}


def platform(resources: Resources, secrets: Mapping[str, tuple[str, str]]) -> Json:
    """The Kubernetes part of an executor; None when it needs none.

    A kind of accelerator is the label that NVIDIA's feature discovery gives to nodes. Disk is a volume that lives as long as the pod:
    a container of Kubeflow's has no field for ephemeral storage. `secrets` are variables with the name and key of a Kubernetes secret.
    """
    found: Doc = {}
    if resources.gpu_type is not None:
        found["nodeSelector"] = {"labels": {"nvidia.com/gpu.product": resources.gpu_type}}
    if resources.disk is not None:
        volume: Doc = {"volumeName": "mloc-scratch", "mountPath": _SCRATCH, "accessModes": ["ReadWriteOnce"]}
        found["genericEphemeralVolume"] = [{**volume, "defaultStorageClass": True, "size": _bytes(resources.disk)}]
    if secrets:
        found["secretAsEnv"] = [_from_secret(variable, name, key) for variable, (name, key) in secrets.items()]
    return found or None


def _from_secret(variable: str, name: str, key: str) -> Doc:
    """`secretName` is for servers that do not know `secretNameParameter` yet."""
    named: Doc = {"secretName": name, "secretNameParameter": {"runtimeValue": {"constant": name}}}
    return {**named, "keyToEnv": [{"secretKey": key, "envVar": variable}]}
