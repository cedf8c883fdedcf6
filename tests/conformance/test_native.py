"""The native executor, the reference, gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.local.execute import run_native
from tests.conformance.cases import Case, cases, differences, program, wire


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
def test_native(case: Case, tmp_path: Path) -> None:
    analysis, pipeline = program(case.program)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    report = run_native(pipeline, wire(case, pipeline, scratch), store=tmp_path / "store", lines=analysis.lines(pipeline))
    assert differences(case, report) == []
