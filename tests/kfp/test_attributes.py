"""What `target kfp` says stands in the document as Kubeflow's own SDK would write it, and is taken by its messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kfp.emitted import files_of, run

PIPELINE = """
pipeline p() -> (x: int):
    first = same(x=1)
    x = same(x=first) with resources(shm=1GiB)
    return x=x

"""
EVERYTHING = """
target kfp:
    labels {"l": "v"}
    annotations {"n": "v"}
    image_pull_policy Always
    image_pull_secrets "reg"
    step x:
        node_selector {"a/b": "c"}
        tolerations "k=v:NoSchedule", "k2"
        pvc "claim", path="/data", sub_path="x"
        config_map [{name: "cm", path: "/etc/cm"}, {name: "cm", env: {"ENV": "key"}}]
        empty_dir "scratch", path="/s", medium=Memory, size=1GiB
        field_env {"POD": "metadata.name"}
        node_affinity [{key: "z", operator: "In", values: ["a"], weight: 5}, {key: "z", operator: "In", values: ["a"]}]
        security_context user=1, group=2, non_root=true
        deadline 1min
        cpu_limit 2
        resources cpu=1, memory=2GiB, gpu=1
"""


def documents(source: str, folder: Path) -> list[dict[str, Any]]:
    """The PipelineSpec and the platform document."""
    (text,) = (str(content) for name, content in files_of(source, folder).items() if name.endswith(".yaml"))
    return [*yaml.safe_load_all(text)]


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: executor["container"] for name, executor in spec["deploymentSpec"]["executors"].items()}


def platforms(platform: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    return found


@pytest.mark.engine
def test_what_the_block_says(tmp_path: Path) -> None:
    spec, platform = documents(PIPELINE + EVERYTHING, tmp_path)
    from tests.kfp.sdk_pipeline import compiled

    made = compiled(tmp_path / "made.yaml")
    theirs = [*yaml.safe_load_all(made.read_text(encoding="utf-8"))]
    container, expected = containers(theirs[0])["exec-step"], platforms(theirs[1])["exec-step"]
    (name,) = (name for name, found in platforms(platform).items() if "pvcMount" in found)
    found = platforms(platform)[name]
    shared_memory = found.pop("enabledSharedMemory")
    # The SDK cannot ask for shared memory; whole numbers may be written as floats.
    assert shared_memory == {"volumeName": "mloc-shm", "size": "1Gi"}
    assert found == expected
    # For servers from 2.4 on, which read these alone.
    resources = {key: value for key, value in container["resources"].items() if key.startswith("resource")}
    accelerator = {key: value for key, value in container["resources"]["accelerator"].items() if key.startswith("resource")}
    assert containers(spec)[name]["resources"] == {**resources, "accelerator": accelerator}


@pytest.mark.engine
def test_kubeflows_messages_take_it(tmp_path: Path) -> None:
    from google.protobuf.json_format import ParseDict
    from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
    from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec

    for version in ("2.3", "2.17"):
        said = EVERYTHING.replace("    labels", f'    version "{version}"\n    labels', 1)
        if version == "2.3":
            said = "".join(line for line in said.splitlines(True) if "affinity" not in line and "security_context" not in line)
        spec, platform = documents(PIPELINE + said, tmp_path)
        ParseDict(spec, PipelineSpec())
        for executor in spec["deploymentSpec"]["executors"].values():
            ParseDict(executor, PipelineDeploymentConfig.ExecutorSpec())
        for executor in platforms(platform).values():
            ParseDict(executor, KubernetesExecutorConfig())


def test_an_old_server_reads_numbers(tmp_path: Path) -> None:
    block = """
target kfp:
    version "2.3"
    step x:
        resources cpu=1.5, memory=2GB, gpu=1
        gpu_resource "amd.com/gpu"
        cpu_limit 3
"""
    spec = documents(PIPELINE + block, tmp_path)[0]
    (found,) = (container["resources"] for container in containers(spec).values() if "resources" in container)
    numbers = {key: value for key, value in found.items() if not key.startswith("resource") and key != "accelerator"}
    assert numbers == {"cpuRequest": 1.5, "cpuLimit": 3.0, "memoryRequest": 2.0, "memoryLimit": 2.0}
    assert (found["accelerator"]["type"], found["accelerator"]["count"]) == ("amd.com/gpu", "1")


def test_what_is_said_of_the_pipeline_holds_for_every_pod(tmp_path: Path) -> None:
    block = 'target kfp:\n    labels {"team": "churn"}\n    pvc "data", path="/data"\n    step x:\n        labels {"kind": "last"}\n'
    spec, platform = documents(PIPELINE + block, tmp_path)
    found = {name: executor["podMetadata"]["labels"] for name, executor in platforms(platform).items()}
    assert found.keys() == containers(spec).keys()
    assert found["exec-parameters"] == found["exec-mloc"] == {"team": "churn"}
    assert {"team": "churn", "kind": "last"} in found.values()
    # A volume is for steps alone.
    assert all("pvcMount" not in platforms(platform)[name] for name in ("exec-parameters", "exec-mloc"))


def test_kubeflow_may_cache_when_the_code_is_in_the_key(tmp_path: Path) -> None:
    block = "target kfp:\n    step x:\n        engine_cache true\n"
    spec = documents(PIPELINE + block, tmp_path)[0]
    tasks = spec["root"]["dag"]["tasks"]
    assert {name for name, task in tasks.items() if task["cachingOptions"]} == {"parameters", "x"}
    keys = {name: container["args"][4:] for name, container in containers(spec).items()}
    assert keys["exec-parameters"][0] == "--mloc-key"
    assert {key[0] for name, key in keys.items() if name != "exec-parameters"} == {"--interface"}
    other = documents(PIPELINE.replace("x=1", "x=2") + block, tmp_path)[0]
    assert containers(other)["exec-parameters"]["args"][5] != keys["exec-parameters"][1]


def test_raw_goes_where_its_pointer_leads(tmp_path: Path) -> None:
    block = """
target kfp:
    raw {"/root/dag/tasks/first/cachingOptions/enableCache": true, "/platforms/kubernetes/pipelineConfig/resourceTtl": 3600}
    step x:
        raw {"/container/resources/cpuLimit": 2.0, "/container/args/-": "more"}
"""
    spec, platform = documents(PIPELINE + block, tmp_path)
    assert spec["root"]["dag"]["tasks"]["first"]["cachingOptions"] == {"enableCache": True}
    assert platform["platforms"]["kubernetes"]["pipelineConfig"] == {"resourceTtl": 3600}
    (patched,) = (c for c in containers(spec).values() if "resources" in c)
    assert patched["resources"] == {"cpuLimit": 2.0}
    assert patched["args"][-1] == "more"


@pytest.mark.engine
def test_it_runs(tmp_path: Path) -> None:
    block = 'target kfp:\n    env MODE="fast"\n    engine_cache true\n    step x:\n        pvc "data", path="/data"\n        retry 1\n'
    ran = run(PIPELINE + block, tmp_path)
    assert (ran.status, ran.outputs) == ("succeeded", {"x": 1})


def test_an_empty_block_changes_nothing(tmp_path: Path) -> None:
    def emitted(source: str) -> str:
        spec = documents(source, tmp_path)[0]
        # The program in it has the digest of its own text.
        del spec["deploymentSpec"]["executors"]["exec-parameters"]
        return json.dumps(spec)

    assert emitted(PIPELINE) == emitted(PIPELINE + 'target kfp:\n    version "2.17"\n')
