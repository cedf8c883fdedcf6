"""Container steps of a native run: the words that arrive, the outputs that come back, and a machine without containers."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from mloc.local.execute import run_native
from tests.elaborate.programs import pipeline

TOOL = """#!/bin/sh
printf '%s\\n' "$@" > "$WORDS"
for last; do :; done
printf 'a,b\\n' > "$last"
eval "count=\\${2}"
printf '%s' "$#" > "$count"
exit "${CODE:-0}"
"""


@pytest.fixture
def tool(tmp_path: Path) -> Path:
    path = tmp_path / "tool"
    path.write_text(TOOL)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def program(tool: Path, words: Path, code: int = 0) -> str:
    return f"""mlp 1

step tool(day: date, big: int, ratio: float, tag: str?, texts: list[str]) -> (count: int, rows: File[csv]):
    run container command=["{tool}"], args=[
        "--count", out(count), day, big, f"-{{ratio}}", tag, ["--tag", tag], texts, tag ?? "none", ratio * 2.0, out(rows),
    ]
    image "tool@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    env WORDS="{words}", CODE={code}
    timeout 1min

pipeline p(tag: str? = null) -> (count: int):
    a = tool(day=date("2026-01-31"), big=9223372036854775807, ratio=0.5, tag=tag, texts=["a b", "$(c)"])
    return count=a.count
"""


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        (None, ["2026-01-31", "9223372036854775807", "-0.5", '["a b","$(c)"]', "none", "1.0"]),
        ("x y", ["2026-01-31", "9223372036854775807", "-0.5", "x y", "--tag", "x y", '["a b","$(c)"]', "x y", "1.0"]),
    ],
)
def test_words_and_outputs(tool: Path, tmp_path: Path, tag: str | None, expected: list[str]) -> None:
    words = tmp_path / "words"
    report = run_native(pipeline(program(tool, words)), {"tag": json.dumps(tag)}, store=tmp_path / "store", containers="none")
    assert report["status"] == "succeeded", report["error"]
    given = words.read_text().splitlines()
    assert given[0] == "--count"
    assert given[2:-1] == expected
    assert report["outputs"] == {"count": len(given)}


def test_a_failure(tool: Path, tmp_path: Path) -> None:
    found = pipeline(program(tool, tmp_path / "words", code=3))
    report = run_native(found, {}, store=tmp_path / "store", containers="none")
    assert "the container ended with exit status 3" in json.dumps(report["error"])


def test_a_word_without_a_value(tool: Path, tmp_path: Path) -> None:
    source = program(tool, tmp_path / "words").replace("ratio * 2.0", "10 / (big - big)").replace("    timeout", "    retry 2\n    timeout")
    report = run_native(pipeline(source), {}, store=tmp_path / "store", containers="none")
    assert "a word of the command line has no value: division by zero" in json.dumps(report["error"])
    steps = report["steps"]
    assert isinstance(steps, dict)
    # What was computed wrongly is not computed again.
    assert [step["attempts"] for step in steps.values()] == [1]  # type: ignore[index, call-overload]
    assert not (tmp_path / "words").exists()


def test_the_environment_says_what_runs_containers(tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOC_CONTAINERS", "none")
    report = run_native(pipeline(program(tool, tmp_path / "words")), {}, store=tmp_path / "store")
    assert report["status"] == "succeeded", report["error"]


def test_a_machine_without_containers(tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    report = run_native(pipeline(program(tool, tmp_path / "words")), {}, store=tmp_path / "store")
    assert "neither docker nor podman is on PATH; `--containers none` runs its command" in json.dumps(report["error"])


def test_the_command_line_of_an_engine(tool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    engine = folder / "podman"
    # Takes its own options away, up to the image, and runs the rest here.
    engine.write_text(
        '#!/bin/sh\nprintf "%s\\n" "$@" "$CONTAINER_HOST" > "$HOME/line"\n'
        "for word; do case $word in --entrypoint=*) tool=${word#*=};; esac; done\n"
        'while [ "${1#tool@}" = "$1" ]; do shift; done; shift\nexec "$tool" "$@"\n'
    )
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CONTAINER_HOST", "unix:///run/elsewhere.sock")
    report = run_native(pipeline(program(tool, tmp_path / "words")), {}, store=tmp_path / "store", containers="podman")
    assert report["status"] == "succeeded", report["error"]
    line = (tmp_path / "line").read_text().splitlines()
    assert line[:3] == ["run", "--rm", "--init"]
    assert line[-1] == "unix:///run/elsewhere.sock"
    assert "--env=WORDS" in line
    assert "--env=CONTAINER_HOST" not in line
    assert not any(word.startswith("--env=WORDS=") for word in line)
