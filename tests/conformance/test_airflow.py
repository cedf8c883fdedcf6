"""`dag.test()` of the emitted DAG gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc_airflow.launch import run
from tests.conformance.cases import Case, cases, differences, program, wire
from tests.conformance.engines import bundle, now, report_of

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("airflow")]


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_airflow(case: Case, tmp_path: Path) -> None:
    scratch, records = tmp_path / "scratch", tmp_path / "records"
    scratch.mkdir()
    records.mkdir()
    params = wire(case, program(case.program)[1], scratch)
    started = now()
    result = run(bundle(case.program, "airflow", tmp_path / "bundle"), params, records, tmp_path / "store")
    assert differences(case, report_of(case, result, records, params, started)) == []
