"""What `target flyte` says stands in what flytekit serializes, and the module still runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flyte.bundles import text
from tests.flyte.programs import ONE, compiled

PROGRAM = f"""mlp 1
{ONE}
pipeline said(s: str = "a") -> (r: str, all: list[str]):
    first = one(s=s)
    all = for x in [first, "b"]:
        each = one(s=x)
        yield each
    return r=first, all=all

"""
BLOCK = """
target flyte:
    pod_template "base"
    interruptible true
    max_parallelism 7
    raw_output_prefix "s3://ml/churn"
    service_account "trainer"
    labels {"team": "churn"}
    annotations {"example.com/n": "v"}
    step first:
        resources gpu=1, memory=2GiB, shm=1GiB
        accelerator "nvidia-l4"
        interruptible false
        engine_cache true
        cache_serialize true
    step all.each:
        image "example.com/each:1"
        raw {"enable_deck": true}
"""


@pytest.mark.engine
@pytest.mark.slow
def test_what_the_block_says(tmp_path: Path) -> None:
    from tests.flyte.bundles import write
    from tests.flyte.cluster import package

    asked = compiled(PROGRAM + BLOCK, tmp_path)
    packed = package(write(asked, tmp_path / "bundle"), "said", tmp_path / "package.tgz")
    tasks = {name.rpartition(".")[2]: task for name, task in packed.tasks.items()}
    first = tasks["one_first"]
    assert (first.metadata.interruptible, first.metadata.pod_template_name) == (False, "base")
    assert (first.metadata.discoverable, first.metadata.cache_serializable) == (True, True)
    assert len(first.metadata.discovery_version) == 16
    assert first.extended_resources.gpu_accelerator.device == "nvidia-l4"
    assert first.extended_resources.shared_memory.size_limit == "1Gi"
    assert {entry.value for entry in first.container.resources.limits} == {"1", "2Gi"}
    # What is said of the target holds for the tasks that run no step, too.
    for name in ("parameters", "outputs", "items_of_all"):
        assert (tasks[name].metadata.interruptible, tasks[name].metadata.pod_template_name) == (True, "base")
        assert not tasks[name].metadata.discoverable
    # A map task and the task that it maps.
    each = [task for task in tasks.values() if task.container.image == "example.com/each:1"]
    assert [task.metadata.generates_deck.value for task in each] == [True, True]
    plan = packed.plans["said_plan"].spec
    assert (plan.max_parallelism, plan.raw_output_data_config.output_location_prefix) == (7, "s3://ml/churn")
    assert (dict(plan.labels.values), dict(plan.annotations.values)) == ({"team": "churn"}, {"example.com/n": "v"})
    assert plan.security_context.run_as.k8s_service_account == "trainer"


def test_the_version_of_a_cache_follows_the_code(tmp_path: Path) -> None:
    def version(program: str, folder: str) -> str:
        (line,) = (line for line in text(compiled(program, tmp_path / folder)).splitlines() if "cache=Cache(" in line)
        return line

    block = "target flyte:\n    step first:\n        engine_cache true\n"
    assert version(PROGRAM + block, "a") == version(PROGRAM + block, "b")
    assert version(PROGRAM + block, "a") != version(PROGRAM.replace("return s", "return s + s") + block, "c")


def test_an_empty_block_changes_nothing(tmp_path: Path) -> None:
    def emitted(program: str, folder: str) -> list[str]:
        # The head has the digest of the program.
        return text(compiled(program, tmp_path / folder)).splitlines()[5:]

    assert emitted(PROGRAM, "a") == emitted(PROGRAM + 'target flyte:\n    version "1.16"\n', "b")


@pytest.mark.engine
@pytest.mark.slow
def test_it_runs(tmp_path: Path) -> None:
    from tests.flyte.bundles import run

    block = BLOCK.replace("resources gpu=1, memory=2GiB, shm=1GiB", "retry 1").replace('    pod_template "base"\n', "")
    ran = run(compiled(PROGRAM + block, tmp_path), tmp_path)
    assert (ran.result["status"], ran.report["outputs"]) == ("succeeded", {"r": "a", "all": ["a", "b"]})
