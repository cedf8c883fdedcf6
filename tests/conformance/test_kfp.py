"""kfp.local's execution of the emitted PipelineSpec gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc_kfp.launch import run
from tests.conformance.cases import Case, cases, differences, program, wire
from tests.conformance.engines import bundle, now, report_of

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("kfp")]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_kfp(case: Case, tmp_path: Path) -> None:
    scratch, records = tmp_path / "scratch", tmp_path / "records"
    scratch.mkdir()
    records.mkdir()
    params = wire(case, program(case.program)[1], scratch)
    started = now()
    result = run(bundle(case.program, "kfp", tmp_path / "bundle"), params, records, tmp_path / "store")
    assert differences(case, report_of(case, result, records, params, started)) == []
