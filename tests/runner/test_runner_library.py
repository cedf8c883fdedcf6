"""Modules of the standard library that are loaded late."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mloc.runner.library import library


def test_a_module_of_the_users_does_not_stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "colorsys.py").write_text("raise AssertionError('the module of the user')\n")
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    before = sys.path[:]
    assert library("colorsys").rgb_to_hsv(0, 0, 0) == (0, 0, 0)
    assert sys.path == before
