"""The native executor, the reference, gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.testing import NATIVE, Case, cases, check


@pytest.mark.parametrize("case", cases(), ids=str)
def test_native(case: Case, tmp_path: Path) -> None:
    check(NATIVE, case, tmp_path)
