"""What `target airflow` says stands in the DAG that Airflow reads, and the DAG still runs."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc_airflow.launch import airflow_version
from mloc_airflow.launch_home import private_home
from tests.airflow.programs import STEPS
from tests.airflow.running import compile_text

PROGRAM = f"""{STEPS}
pipeline said(xs: list[int] = [1, 2] in 0..5) -> (first: int, all: list[int], limited: list[int]):
    first = add(a=1, b=2)
    all = for x in xs:
        each = same(i=x)
        yield each.o
    limited = for x in xs limit 1:
        one = same(i=x)
        two = same(i=one.o)
        yield two.o
    return first=first, all=all, limited=limited

"""
BLOCK = """
target airflow:
    dag_id "said_daily"
    description "what {{ ds }} says"
    tags ["ml", "churn"]
    owner "churn team"
    start_date "2026-01-31T06:30:00Z"
    max_active_runs 1
    max_active_tasks 8
    max_failed_runs 3
    paused true
    run_types [manual]
    rerun_with_latest_version true
    pool "default_pool"
    raw {"owner_links": {"churn team": "mailto:churn@example.com"}}
    step add:
        priority_weight 10
        retry 2, backoff=1s
    step all.each:
        queue "quick"
        pool_slots 2
        depends_on_past false
        raw {"map_index_template": "{{ task.task_id }}"}
    step limited.one:
        queue "slow"
        executor "LocalExecutor"
    step limited.two:
        queue "slow"
"""


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_what_the_block_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private_home(airflow_version())
    folder = compile_text(PROGRAM + BLOCK, tmp_path).write(tmp_path / "dags")
    monkeypatch.syspath_prepend(str(folder))
    bag = importlib.import_module("airflow.dag_processing.dagbag").DagBag(dag_folder=str(folder), safe_mode=True)
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    assert (dag.dag_id, dag.description) == ("said_daily", "what {{ ds }} says")
    assert set(dag.tags) == {"ml", "churn"}
    assert dag.start_date == datetime(2026, 1, 31, 6, 30, tzinfo=UTC)
    assert (dag.max_active_runs, dag.max_active_tasks, dag.max_consecutive_failed_dag_runs) == (1, 8, 3)
    assert (dag.is_paused_upon_creation, dag.rerun_with_latest_version) == (True, True)
    assert [str(kind.value) for kind in dag.allowed_run_types] == ["manual"]
    assert dag.owner_links == {"churn team": "mailto:churn@example.com"}
    # Said of the target: all tasks have it. Said of a step: its tasks alone.
    assert {(task.owner, task.pool) for task in dag.tasks} == {("churn team", "default_pool")}
    assert {task.task_id for task in dag.tasks if task.priority_weight == 10} == {"first"}
    assert dag.get_task("first").retries == 2
    assert {task.task_id: task.pool_slots for task in dag.tasks if task.pool_slots != 1} == {"all.each": 2}
    assert {task.task_id for task in dag.tasks if task.queue == "quick"} == {"all.each"}
    # The body of a limited loop is one task, which has what is said of all its steps.
    assert {task.task_id: task.executor for task in dag.tasks if task.queue == "slow"} == {"limited": None}


def test_an_empty_block_changes_nothing(tmp_path: Path) -> None:
    def emitted(program: str) -> list[str]:
        (text,) = (str(content) for path, content in compile_text(program, tmp_path).artifacts.items() if "/" not in path)
        # The head has the digest of the program.
        return text.splitlines()[6:]

    assert emitted(PROGRAM) == emitted(PROGRAM + 'target airflow:\n    version "3.3"\n')


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_it_runs(tmp_path: Path) -> None:
    report = compile_text(PROGRAM + BLOCK, tmp_path).run(tmp_path / "run")
    assert (report["status"], report["outputs"]) == ("succeeded", {"first": 3, "all": [1, 2], "limited": [1, 2]})


HANDLED = f"""{STEPS}
pipeline handled() -> (first: int):
    first = add(a=1, b=2)
    return first=first
    finally:
        same(i=1) with timeout(1min)
        after = same(i=2) with timeout(1min)

target airflow:
    step same:
        pool "small"
"""


def test_the_task_of_a_handler_has_what_all_its_steps_have(tmp_path: Path) -> None:
    (text,) = (str(content) for path, content in compile_text(HANDLED, tmp_path).artifacts.items() if "/" not in path)
    assert '@task(task_id="finally", pool="small")' in text


def test_what_the_task_of_a_handler_cannot_have_is_told(tmp_path: Path) -> None:
    program = tmp_path / "program.mlp"
    program.write_text(HANDLED + '        image "a:1"\n' + '    step finally.after:\n        queue "slow"\n', encoding="utf-8")
    found = {d.message for d in analyse(str(program), for_targets=True, targets=("airflow",)).diagnostics if d.rule.code == "W1118"}
    assert found == {
        "`queue` has no effect on `same`: all steps of `finally` run in one task of Airflow",
        "`image` has no effect on `same` with target `airflow`: its workers run every step in their own Python, as they are",
    }


PODS = f"""{STEPS}
step fit(i: int) -> int:
    run inline "return i"
    image "acme/fit@sha256:{"1" * 64}"
    resources cpu=1.5, memory=2GiB, gpu=1, gpu_type="A100", disk=50GiB, shm=1GiB

pipeline pods() -> (r: int):
    first = same(i=1)
    r = fit(i=first.o)
    return r=r

target airflow:
    labels {{"team": "churn"}}
    image_pull_secrets ["registry"]
    step fit:
        run pod
        node_selector {{"kind": "big"}}
        tolerations ["nvidia.com/gpu:NoSchedule", "team=churn"]
        service_account "trainer"
        annotations {{"example.com/n": "v"}}
        image_pull_policy IfNotPresent
"""


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_a_pod_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private_home(airflow_version())
    folder = compile_text(PODS, tmp_path).write(tmp_path / "dags")
    monkeypatch.syspath_prepend(str(folder))
    bag = importlib.import_module("airflow.dag_processing.dagbag").DagBag(dag_folder=str(folder), safe_mode=True)
    assert bag.import_errors == {}
    dag = bag.dags["pods"]
    assert dag.get_task("first").executor_config == {}
    pod = (
        importlib.import_module("kubernetes.client")
        .ApiClient()
        .sanitize_for_serialization(dag.get_task("r").executor_config["pod_override"])
    )
    both = {"memory": "2Gi", "ephemeral-storage": "50Gi", "nvidia.com/gpu": "1"}
    assert pod == {
        "metadata": {"labels": {"team": "churn"}, "annotations": {"example.com/n": "v"}},
        "spec": {
            "containers": [
                {
                    "name": "base",
                    "image": f"acme/fit@sha256:{'1' * 64}",
                    "imagePullPolicy": "IfNotPresent",
                    "resources": {"requests": {"cpu": "1500m", **both}, "limits": both},
                    "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],
                }
            ],
            "nodeSelector": {"nvidia.com/gpu.product": "A100", "kind": "big"},
            "tolerations": [
                {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
                {"key": "team", "operator": "Equal", "value": "churn"},
            ],
            "serviceAccountName": "trainer",
            "imagePullSecrets": [{"name": "registry"}],
            "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}],
        },
    }
