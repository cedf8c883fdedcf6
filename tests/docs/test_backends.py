"""docs/backends.md says what the backends declare and the conformance programs show; its own program of tests is real."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import mloc.testing
from mloc.backend import Feature, Level, Refusal, Support
from mloc.testing.table import details, matrix
from mloc_kfp import backend as kfp
from tests.conftest import Golden

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "backends.md"


def test_the_page_is_not_stale(golden: Golden) -> None:
    command = [sys.executable, "-m", "tools.docs", "--print", "backends.md"]
    page = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8").stdout
    golden.check(PAGE, page)


def test_its_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((\.\./[^)#]+)\)", PAGE.read_text(encoding="utf-8")):
        assert (PAGE.parent / target).exists(), target


def test_it_names_what_mloc_testing_has() -> None:
    (imported,) = re.findall(r"from mloc\.testing import (.*)", PAGE.read_text(encoding="utf-8"))
    assert set(imported.split(", ")) <= set(mloc.testing.__all__)


QUIET = replace(
    kfp,
    name="quiet",
    capabilities={Feature.FAN_OUT: Support(Level.LOWERED, "a | b"), Feature.GPU: Support(Level.NATIVE, "as it is", "tests/x.py::y")},
    refused={Feature.RETRY: Refusal("it runs once", "try again in the step")},
)


def test_the_table_of_a_target() -> None:
    assert details(QUIET) == (
        "| construct | arrives | as |\n| --- | --- | --- |\n"
        "| for | lowered | a \\| b |\n| resources gpu | native | as it is |\n"
        "| retry | refused | it runs once; try again in the step |\n"
    )


def test_what_one_target_has_and_another_has_not() -> None:
    rows = {line.split(" | ")[0]: line.split(" | ")[1:] for line in matrix([QUIET, kfp], "p").splitlines()}
    assert rows["| for"][:2] == ["lowered", "native"]
    assert rows["| resources gpu"][:2] == ["native°", "native°"]
    assert rows["| retry"] == ["refused", "by the runner", "[retry](p/retry.mlp) |"]


@pytest.mark.parametrize("level", list(Level))
def test_every_level_is_explained(level: Level) -> None:
    assert f"* **{level.value}**: " in PAGE.read_text(encoding="utf-8")
