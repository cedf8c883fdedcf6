"""docs/passes.md says what the docstrings of the passes say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.conftest import Golden

ROOT = Path(__file__).parents[2]


def test_the_page_is_not_stale(golden: Golden) -> None:
    command = [sys.executable, "-m", "tools.docs", "--print", "passes.md"]
    page = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    golden.check(ROOT / "docs" / "passes.md", page)
