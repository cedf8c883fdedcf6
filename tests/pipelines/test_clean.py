"""No false alarm on pipelines as people write them: what is found in the three of the design is right, and stands here."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse

HERE = Path(__file__).parent
# What a target that the file names cannot express is told at its line; nothing else is found.
REFUSED = {"E1120"}


@pytest.mark.parametrize("name", ["churn", "sweep", "score"])
def test_clean(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HERE / name)
    found = {(d.rule.code, d.message) for d in analyse(f"{name}.mlp", for_targets=False).diagnostics}
    assert {pair for pair in found if pair[0] not in REFUSED} == set()
