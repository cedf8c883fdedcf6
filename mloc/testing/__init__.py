"""What the author of a backend tests it with: the conformance programs, and what their runs must report.

import pytest
from mloc.testing import Case, cases, check, unproven

@pytest.mark.parametrize("case", cases(), ids=str)
def test_conformance(case: Case, tmp_path: Path) -> None:
    check("make", case, tmp_path)

def test_claims() -> None:
    assert unproven("make") == []
"""

from mloc.testing.cases import PROGRAMS, Case, cases, program, wire
from mloc.testing.claims import refuses, unproven, witnesses
from mloc.testing.expect import differences
from mloc.testing.running import NATIVE, ConformanceError, Outcome, bundle, check, run

__all__ = [
    "NATIVE",
    "PROGRAMS",
    "Case",
    "ConformanceError",
    "Outcome",
    "bundle",
    "cases",
    "check",
    "differences",
    "program",
    "refuses",
    "run",
    "unproven",
    "wire",
    "witnesses",
]
