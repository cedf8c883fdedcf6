"""Every rule has a page, every page a rule, and the pages are of one shape."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mloc.cli.explain import pages
from mloc.diagnostics.rules import RULES
from mloc.driver import analyse

FOLDER = Path(__file__).parents[1] / "docs" / "errors"
FENCE = re.compile(r"^```(?:mlp|python|toml|json)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {path.stem for path in FOLDER.glob("*.md")} == RULES.keys()


def test_slugs_name_one_rule_each() -> None:
    slugs = [rule.slug for rule in RULES.values()]
    assert sorted(slugs) == sorted(set(slugs))


@pytest.mark.parametrize("code", RULES)
def test_the_shape(code: str) -> None:
    lines = (FOLDER / f"{code}.md").read_text(encoding="utf-8").splitlines()
    assert lines[0] == f"# {code}: {RULES[code].slug}"
    assert [line for line in lines if line.startswith("## ")] == ["## Why it matters", "## Wrong", "## Right", "## How to fix it"]
    assert sum(line.startswith("```mlp") for line in lines) >= 2


def test_explain_finds_the_pages_of_a_checkout() -> None:
    assert pages() == FOLDER


def programs(code: str, heading: str) -> dict[str, str]:
    """The files that a part of a page shows, by name."""
    text = (FOLDER / f"{code}.md").read_text(encoding="utf-8")
    part = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return {name.strip() or "input.mlp": body for name, body in FENCE.findall(part)}


def found(code: str, heading: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    for name, text in programs(code, heading).items():
        (folder / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(folder)
    return [diagnostic.rule.code for diagnostic in analyse("input.mlp", for_targets=True).diagnostics]


# A target that comes with mloc refuses nothing; programs of hundreds of lines stand in golden/errors alone.
NOT_SHOWN = {"E1120", "E1105", "W1106", "E1108"}


@pytest.mark.parametrize("code", [code for code in RULES if code not in NOT_SHOWN])
def test_the_wrong_example_is_wrong(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert code in found(code, "Wrong", tmp_path, monkeypatch)


@pytest.mark.parametrize("code", RULES)
def test_the_right_example_is_right(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(code, "Right", tmp_path, monkeypatch) == []
