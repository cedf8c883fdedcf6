"""Container steps: the operator that runs each, with its keywords, as the DAG file and `places.json` have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

from mloc.backend import Attributes
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_EXPRESSIBLE, NOT_HONOURED
from mloc.emit.names import shorten
from mloc.emit.python import Code, code
from mloc.ir.model import Call, Pipeline, Resources, RunContainer, Step
from mloc.ir.walk import every_call
from mloc.passes.sizes import place
from mloc.types.encode import Json
from mloc.types.model import holds_artifact
from mloc_airflow.pods import OF_PODS, amounts, parts_of_toleration, size

Said = Mapping[str, Json]

OF_DOCKER = frozenset({"docker_conn", "network_mode"})
"""The attributes that only a container by Docker can have."""
OF_CONTAINER_PODS = frozenset({"namespace", "kubernetes_conn", "volume_claim"})
"""Those that only the pod of a container step can have, and no other pod."""
OF_CONTAINERS = OF_DOCKER | OF_CONTAINER_PODS | {"containers", "volume_path"}
"""Those that only container steps can have."""
PROVIDERS = {"docker": "apache-airflow-providers-docker", "pod": "apache-airflow-providers-cncf-kubernetes"}
"""The distribution of each operator."""
DECORATORS = {"docker": "docker_step", "pod": "pod_step"}

_NAME_LIMIT = 40
_FILES = "mloc-files"


def of_containers(pipeline: Pipeline) -> frozenset[str]:
    """The names of the container steps."""
    return frozenset(step.name for step in pipeline.steps if isinstance(step.run, RunContainer))


def engine_of(said: Said) -> str:
    """What runs the container of a call: `docker` or `pod`."""
    return str(said.get("containers", "pod"))


def engines_of(pipeline: Pipeline, attributes: Attributes) -> frozenset[str]:
    """What runs the containers of a pipeline."""
    contained = of_containers(pipeline)
    return frozenset(engine_of(attributes.of(call.id)) for call in every_call(pipeline) if call.step in contained)


def container(call: Call, said: Said) -> dict[str, Json]:
    """What the adapter must know of the container of a call."""
    return {"engine": engine_of(said), "folder": said.get("volume_path"), "operator": operator(call, said)}


def options(call: Call, said: Said) -> tuple[tuple[str, Code], ...]:
    """The operator's keywords in the DAG file."""
    return tuple((name, code(value)) for name, value in operator(call, said).items())


def operator(call: Call, said: Said) -> dict[str, Json]:
    """The keywords of the operator; the adapter adds the command, the environment and the folder of files when the step runs."""
    image, resources = call.settings.image, call.settings.resources
    if engine_of(said) == "docker":
        asked: dict[str, Json] = {
            "docker_conn_id": said.get("docker_conn"),
            "network_mode": said.get("network_mode"),
            "cpus": resources.cpu,
            "mem_limit": resources.memory,
            "shm_size": resources.shm,
            "gpus": resources.gpu or None,
        }
        return {"image": image} | {name: amount for name, amount in asked.items() if amount is not None}
    where: dict[str, Json] = {"namespace": said.get("namespace"), "kubernetes_conn_id": said.get("kubernetes_conn")}
    return {
        "image": image,
        "name": shorten(re.sub(r"[^a-z0-9]+", "-", call.step.lower()).strip("-") or "step", _NAME_LIMIT),
        **{name: text for name, text in where.items() if text is not None},
        "pod_template_dict": _pod(resources, said),
    }


def report_containers(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    """Refuse containers that would share no files with the worker, or whose secrets would be shown; report what has no effect."""
    steps = {step.name: step for step in pipeline.steps if isinstance(step.run, RunContainer)}
    for call in (call for call in every_call(pipeline) if call.step in steps):
        said = attributes.of(call.id)
        if engine_of(said) == "pod":
            _report_pod(pipeline, call, steps[call.step], said, bag)
        elif call.settings.resources.disk is not None or call.settings.resources.gpu_type is not None:
            what = "disk" if call.settings.resources.disk is not None else "gpu_type"
            message = f"`{what}` of `resources` has no effect on `{call.step}` with target `airflow`: Docker runs its container"
            bag.report(NOT_HONOURED, place(pipeline, call.id), message, help="say `containers pod`, or leave it out")
        without = OF_PODS | OF_CONTAINER_PODS if engine_of(said) == "docker" else OF_DOCKER
        for name in sorted(without & said.keys()):
            span = attributes.spans.get((call.id, name), place(pipeline, call.id))
            by, other = ("Docker runs", "pod") if engine_of(said) == "docker" else ("runs in a pod", "docker")
            what = f"a container that {by}" if other == "pod" else f"a container that {by} of Kubernetes"
            message = f"`{name}` has no effect with target `airflow` on {what}"
            bag.report(NOT_HONOURED, span, message, help=f"say `containers {other}`, or leave it out")


def _report_pod(pipeline: Pipeline, call: Call, step: Step, said: Said, bag: Bag) -> None:
    here = f"target `airflow` cannot express `run container` of step `{call.step}`"
    shares = bool(step.outputs) or any(holds_artifact(each.type) for each in step.inputs)
    if shares and not {"volume_claim", "volume_path"} <= said.keys():
        help_ = 'say `volume_claim "…"` and `volume_path "/…"` in the block `target airflow`, or `containers docker`'
        message = f"{here}: its files need a volume that its pod and the worker have in common"
        bag.report(NOT_EXPRESSIBLE, place(pipeline, call.id), message, help=help_)
    if call.settings.secrets:
        help_ = "say `containers docker`, or read them in a `python`, `inline` or `shell` step"
        message = f"{here}: the values of its secrets would stand in the pod, for all to read who see the namespace"
        bag.report(NOT_EXPRESSIBLE, place(pipeline, call.id), message, help=help_)


def _pod(resources: Resources, said: Said) -> dict[str, Json]:
    """A pod whose container `base` is the step's."""
    base: dict[str, Json] = {"name": "base"}
    if "image_pull_policy" in said:
        base["imagePullPolicy"] = said["image_pull_policy"]
    asked = amounts(resources)
    if asked:
        base["resources"] = cast("Json", asked)
    shared = {"persistentVolumeClaim": {"claimName": said["volume_claim"]}} if "volume_claim" in said else {"emptyDir": {}}
    volumes: list[Json] = [{"name": _FILES, **cast("dict[str, Json]", shared)}]
    if resources.shm is not None:
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": size(resources.shm)}})
        base["volumeMounts"] = [{"name": "shm", "mountPath": "/dev/shm"}]
    spec: dict[str, Json] = {"containers": [base], "volumes": volumes, **_placement(resources, said)}
    metadata = {name: said[name] for name in ("labels", "annotations") if name in said}
    return {"apiVersion": "v1", "kind": "Pod", **({"metadata": metadata} if metadata else {}), "spec": spec}


def _placement(resources: Resources, said: Said) -> dict[str, Json]:
    found: dict[str, Json] = {}
    labels = dict(cast("dict[str, Json]", said.get("node_selector", {})))
    if resources.gpu_type is not None:
        labels = {"nvidia.com/gpu.product": resources.gpu_type, **labels}
    if labels:
        found["nodeSelector"] = labels
    if "tolerations" in said:
        found["tolerations"] = [dict(parts_of_toleration(str(text))) for text in cast("list[Json]", said["tolerations"])]
    if "service_account" in said:
        found["serviceAccountName"] = said["service_account"]
    if "image_pull_secrets" in said:
        found["imagePullSecrets"] = [{"name": name} for name in cast("list[Json]", said["image_pull_secrets"])]
    return found
