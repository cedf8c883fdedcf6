"""The pod that a step with `run pod` has of its own, as the `pod_override` of Airflow's KubernetesExecutor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mloc import patterns
from mloc.emit.python import Bracket, Code, call, code, literal
from mloc.ir.model import Resources, Settings
from mloc.types.encode import Json

Said = Mapping[str, Json]

OF_PODS = frozenset("node_selector tolerations labels annotations image_pull_policy image_pull_secrets service_account".split())
"""The attributes that only a pod can have."""

_TOLERATION = patterns.of(r"([^=:]+)(?:=([^:]+))?(?::(.+))?")
_SIZES = ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki"))


def in_pod(said: Said) -> bool:
    """Whether a step has a pod of its own."""
    return said.get("run") == "pod"


def executor_config(settings: Settings, said: Said) -> Code:
    """`{"pod_override": …}`, in which the container `base` is the one that Airflow runs the task in."""
    container: dict[str, Code] = {"name": literal("base")}
    if settings.image is not None:
        container["image"] = literal(settings.image)
    if "image_pull_policy" in said:
        container["image_pull_policy"] = code(said["image_pull_policy"])
    asked = amounts(settings.resources)
    if asked:
        keywords = {name: code(cast("Json", amount)) for name, amount in asked.items()}
        container["resources"] = call("k8s.V1ResourceRequirements", keywords=keywords)
    volumes: dict[str, Code] = {}
    if settings.resources.shm is not None:
        limit = literal(size(settings.resources.shm))
        memory = call("k8s.V1EmptyDirVolumeSource", keywords={"medium": literal("Memory"), "size_limit": limit})
        volumes["volumes"] = _listed(call("k8s.V1Volume", keywords={"name": literal("shm"), "empty_dir": memory}))
        mount = call("k8s.V1VolumeMount", keywords={"name": literal("shm"), "mount_path": literal("/dev/shm")})
        container["volume_mounts"] = _listed(mount)
    spec = {"containers": _listed(call("k8s.V1Container", keywords=container)), **_placement(settings.resources, said), **volumes}
    pod: dict[str, Code] = {}
    metadata: dict[str, Code] = {name: code(said[name]) for name in ("labels", "annotations") if name in said}
    if metadata:
        pod["metadata"] = call("k8s.V1ObjectMeta", keywords=metadata)
    pod["spec"] = call("k8s.V1PodSpec", keywords=spec)
    return Bracket("{", ((f"{literal('pod_override')}: ", call("k8s.V1Pod", keywords=pod)),), "}")


def amounts(resources: Resources) -> dict[str, dict[str, Json]]:
    """Memory, disk and accelerators are requests and limits at once, so that a node is never overcommitted; cpu is a request."""
    both = {
        "memory": None if resources.memory is None else size(resources.memory),
        "ephemeral-storage": None if resources.disk is None else size(resources.disk),
        "nvidia.com/gpu": str(resources.gpu) if resources.gpu else None,
    }
    limits: dict[str, Json] = {name: text for name, text in both.items() if text is not None}
    requests: dict[str, Json] = {} if resources.cpu is None else {"cpu": f"{round(resources.cpu * 1000)}m"}
    found = {"requests": requests | limits, "limits": limits}
    return {name: asked for name, asked in found.items() if asked}


def _placement(resources: Resources, said: Said) -> dict[str, Code]:
    found: dict[str, Code] = {}
    labels = dict(cast("dict[str, Json]", said.get("node_selector", {})))
    if resources.gpu_type is not None:
        labels = {"nvidia.com/gpu.product": resources.gpu_type, **labels}
    if labels:
        found["node_selector"] = code(labels)
    if "tolerations" in said:
        found["tolerations"] = _listed(*(_toleration(str(text)) for text in cast("list[Json]", said["tolerations"])))
    if "service_account" in said:
        found["service_account_name"] = code(said["service_account"])
    if "image_pull_secrets" in said:
        names = cast("list[Json]", said["image_pull_secrets"])
        found["image_pull_secrets"] = _listed(*(call("k8s.V1LocalObjectReference", keywords={"name": code(name)}) for name in names))
    return found


def parts_of_toleration(text: str) -> dict[str, str]:
    """`key=value:effect`; without a value every one is tolerated, without an effect all of them."""
    match = _TOLERATION.fullmatch(text)
    assert match is not None
    key, value, effect = match.groups()
    found = {"key": key, "operator": "Exists" if value is None else "Equal"}
    return found | {name: part for name, part in (("value", value), ("effect", effect)) if part is not None}


def _toleration(text: str) -> Code:
    return call("k8s.V1Toleration", keywords={name: literal(part) for name, part in parts_of_toleration(text).items()})


def _listed(*items: Code) -> Code:
    return Bracket("[", tuple(("", item) for item in items), "]")


def size(amount: int) -> str:
    """An amount of bytes as Kubernetes writes it."""
    return next((f"{amount // unit}{name}" for unit, name in _SIZES if amount and amount % unit == 0), str(amount))
