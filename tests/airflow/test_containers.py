"""Container steps: what stands in the DAG file, what is refused, and pods as Kubernetes takes them, run by a cluster of this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.local.execute import run_native
from mloc.runner.jsons import Json, canonical
from mloc_airflow.launch import airflow_version
from mloc_airflow.launch_home import private_home
from tests.airflow.cluster import Cluster, running, validate
from tests.airflow.container_programs import CONTAINED, DOCKER, LATE, POD, RETRIED
from tests.airflow.running import Compiled, compile_text, statuses

IMAGE = "tool@sha256:" + "1" * 64
RICH = """
target airflow:
    namespace "ml"
    kubernetes_conn "cluster"
    volume_claim "mloc-files"
    volume_path "/mnt/mloc"
    node_selector {"zone": "a"}
    tolerations ["nvidia.com/gpu:NoSchedule", "team=ml"]
    labels {"team": "churn"}
    annotations {"sidecar.istio.io/inject": "false"}
    service_account "trainer"
    image_pull_policy IfNotPresent
    image_pull_secrets ["registry"]
"""


def compiled(text: str, folder: Path) -> Compiled:
    return compile_text(text.replace("IMAGE", IMAGE), folder)


def reported(text: str, folder: Path) -> list[str]:
    """The codes and messages of a program and its bundle."""
    path = folder / "program.mlp"
    path.write_text(text.replace("IMAGE", IMAGE))
    analysis = analyse(str(path))
    assert not analysis.has_errors, [d.message for d in analysis.diagnostics]
    return [f"{d.rule.code} {d.message}" for d in compile_(analysis, analysis.pipelines[-1], "airflow").diagnostics]


def test_the_task_of_a_pod(tmp_path: Path) -> None:
    program = compiled(
        CONTAINED.replace("    retry 1, backoff=1s\n", "    retry 1, backoff=1s\n    resources cpu=2, memory=4GiB\n") + RICH, tmp_path
    )
    text = program.dag_file
    assert "from contained_mloc.pod_steps import pod_step\n" in text
    assert "Beside Airflow it needs apache-airflow-providers-cncf-kubernetes, here and on the workers." in text
    task = text[text.index("@pod_step(") : text.index("def write(")]
    for said in (f'image="{IMAGE}"', 'name="write"', 'namespace="ml"', 'kubernetes_conn_id="cluster"', '"serviceAccountName": "trainer"'):
        assert said in task
    assert '"requests": {"cpu": "2000m", "memory": "4Gi"}' in task
    # What a step gives its container never stands in the DAG file, where Airflow might render it.
    assert "{{" not in text.replace('"a $(b) $$(c) {{ 1+1 }}"', "")
    assert program.artifacts["contained_mloc/requirements.txt"] == "apache-airflow-providers-cncf-kubernetes\n"


def test_the_task_of_docker(tmp_path: Path) -> None:
    settings = "    retry 1, backoff=1s\n    resources cpu=2, memory=4GiB, shm=1GiB, gpu=1\n"
    program = compiled(CONTAINED.replace("    retry 1, backoff=1s\n", settings) + DOCKER + '    docker_conn "registry"\n', tmp_path)
    task = program.dag_file[program.dag_file.index("@docker_step(") : program.dag_file.index("def write(")]
    for said in ('docker_conn_id="registry"', 'network_mode="none"', "cpus=2.0", "mem_limit=4294967296", "shm_size=1073741824", "gpus=1"):
        assert said in task
    assert "pod_step" not in program.dag_file


def test_a_program_without_containers_needs_nothing(tmp_path: Path) -> None:
    program = compile_text(
        'mlp 1\n\nstep a() -> int:\n    run inline "return 1"\n\npipeline p() -> (n: int):\n    n = a()\n    return n=n\n', tmp_path
    )
    assert "Beside Airflow" not in program.dag_file
    assert not {"p_mloc/requirements.txt", "p_mloc/places.json"} & program.artifacts.keys()


def test_files_need_a_volume_in_common(tmp_path: Path) -> None:
    found = reported(LATE, tmp_path)
    assert any(
        each == "E1120 target `airflow` cannot express `run container` of step `slow`: "
        "its files need a volume that its pod and the worker have in common"
        for each in found
    ), found


def test_a_container_without_files_needs_none(tmp_path: Path) -> None:
    text = LATE[: LATE.index("pipeline late")] + 'pipeline told():\n    tell(text="x")\n'
    assert not [each for each in reported(text, tmp_path) if each.startswith("E")]
    assert '"emptyDir": {}' in compiled(text, tmp_path).dag_file


SECRET = """mlp 1

secret token from env("TOKEN_OF_TESTS")

step tell(text: str):
    run container command=["/bin/sh", "-c"], args=["test \\"$TOKEN\\" = sesame-sesame; echo \\"$1\\"", "sh", text]
    image "IMAGE"
    secrets TOKEN=token
    timeout 5min

pipeline told():
    tell(text="x")
"""


def test_secrets_stand_in_no_pod(tmp_path: Path) -> None:
    found = reported(SECRET, tmp_path)
    assert any(each.startswith("E1120") and "its secrets would stand in the pod" in each for each in found), found
    assert not [each for each in reported(SECRET + DOCKER, tmp_path) if each.startswith("E")]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (DOCKER + '    labels {"a": "b"}\n', "W1118 `labels` has no effect with target `airflow` on a container that Docker runs"),
        (
            POD + '    docker_conn "x"\n',
            "W1118 `docker_conn` has no effect with target `airflow` on a container that runs in a pod of Kubernetes",
        ),
    ],
)
def test_what_has_no_effect(said: str, message: str, tmp_path: Path) -> None:
    assert message in reported(LATE + said.replace("VOLUME", "/mnt/mloc"), tmp_path)


def test_the_pod_of_a_python_step(tmp_path: Path) -> None:
    """`run pod`: the override, laid over a pod as Airflow's documentation has it."""
    private_home(airflow_version())
    from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
    from kubernetes import client

    text = (
        'mlp 1\n\nstep fit(n: int) -> int:\n    run inline "return n"\n    image "IMAGE"\n'
        '    resources cpu=2, memory=4GiB, disk=10GiB, shm=1GiB, gpu=1, gpu_type="NVIDIA-L4"\n\n'
        "pipeline p() -> (n: int):\n    n = fit(n=1)\n    return n=n\n"
    )
    pod_attributes = RICH.replace(
        '    namespace "ml"\n    kubernetes_conn "cluster"\n    volume_claim "mloc-files"\n    volume_path "/mnt/mloc"\n', "    run pod\n"
    )
    dag_file = compiled(text + pod_attributes, tmp_path).dag_file
    start = dag_file.index('"pod_override": ') + len('"pod_override": ')
    source = dag_file[start : dag_file.index("\n    },", start)].rstrip().removesuffix(",")
    override = eval(source, {"k8s": client.models})
    worker = client.V1Pod(
        api_version="v1",
        kind="Pod",
        metadata=client.V1ObjectMeta(name="worker"),
        spec=client.V1PodSpec(containers=[client.V1Container(name="base", image="apache/airflow", args=["x"])], restart_policy="Never"),
    )
    pod = client.ApiClient().sanitize_for_serialization(PodGenerator.reconcile_pods(worker, override))
    validate(pod)
    assert pod["spec"]["containers"][0]["image"] == IMAGE
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"memory": "4Gi", "ephemeral-storage": "10Gi", "nvidia.com/gpu": "1"}


def test_the_entry_point_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a step without `command` its `args` go to whatever the image starts."""
    private_home(airflow_version())
    from mloc_airflow.adapter import docker_steps, pod_steps
    from mloc_airflow.adapter.containers import Container

    container = Container((), ("a", "$(b)"), {}, Path("/mnt/mloc/x"), Path("/mnt/mloc/x/work"))
    for module in (docker_steps, pod_steps):
        monkeypatch.setattr(module, "of_this_task", lambda kind: None)
    by_docker = docker_steps.DockerContainer(container, {"operator": {"image": IMAGE}})._operator
    assert (by_docker.entrypoint, by_docker.command) == (None, ["a", "$(b)"])
    pod = {"spec": {"containers": [{"name": "base"}]}}
    in_pod = pod_steps.PodContainer(container, {"operator": {"image": IMAGE, "pod_template_dict": pod}, "folder": "/mnt/mloc"})._operator
    assert (in_pod.cmds, in_pod.arguments) == ([], ["a", "$$(b)"])
    assert in_pod.pod_template_dict["spec"]["containers"][0]["volumeMounts"][0]["subPath"] == "x"


def test_the_schema_refuses(tmp_path: Path) -> None:
    """What the other tests lean on refuses a wrong pod."""
    from kubernetes_validate import ValidationError

    pod: dict[str, Json] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "base", "image": "a"}]},
    }
    validate(pod)
    with pytest.raises(ValidationError):
        validate(pod | {"spec": {"containers": [{"name": "base", "volumeMounts": [{"name": "shm", "mount_path": "/dev/shm"}]}]}})


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    # Which takes what is there of Airflow out of the environment, once.
    private_home(airflow_version())
    monkeypatch.setenv("MLOC_CONTAINERS", "airflow")
    with running() as (found, connection):
        monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", connection)
        monkeypatch.setenv("AIRFLOW_CONN_CLUSTER", connection)
        yield found


def in_pods(text: str, folder: Path, **params: Json) -> tuple[dict[str, Json], dict[str, Json]]:
    """The reports of the native executor, which runs the commands here, and of the bundle on the cluster."""
    (folder / "volume").mkdir()
    program = compiled(text.replace("VOLUME", str(folder / "volume")), folder)
    texts = {name: canonical(value) for name, value in params.items()}
    native = dict(
        run_native(program.pipeline, texts, store=folder / "native", lines=program.analysis.lines(program.pipeline), containers="none")
    )
    report = program.run(folder / "airflow", **params)
    assert not [*(folder / "volume").iterdir()], "a folder of files was left"
    return native, report


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_pods_plain_mapped_together_and_in_a_handler(cluster: Cluster, tmp_path: Path) -> None:
    rich = RICH.replace("/mnt/mloc", str(tmp_path / "volume"))
    native, report = in_pods(CONTAINED + rich, tmp_path)
    assert cluster.refused == []
    assert (report["status"], report["outputs"], statuses(report)) == ("succeeded", native["outputs"], statuses(native)), report["error"]
    assert (len(cluster.made), cluster.pods) == (5, {})
    pod = cluster.made[0]
    assert pod["metadata"]["namespace"] == "ml"
    assert pod["spec"]["serviceAccountName"] == "trainer"
    assert [mount["name"] for mount in pod["spec"]["containers"][0]["volumeMounts"]] == ["mloc-files"]


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_pods_that_fail_and_are_tried_again(cluster: Cluster, tmp_path: Path) -> None:
    native, report = in_pods(RETRIED + POD, tmp_path)
    assert (report["status"], report["outputs"], statuses(report)) == ("succeeded", native["outputs"], statuses(native)), report["error"]
    assert len(cluster.made) == 5


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_a_pod_that_is_late(cluster: Cluster, tmp_path: Path) -> None:
    native, report = in_pods(LATE + POD, tmp_path)
    assert (report["status"], report["error"], statuses(report)) == ("failed", native["error"], statuses(native))


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
@pytest.mark.parametrize("said", [POD, DOCKER], ids=["pod", "docker"])
def test_the_report_is_the_native_one(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without containers, as MLOC_CONTAINERS says."""
    monkeypatch.setenv("MLOC_CONTAINERS", "none")
    native, report = in_pods(CONTAINED + said, tmp_path, least=1000)
    assert (report["status"], report["error"], statuses(report)) == ("failed", native["error"], statuses(native))
