"""flytekit's own execution of the emitted workflow gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.testing import Case, cases, check

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("flyte")]


@pytest.mark.parametrize("case", cases(), ids=str)
def test_flyte(case: Case, tmp_path: Path) -> None:
    check("flyte", case, tmp_path, in_process=True)
