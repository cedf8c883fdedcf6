"""What Kubeflow and Flyte say of triggers and assets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_

PROGRAM = """mlp 1

step make(i: int) -> (o: int):
    run inline "return i"
    publish asset("made")

pipeline p(n: int = 1) -> (o: int):
    a = make(i=n)
    return o=a.o

schedule nightly for p:
    cron "0 3 * * *"

trigger arrived for p:
    on_asset "raw"
"""


@pytest.mark.parametrize(("target", "count"), [("kfp", 2), ("flyte", 2), ("airflow", 0)])
def test_each_is_refused_with_its_reason(tmp_path: Path, target: str, count: int) -> None:
    (tmp_path / "p.mlp").write_text(PROGRAM)
    analysis = analyse(str(tmp_path / "p.mlp"))
    assert not analysis.has_errors, analysis.diagnostics
    found = compile_(analysis, analysis.pipelines[0], target)
    refused = [each for each in found.diagnostics if each.rule.code == "E1120"]
    assert len(refused) == count
    assert (found.artifacts is None) == bool(count)
    assert not [each.message for each in refused if "does not say how" in each.message]
