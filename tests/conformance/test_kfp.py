"""kfp.local's execution of the emitted PipelineSpec gives the reports that the programs' authors expect."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.testing import Case, cases, check

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("kfp")]


@pytest.mark.parametrize("case", cases(), ids=str)
def test_kfp(case: Case, tmp_path: Path) -> None:
    check("kfp", case, tmp_path, in_process=True)
