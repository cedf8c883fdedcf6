"""docs/tutorial.md is true to the letter: its files are written, its commands run, and what they print is what is shown."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import Block, blocks, page

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("airflow")]

ALL = blocks(page("tutorial.md"))
_VARYING = re.compile(r"\d+ of \d+(?= files)|\[ *\d+\.\ds\]|\d+\.\ds *|\d{8}-\d{6}-[0-9a-f]{6}")
"""Times, ids of runs, and how many files a bundle has."""
_ANY = "..."


def test_the_tutorial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for block in ALL:
        if block.word == "file":
            Path(block.value).write_text(block.text, encoding="utf-8")
        elif block.word == "in":
            change(Path(block.value), block.text)
        elif block.language == "console":
            follow(block)


def test_every_block_is_used() -> None:
    assert [block.text for block in ALL if not block.word and block.language not in ("console", "sh")] == []
    assert sum(block.language == "sh" for block in ALL) == 1  # the installation, which made the environment of this test
    assert len(ALL) * 2 == len(re.findall(r"^```", page("tutorial.md"), re.MULTILINE))


def change(path: Path, text: str) -> None:
    """Put each declaration of a text in the place of that of its name, comments above apart, or before the pipeline when it is new."""
    for declaration in re.split(r"\n(?=\S)", text.rstrip("\n")):
        head = re.match(r"\w+ \w+", declaration)
        assert head is not None
        before = path.read_text(encoding="utf-8")
        whole = re.compile(rf"^{head.group()}\b.*?\n(?=\n\S|\Z)", re.DOTALL | re.MULTILINE)
        after, changed = whole.subn(lambda _, new=declaration: new.rstrip("\n") + "\n", before)
        path.write_text(after if changed else before.replace("\npipeline ", f"\n{declaration.rstrip()}\n\npipeline "), encoding="utf-8")


def follow(block: Block) -> None:
    """Run the commands of a block, and hold what each prints against what follows it."""
    for command, said in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
        run = subprocess.run(
            ["bash", "-c", command],
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            text=True,
        )
        wanted = ".*".join(re.escape(_VARYING.sub("…", part)) for part in f"\n{said}".split(f"\n{_ANY}"))
        assert re.fullmatch(wanted, "\n" + _VARYING.sub("…", run.stdout), re.DOTALL), f"{command}\n{run.stdout}"
