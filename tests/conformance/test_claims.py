"""What our backends claim is shown by conformance programs, or read in what is emitted by a test that is there."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mloc.backend import load, names
from mloc.testing import unproven

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("target", ["airflow", "flyte", "kfp"])
def test_every_claim_is_shown(target: str) -> None:
    assert unproven(target) == []


@pytest.mark.parametrize("target", ["airflow", "flyte", "kfp"])
def test_every_test_that_is_named_is_there(target: str) -> None:
    backend = load(target)
    named = [support.emitted for support in backend.capabilities.values() if support.emitted is not None]
    named += [difference.evidence for difference in backend.differences if "::" in difference.evidence]
    for name in named:
        path, _, function = name.partition("::")
        tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}, name


def test_our_targets_are_installed() -> None:
    assert {"airflow", "flyte", "kfp"} <= set(names())
