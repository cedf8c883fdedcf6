"""What docs/check.md shows works: its configuration is accepted, and its suppressions suppress."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mloc.config.read import config, read
from mloc.driver import analyse

ROOT = Path(__file__).parents[2]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "docs" / "check.md").read_text(encoding="utf-8"), re.DOTALL)


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS if name == language]


def test_the_configuration(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "pyproject.toml").write_text(text)
    assert config(read(tmp_path)).limits.gpu == 2


def test_the_suppressions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (text,) = blocks("mlp")
    Path("p.mlp").write_text(f"mlp 1\n\n{text}")
    assert analyse("p.mlp").diagnostics == ()


def test_the_hooks_exist() -> None:
    offered = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    shown = yaml.safe_load(blocks("yaml")[0])
    assert {hook["id"] for repo in shown["repos"] for hook in repo["hooks"]} == offered
