"""The conformance programs as a cluster would run them: the serialized graph, and every task by its container command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("flytekit")

from flytekit.core.context_manager import FlyteContextManager
from flytekit.core.type_engine import TypeEngine

from mloc.testing import Case, cases, differences, program, refuses, wire
from mloc.testing import bundle as conformance_bundle
from mloc_flyte import backend, launch
from tests.flyte.bundles import made_report
from tests.flyte.cluster import Cluster, Literals, NodeFailed, Package, package
from tests.judges.judging import ask

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("flyte-cluster")]


@pytest.mark.parametrize("case", [case for case in cases() if not refuses(backend, case.program)], ids=str)
def test_serialized_graph(
    case: Case, tmp_path: Path, packages: dict[str, tuple[Path, Package]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, pipeline = program(case.program)
    scratch, work = tmp_path / "scratch", tmp_path / "work"
    scratch.mkdir()
    work.mkdir()
    if case.program not in packages:
        bundle = conformance_bundle(case.program, "flyte", tmp_path_factory.mktemp("bundle"))
        packages[case.program] = bundle, package(bundle, pipeline.name, tmp_path / "package.tgz")
    bundle, packed = packages[case.program]
    params = wire(case, pipeline, scratch)
    cluster = Cluster(packed, bundle, work, {"MLOC_RECORDS": str(tmp_path / "records")})
    status, error = "succeeded", None
    try:
        cluster.launch(entry(bundle), literals(bundle, params))
    except NodeFailed as failure:
        status, error = "failed", str(failure)
    assert differences(case, made_report(pipeline, tmp_path / "records", status, error, params)) == []
    judge_jobs(cluster, tmp_path / "jobs")


def judge_jobs(cluster: Cluster, folder: Path) -> None:
    """Flyte's compiler takes what the dynamic tasks asked for."""
    folder.mkdir()
    for number, (task, job) in enumerate(cluster.jobs):
        (folder / f"{number}.job.pb").write_bytes(job)
        (folder / f"{number}.task.pb").write_bytes(task.SerializeToString())
    if not cluster.jobs:
        return
    verdicts = ask("flyte", folder)
    assert len(verdicts) == len(cluster.jobs)
    assert {name: verdict.refusals for name, verdict in verdicts.items() if verdict.refusals} == {}


def entry(bundle: Path) -> str:
    """The full name of a bundle's workflow."""
    (manifest,) = bundle.glob("*_mloc/flyte.json")
    said = json.loads(manifest.read_text(encoding="utf-8"))
    return f"{said['module']}.{said['workflow']}"


@pytest.fixture(scope="module")
def packages() -> dict[str, tuple[Path, Package]]:
    """The programs packaged so far, by name."""
    return {}


def literals(folder: Path, params: dict[str, str]) -> Literals:
    """Parameters as Flyte's API would be given them."""
    bundle = launch.read(folder)
    with launch.imported(bundle) as module:
        types = getattr(module, bundle.workflow).python_interface.inputs
    values = launch.inputs(bundle, params)
    context = FlyteContextManager.current_context()
    return dict(TypeEngine.dict_to_literal_map(context, values, type_hints=types).to_flyte_idl().literals)
