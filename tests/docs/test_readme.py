"""The README's first screen is true: its program is clean, and its mistake gives the message that is shown."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mloc.cli import main

README = Path(__file__).parents[2] / "README.md"
CLEAN = """import pandas as pd
from typing import NamedTuple


class Cleaned(NamedTuple):
    rows: pd.DataFrame
    rejected: int


def clean(rows: pd.DataFrame) -> Cleaned: ...
"""
TRAIN = """import pandas as pd
from typing import NamedTuple


class Fitted(NamedTuple):
    model: object
    score: float


def train(rows: pd.DataFrame, depth: int) -> Fitted: ...
"""
MODULES = {
    "__init__": "",
    "io": "import pandas as pd\nfrom pathlib import Path\n\n\ndef read(raw: Path) -> pd.DataFrame: ...\n",
    "quality": CLEAN,
    "train": TRAIN,
}


@pytest.fixture
def trips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, str]:
    """The program in a folder with the Python functions that it names, and the message the README shows."""
    blocks = re.findall(r"```\w*\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "trips").mkdir()
    for name, text in MODULES.items():
        (tmp_path / "trips" / f"{name}.py").write_text(text, encoding="utf-8")
    program = tmp_path / "trips.mlp"
    program.write_text(blocks[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return program, blocks[1]


def test_the_program_is_clean(trips: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "trips.mlp"]) == 0
    assert capsys.readouterr().out == ""


def test_the_mistake_gives_the_message(trips: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    program, message = trips
    right = "(rows: Table{minutes: float, ...R}, rejected"
    text = program.read_text(encoding="utf-8")
    assert right in text
    program.write_text(text.replace(right, right.replace(", ...R", "")), encoding="utf-8")
    assert main(["check", "trips.mlp"]) == 1
    assert capsys.readouterr().out.strip() == message.strip()
