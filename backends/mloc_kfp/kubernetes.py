"""The Kubernetes part of an executor: what a `target kfp` block and the resources of a step make of kfp-kubernetes' configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from mloc import patterns
from mloc.ir.model import Resources
from mloc.types.encode import Json
from mloc_kfp.quantities import size_text
from mloc_kfp.spec import Doc, constant

SCRATCH = "/mloc-scratch"
_TOLERATION = patterns.of(r"([^=:]+)(?:=([^:]+))?(?::(.+))?")

# What every pod of a pipeline needs, not those of its steps alone: who may run where, and which images the node may fetch.
OF_EVERY_POD = frozenset(
    "node_selector tolerations image_pull_policy image_pull_secrets labels annotations security_context node_affinity".split()
)

Said = Mapping[str, Json]


def platform(resources: Resources, said: Said, secrets: Mapping[str, tuple[str, str]]) -> Json:
    """The Kubernetes part of an executor; None when it needs none.

    A kind of accelerator is the label that NVIDIA's feature discovery gives to nodes. Disk is a volume that lives as long as the pod:
    a container of Kubeflow's has no field for ephemeral storage. `secrets` are variables with the name and key of a Kubernetes secret.
    """
    found = {**_nodes(resources, said), **_pod(said), **_volumes(resources, said), **_variables(said)}
    if secrets:
        found["secretAsEnv"] = [_from_secret(variable, name, key) for variable, (name, key) in secrets.items()]
    return found or None


def _nodes(resources: Resources, said: Said) -> Doc:
    found: Doc = {}
    labels = dict(cast("dict[str, Json]", said.get("node_selector", {})))
    if resources.gpu_type is not None:
        labels = {"nvidia.com/gpu.product": resources.gpu_type, **labels}
    if labels:
        found["nodeSelector"] = {"labels": labels}
    if "tolerations" in said:
        found["tolerations"] = [_toleration(str(text)) for text in cast("list[Json]", said["tolerations"])]
    if "node_affinity" in said:
        found["nodeAffinity"] = [_affinity(term) for term in _entries(said, "node_affinity")]
    return found


def _toleration(text: str) -> Json:
    """`key=value:effect`; without a value every one is tolerated, without an effect all of them."""
    match = _TOLERATION.fullmatch(text)
    assert match is not None
    key, value, effect = match.groups()
    found: Doc = {"key": key, "operator": "Exists"} if value is None else {"key": key, "operator": "Equal", "value": value}
    return found if effect is None else {**found, "effect": effect}


def _affinity(term: Doc) -> Json:
    rule: Doc = {name: term[name] for name in ("key", "operator", "values") if name in term}
    found: Doc = {"matchExpressions": [rule]}
    return {**found, "weight": term["weight"]} if "weight" in term else found


def _pod(said: Said) -> Doc:
    found: Doc = {}
    if "image_pull_policy" in said:
        found["imagePullPolicy"] = said["image_pull_policy"]
    if "image_pull_secrets" in said:
        names = cast("list[Json]", said["image_pull_secrets"])
        # Servers before 2.16 read the first of these, later ones the second.
        found["imagePullSecret"] = [{"secretName": name, "secretNameParameter": constant(str(name))} for name in names]
    metadata: Doc = {name: said[name] for name in ("labels", "annotations") if name in said}
    if metadata:
        found["podMetadata"] = metadata
    if "deadline" in said:
        found["activeDeadlineSeconds"] = str(-(-cast("int", said["deadline"]) // 1000))
    context = cast("Doc", said.get("security_context", {}))
    if context:
        names_ = {"user": "runAsUser", "group": "runAsGroup", "non_root": "runAsNonRoot"}
        found["securityContext"] = {names_[name]: value if name == "non_root" else str(value) for name, value in context.items()}
    return found


def _volumes(resources: Resources, said: Said) -> Doc:
    found: Doc = {}
    if resources.disk is not None:
        volume: Doc = {"volumeName": "mloc-scratch", "mountPath": SCRATCH, "accessModes": ["ReadWriteOnce"]}
        found["genericEphemeralVolume"] = [{**volume, "defaultStorageClass": True, "size": size_text(resources.disk)}]
    if resources.shm is not None:
        found["enabledSharedMemory"] = {"volumeName": "mloc-shm", "size": size_text(resources.shm)}
    if "pvc" in said:
        found["pvcMount"] = [_claim(entry) for entry in _entries(said, "pvc")]
    folders = [entry for entry in _entries(said, "config_map") if "path" in entry]
    if folders:
        found["configMapAsVolume"] = [{**_config_map(entry), "mountPath": entry["path"]} for entry in folders]
    if "empty_dir" in said:
        found["emptyDirMounts"] = [_empty_dir(entry) for entry in _entries(said, "empty_dir")]
    return found


def _claim(entry: Doc) -> Json:
    found: Doc = {"constant": entry["claim"], "pvcNameParameter": constant(str(entry["claim"])), "mountPath": entry["path"]}
    return {**found, "subPath": entry["sub_path"]} if "sub_path" in entry else found


def _config_map(entry: Doc) -> Doc:
    name = str(entry["name"])
    return {"configMapName": name, "configMapNameParameter": constant(name), "optional": entry.get("optional") is True}


def _empty_dir(entry: Doc) -> Json:
    found: Doc = {"volumeName": entry["name"], "mountPath": entry["path"]}
    if "medium" in entry:
        found["medium"] = entry["medium"]
    return {**found, "sizeLimit": size_text(cast("int", entry["size"]))} if "size" in entry else found


def _variables(said: Said) -> Doc:
    found: Doc = {}
    given = [entry for entry in _entries(said, "config_map") if "env" in entry]
    if given:
        found["configMapAsEnv"] = [{**_config_map(entry), "keyToEnv": _keys(cast("Doc", entry["env"]))} for entry in given]
    if "field_env" in said:
        found["fieldPathAsEnv"] = [{"name": name, "fieldPath": field} for name, field in cast("Doc", said["field_env"]).items()]
    return found


def _from_secret(variable: str, name: str, key: str) -> Json:
    """`secretName` is for servers that do not know `secretNameParameter` yet."""
    return {"secretName": name, "secretNameParameter": constant(name), "keyToEnv": [{"secretKey": key, "envVar": variable}]}


def _keys(env: Doc) -> list[Json]:
    return [{"configMapKey": key, "envVar": name} for name, key in env.items()]


def _entries(said: Said, name: str) -> list[Doc]:
    return cast("list[Doc]", said.get(name, []))
