"""What is emitted is code that a strict reviewer would let pass: every rule of ruff but a few, and the layout of its formatter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mloc import driver

ROOT = Path(__file__).parents[2]
PROGRAMS = [*sorted(ROOT.glob("examples/*/*.mlp")), *sorted((ROOT / "tests" / "conformance" / "programs").glob("*.mlp"))]
# Of those written at length; what a target refuses of them is told elsewhere (tests/pipelines).
PROGRAMS += [path for path in sorted(ROOT.glob("tests/pipelines/*/*.mlp")) if path.stem == path.parent.name]
IGNORED = {
    "A001": "variables are called as in the program",
    "A002": "arguments are called as in the program",
    "A005": "files are called as the pipelines",
    "ARG001": "a failure node of Flyte is given what its workflow is",
    "CPY001": "the code is its author's, who says under which licence",
    "D203": "contradicts D211",
    "D213": "contradicts D212",
    "D301": "the documentation is the program's",
    "D401": "the documentation is the program's",
    "D403": "the documentation is the program's",
    "E501": "as long as the program's texts are",
    "FBT": "a pipeline may have parameters that are bools",
    "INP001": "the engines read single files",
    "PLR0913": "a step may have many inputs",
    "PLR0917": "a step may have many inputs",
    "PLR0915": "a pipeline may have many steps",
    "PLR2004": "the program's numbers",
    "TC": "the engines evaluate annotations",
}


def write(target: str, folder: Path) -> list[str]:
    """The files that people read, of every program, each in a project of its own; the names are relative to the folder."""
    found = []
    for program in PROGRAMS:
        analysis = driver.analyse(str(program))
        pipeline = analysis.pipelines[-1]
        for path, content in (driver.compile(analysis, pipeline, target).artifacts or {}).items():
            place = folder / program.stem / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
            if "/" not in path:
                found.append(place.relative_to(folder).as_posix())
    return found


def ruff(folder: Path, *arguments: str) -> str:
    done = subprocess.run([sys.executable, "-m", "ruff", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode else ""


@pytest.mark.parametrize("target", ["airflow", "flyte"])
def test_the_strictest_rules_and_the_layout(target: str, tmp_path: Path) -> None:
    files = write(target, tmp_path)
    # The bundle's package is its module's neighbour.
    config = f'line-length = 100\ntarget-version = "py310"\nsrc = ["*"]\n[lint]\nselect = ["ALL"]\nignore = {sorted(IGNORED)}\n'
    (tmp_path / "ruff.toml").write_text(config + '[lint.pydocstyle]\nconvention = "google"\n', encoding="utf-8")
    assert ruff(tmp_path, "check", "--no-cache", "--quiet", "--output-format", "concise", *files) == ""
    assert ruff(tmp_path, "format", "--no-cache", "--quiet", "--diff", *files) == ""
