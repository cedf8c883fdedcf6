"""The emitted PipelineSpec: what Kubeflow's own messages accept, what our verifier says, and that it does not depend on chance."""

from __future__ import annotations

import ast
import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from mloc_kfp.bundle import unpack
from mloc_kfp.verify import verify
from tests.kfp.emitted import document, files_of

EVERYTHING = """
## What it is for.
pipeline everything(
        ## How many.
        count: int = 3 in 1..10,
        rate: float = 0.5,
        names: list[str] = ["a", "it's {{$}} python3"],
        given: File[txt]) -> (texts: list[str], last: str?, kept: File[txt], total: int):
    start = same(x=count)
    kept  = note(text=f"{start}")
    seen  = read(file=given)
    texts = for name in names limit 2:
        if name == "a":
            said = echo(text=name)
        else:
            inner = for other in names:
                again = echo(text=other)
                yield again
            said = "other"
        yield said
    if start > 2:
        last  = echo(text="big") after texts
        total = same(x=start + 1)
    else:
        total = 0
    return texts=texts, last=last, kept=kept.file, total=total
"""


def test_verifies(tmp_path: Path) -> None:
    assert verify(document(EVERYTHING, tmp_path)) == ()


def test_kubeflow_reads_every_message(tmp_path: Path) -> None:
    json_format = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.pipeline_spec.pipeline_spec_pb2")
    spec = document(EVERYTHING, tmp_path)
    json_format.ParseDict(spec, messages.PipelineSpec())
    for executor in spec["deploymentSpec"]["executors"].values():
        json_format.ParseDict(executor, messages.PipelineDeploymentConfig.ExecutorSpec())


def test_kubeflow_loads_and_compiles_it_again(tmp_path: Path) -> None:
    components = pytest.importorskip("kfp.components")
    compiler = pytest.importorskip("kfp.compiler")
    (text,) = (str(content) for name, content in files_of(EVERYTHING, tmp_path).items() if name.endswith(".yaml"))
    compiler.Compiler().compile(components.load_component_from_text(text), str(tmp_path / "again.yaml"))
    again = yaml.safe_load((tmp_path / "again.yaml").read_text(encoding="utf-8"))
    assert again["root"] == yaml.safe_load(text)["root"]


def test_parameters_are_a_form(tmp_path: Path) -> None:
    inputs = document(EVERYTHING, tmp_path)["root"]["inputDefinitions"]["parameters"]
    assert inputs["count"] == {"parameterType": "NUMBER_INTEGER", "defaultValue": 3, "isOptional": True, "description": "How many."}
    assert {name: entry["parameterType"] for name, entry in inputs.items()} == {
        "count": "NUMBER_INTEGER",
        "rate": "STRING",
        "names": "LIST",
        "given": "STRING",
    }
    assert inputs["rate"]["defaultValue"] == "0.5"
    assert "isOptional" not in inputs["given"]


def test_files_pass_as_artifacts(tmp_path: Path) -> None:
    spec = document(EVERYTHING, tmp_path)
    assert spec["components"]["comp-read"]["inputDefinitions"]["artifacts"].keys() == {"mloc-bundle", "file-artifact"}
    given = spec["root"]["dag"]["tasks"]["seen"]["inputs"]["artifacts"]["file-artifact"]
    assert given == {"taskOutputArtifact": {"producerTask": "parameters", "outputArtifactKey": "given-artifact"}}


def test_the_code_is_carried_once(tmp_path: Path) -> None:
    executors = document(EVERYTHING, tmp_path)["deploymentSpec"]["executors"].values()
    assert sum("env" in executor["container"] for executor in executors) == 1


def test_the_code_runs_on_old_pythons_without_mloc(tmp_path: Path) -> None:
    executors = document(EVERYTHING, tmp_path)["deploymentSpec"]["executors"]
    files = unpack({entry["name"]: entry["value"] for entry in executors["exec-parameters"]["container"]["env"]})
    assert "everything_mloc/runner/api.py" in files
    for name, data in files.items():
        if name.endswith(".py"):
            tree = ast.parse(data, feature_version=(3, 9))
            found = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level == 0]
            assert not [module for module in found if module.split(".")[0] in ("mloc", "mloc_kfp", "kfp", "yaml")], name
    ast.parse(executors["exec-same"]["container"]["command"][2], feature_version=(3, 9))


def test_resources_and_images(tmp_path: Path) -> None:
    source = """
step heavy(x: int) -> int:
    run inline \"\"\"
        return x
        \"\"\"
    image "registry.example.com/train:1"
    resources cpu=1.5, memory=2GiB, gpu=2, gpu_type="A100", disk=50GiB
    env GREETING="$(HOME) {{$}} python3"

pipeline p() -> (x: int):
    x = heavy(x=1)
    return x=x
"""
    (text,) = (str(content) for name, content in files_of(source, tmp_path).items() if name.endswith(".yaml"))
    spec, platform = yaml.safe_load_all(text)
    container = spec["deploymentSpec"]["executors"]["exec-heavy"]["container"]
    assert container["image"] == "registry.example.com/train:1"
    assert container["resources"] == {
        "resourceCpuRequest": "1500m",
        "resourceMemoryRequest": "2Gi",
        "resourceMemoryLimit": "2Gi",
        "accelerator": {"resourceType": "nvidia.com/gpu", "resourceCount": "2"},
    }
    # What the step declares for itself is given to it by the runner, where nothing expands it.
    assert container["env"] == [{"name": "TMPDIR", "value": "/mloc-scratch"}]
    (heavy,) = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values()
    assert heavy["nodeSelector"] == {"labels": {"nvidia.com/gpu.product": "A100"}}
    assert heavy["genericEphemeralVolume"][0]["size"] == "50Gi"
    json_format = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.kubernetes.kubernetes_executor_config_pb2")
    json_format.ParseDict(heavy, messages.KubernetesExecutorConfig())
    # Tasks that run no step take the image that is pulled anyway.
    assert {e["container"]["image"] for e in spec["deploymentSpec"]["executors"].values()} == {"registry.example.com/train:1"}


def test_long_names_are_shortened_and_listed(tmp_path: Path) -> None:
    long = "a_step_with_a_name_that_is_much_longer_than_kubernetes_takes"
    source = f"pipeline {long}() -> (x: int):\n    {long} = same(x=1)\n    return x={long}\n"
    files = files_of(source, tmp_path)
    shortened = json.loads(files["names.json"])
    spec = yaml.safe_load(files[f"{long}.yaml"])
    assert shortened.keys() == {long}
    assert spec["pipelineInfo"]["displayName"] == long
    assert len(spec["pipelineInfo"]["name"]) <= 25
    assert all(len(label) <= 48 for label in spec["root"]["dag"]["tasks"])
    assert "names.json" not in files_of(EVERYTHING, tmp_path)


@pytest.mark.slow
def test_the_same_bytes_whatever_the_hash_seed(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib, hashlib; from tests.kfp.emitted import files_of; from tests.kfp.test_spec import EVERYTHING\n"
        "files = files_of(EVERYTHING, pathlib.Path(sys.argv[1]))\n"
        "print(hashlib.sha256(repr([(n, str(c).replace(sys.argv[1], '')) for n, c in files.items()]).encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "77")
    }
    assert len(found) == 1


def test_many_steps_share_what_is_the_same(tmp_path: Path) -> None:
    # As many as Kubernetes stores: a thousand are refused by their size.
    calls = "".join(f"    s{n} = same(x={f's{n - 1}' if n else 'x'})\n" for n in range(500))
    spec = document(f"pipeline long(x: int) -> (y: int):\n{calls}    return y=s499\n", tmp_path)
    assert len(spec["root"]["dag"]["tasks"]) == 502
    assert len(spec["components"]) == 3
    assert verify(spec) == ()


def _broken(spec: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Copies of a sound document, each with one fault and a part of what is said of it."""

    def change(path: str, value: object) -> dict[str, Any]:
        copied = copy.deepcopy(spec)
        place: Any = copied
        *parts, last = path.split("/")
        for part in parts:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return copied

    tasks = "root/dag/tasks"
    return [
        ("there is no component", change(f"{tasks}/start/componentRef/name", "comp-none")),
        ("there is no executor", change("components/comp-same/executorLabel", "exec-none")),
        ("x is not given", change(f"{tasks}/start/inputs/parameters/x", None)),
        ("given and not declared", change(f"{tasks}/start/inputs/parameters/y", {"componentInputParameter": "count"})),
        ("comes from nowhere", change(f"{tasks}/start/inputs/parameters/x/taskOutputParameter/producerTask", "none")),
        ("comes from nowhere", change(f"{tasks}/start/inputs/parameters/x/taskOutputParameter/outputParameterKey", "none")),
        ("is LIST and should be STRING", change("components/comp-parameters/outputDefinitions/parameters/count/parameterType", "LIST")),
        ("wait for each other", change(f"{tasks}/parameters/dependentTasks", ["outputs"])),
        ("without waiting for it", change(f"{tasks}/start/dependentTasks", [])),
        ("waits for none", change(f"{tasks}/start/dependentTasks", ["parameters", "none"])),
        (
            "reads nothing that the task is given",
            change("components/comp-condition-branches-if-1/dag/tasks/condition-if-1-then/triggerPolicy/condition", "((("),
        ),
        (
            "is no list to loop over",
            change("components/comp-condition-texts-yes/dag/tasks/for-loop-texts/parameterIterator/items/inputParameter", "x"),
        ),
        ("which is not there", change("root/dag/outputs/parameters/texts/valueFromParameter/outputParameterKey", "none")),
        ("declared and not made", change("root/dag/outputs/parameters/texts", None)),
        ("share a container and differ", change("components/comp-same/executorLabel", "exec-echo")),
        ("used by no task", change("components/comp-more", {"executorLabel": "exec-mloc"})),
    ]


def test_every_fault_is_found(tmp_path: Path) -> None:
    for said, broken in _broken(document(EVERYTHING, tmp_path)):
        assert any(said in fault for fault in verify(broken)), (said, verify(broken))


def test_secrets(tmp_path: Path) -> None:
    source = """
secret hub from k8s("hub-token", key="token")

step call() -> (x: int):
    run inline "return 1"
    secrets HUB=hub

pipeline p() -> (x: int):
    x = call()
    return x=x.x
"""
    (text,) = (str(content) for name, content in files_of(source, tmp_path).items() if name.endswith(".yaml"))
    spec, platform = yaml.safe_load_all(text)
    config = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-call"]
    assert config["secretAsEnv"] == [
        {
            "secretName": "hub-token",
            "secretNameParameter": {"runtimeValue": {"constant": "hub-token"}},
            "keyToEnv": [{"secretKey": "token", "envVar": "HUB"}],
        }
    ]
    json_format = pytest.importorskip("google.protobuf.json_format")
    messages = pytest.importorskip("kfp.kubernetes.kubernetes_executor_config_pb2")
    json_format.ParseDict(config, messages.KubernetesExecutorConfig())
    assert "hub-token" not in json.dumps(spec["deploymentSpec"])
