"""Fixtures of the runner's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner_bench import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    return Bench(tmp_path)
