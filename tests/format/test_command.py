"""`mloc fmt` as its users call it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mloc.cli import main

ROOT = Path(__file__).parents[2]
GOOD = "mlp 1\nconst A = 1\n"
LOOSE = "mlp 1\nconst  A=1\n"
WRONG = "mlp 1\nconst A = (\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in {"good.mlp": GOOD, "loose.mlp": LOOSE, "wrong.mlp": WRONG}.items():
        (tmp_path / name).write_bytes(text.encode())
    return tmp_path


def test_files_are_rewritten_in_place(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (files / "good.mlp").stat().st_mtime_ns
    assert main(["fmt", "good.mlp", "loose.mlp"]) == 0
    assert (files / "loose.mlp").read_text() == GOOD
    assert (files / "good.mlp").stat().st_mtime_ns == before
    assert capsys.readouterr() == ("", "loose.mlp: formatted\n")


def test_check_writes_nothing_and_fails_when_a_file_would_change(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--check", "good.mlp"]) == 0
    assert main(["fmt", "--check", "good.mlp", "loose.mlp"]) == 1
    assert (files / "loose.mlp").read_text() == LOOSE
    assert capsys.readouterr() == ("", "loose.mlp: would be formatted\n")


def test_diff_shows_what_would_change(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "--diff", "loose.mlp"]) == 1
    assert "-const  A=1\n+const A = 1\n" in capsys.readouterr().out
    assert (files / "loose.mlp").read_text() == LOOSE


def test_a_file_with_syntax_errors_is_shown_and_left(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "wrong.mlp", "loose.mlp"]) == 1
    assert (files / "wrong.mlp").read_text() == WRONG
    assert (files / "loose.mlp").read_text() == GOOD
    assert "error[E0004]" in capsys.readouterr().err


def test_a_file_that_is_not_there(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", "missing.mlp", "loose.mlp"]) == 2
    assert (files / "loose.mlp").read_text() == GOOD
    assert "missing.mlp: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "given", "code", "out"),
    [
        ([], LOOSE, 0, GOOD),
        ([], LOOSE.replace("\n", "\r\n"), 0, GOOD.replace("\n", "\r\n")),
        (["--check"], LOOSE, 1, ""),
        ([], WRONG, 1, ""),
    ],
)
def test_standard_input(options: list[str], given: str, code: int, out: str) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "mloc", "fmt", *options, "-"]
    done = subprocess.run(command, input=given.encode(), capture_output=True, env=environment, check=False)
    assert (done.returncode, done.stdout.decode()) == (code, out), done.stderr
