"""What each target says of secrets that it cannot have from where the program says."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_

PROGRAM = """mlp 1

secret token from SOURCE

step ask() -> int:
    run inline "return 1"
    secrets TOKEN=token

pipeline asking() -> (n: int):
    n = ask()
    return n=n
"""

SOURCES = {
    "env": 'env("HUB")',
    "file": 'file("/run/secrets/hub")',
    "k8s": 'k8s("hub", key="token")',
    "airflow": 'airflow("hub")',
    "flyte": 'flyte("hub", key="token")',
}
TAKEN = {"kfp": {"k8s"}, "flyte": {"k8s", "flyte"}, "airflow": {"env", "file", "airflow"}}


@pytest.mark.parametrize("target", sorted(TAKEN))
@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_a_source_is_taken_or_refused_with_its_reason_and_what_to_say_instead(tmp_path: Path, target: str, kind: str) -> None:
    path = tmp_path / "p.mlp"
    path.write_text(PROGRAM.replace("SOURCE", SOURCES[kind]), encoding="utf-8")
    found = compile_(analyse(str(path)), analyse(str(path)).pipelines[0], target)
    refused = [each for each in found.diagnostics if each.rule.code == "E1120"]
    assert len(refused) == (kind not in TAKEN[target])
    for each in refused:
        assert each.message.startswith(f"target `{target}` cannot express a secret from {kind}: ")
        assert "does not say how" not in each.message
        assert each.help is not None
        assert f"below `target {target}:`" in each.help


@pytest.mark.parametrize(("target", "source"), [("kfp", SOURCES["k8s"]), ("flyte", SOURCES["flyte"]), ("airflow", SOURCES["airflow"])])
def test_what_is_said_instead_is_taken(tmp_path: Path, target: str, source: str) -> None:
    other = SOURCES["k8s" if target == "airflow" else "env"]
    path = tmp_path / "p.mlp"
    path.write_text(PROGRAM.replace("SOURCE", other) + f"\ntarget {target}:\n    secret token from {source}\n", encoding="utf-8")
    analysis = analyse(str(path))
    assert not analysis.has_errors, analysis.diagnostics
    found = compile_(analysis, analysis.pipelines[0], target)
    assert found.artifacts is not None, found.diagnostics
