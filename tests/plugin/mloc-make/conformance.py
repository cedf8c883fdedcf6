"""mloc's conformance programs on make: those that it can express report what they must, and it claims nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.testing import Case, cases, check, unproven


@pytest.mark.parametrize("case", cases(), ids=str)
def test_conformance(case: Case, tmp_path: Path) -> None:
    found = check("make", case, tmp_path, in_process=True)
    if found.refused is not None:
        assert "target `make` cannot express" in found.refused


def test_claims() -> None:
    assert unproven("make") == []


def test_some_programs_run_and_some_are_refused(tmp_path: Path) -> None:
    by_name = {case.program: case for case in cases()}
    assert check("make", by_name["branch_nested"], tmp_path / "a").report is not None
    assert "for: its rules are fixed" in str(check("make", by_name["fan_out"], tmp_path / "b").refused)
