"""What people see of a run."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from mloc.local.progress import LiveProgress, PlainProgress, Progress, progress_on, visible
from mloc.runner.api import StepFailed
from mloc.runner.jsons import Json


class Clock:
    """A clock that the test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def started(step: str, attempt: int = 1) -> Mapping[str, Json]:
    return {"event": "started", "id": step, "attempt": attempt}


def ended(step: str, status: str = "succeeded", attempt: int = 1, message: str | None = None) -> Mapping[str, Json]:
    error: Json = None if message is None else {"message": message}
    return {"event": "attempt", "id": step, "attempt": attempt, "status": status, "error": error, "log": "runs/r/logs/fit/1.log"}


def test_plain_lines_say_what_happened_and_when() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = PlainProgress(stream, "flights.mlp", clock)
    clock.now += 0.4
    progress.event(started("trained[1].fit"))
    clock.now += 2.8
    progress.event(ended("trained[1].fit"))
    progress.event({"event": "items", "id": "trained", "count": 3})
    progress.close()
    assert stream.getvalue() == "[  0.4s] trained[1].fit started\n[  3.2s] trained[1].fit succeeded (attempt 1, 2.8s)\n"


def test_a_failure_shows_its_place_the_end_of_the_log_and_where_the_log_is() -> None:
    stream, clock = io.StringIO(), Clock()
    progress = PlainProgress(stream, "flights.mlp", clock)
    progress.event(started("fit"))
    progress.event(ended("fit", "failed", 1, "ValueError: no"))
    progress.event(started("fit", 2))
    progress.event(ended("fit", "failed", 2, "ValueError: no\x1b[2J"))
    progress.failed(
        "fit", StepFailed("exception", "ValueError: no", 31, 2, "\n".join(f"line {n}" for n in range(40)) + "\n\x1b]0;title\x07")
    )
    lines = stream.getvalue().splitlines()
    assert lines[1:5] == [
        "[  0.0s] fit failed (attempt 1, 0.0s): ValueError: no",
        "[  0.0s] fit started again (attempt 2)",
        r"[  0.0s] fit failed (attempt 2, 0.0s): ValueError: no\x1b[2J",
        "[  0.0s] fit failed for good at flights.mlp:31",
    ]
    assert lines[5] == "           | line 21"
    assert lines[-2:] == [r"           | \x1b]0;title\x07", "           log: runs/r/logs/fit/1.log"]


def test_a_failure_without_an_attempt_says_why() -> None:
    stream = io.StringIO()
    PlainProgress(stream, "p.mlp", Clock()).failed("fit", StepFailed("domain", "`x` must be at most 3", 4))
    assert stream.getvalue() == "[  0.0s] fit failed: `x` must be at most 3\n[  0.0s] fit failed for good at p.mlp:4\n"


def test_a_terminal_gets_few_lines_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    stream, clock = Terminal(), Clock()
    progress = LiveProgress(stream, "p.mlp", color=True, clock=clock)
    for number in range(12):
        progress.event(started(f"trials[{number}].\x1b[31mfit" + "x" * 60))
    progress.event(ended("trials[0].\x1b[31mfit" + "x" * 60))
    progress.failed("bad", StepFailed("exception", "no", 3, 1))
    progress.line("said \x1b[2J")
    progress.close()
    shown = stream.getvalue()
    assert "1 done, 11 running, 1 failed" in shown
    assert "and 3 more" in shown
    assert "\x1b[31mbad failed for good at p.mlp:3\x1b[0m\n" in shown
    assert "said \\x1b[2J\n" in shown
    assert "\x1b[31mfit" not in shown
    assert shown.endswith("\r\x1b[J")
    plain = shown.replace("\x1b[31m", "").replace("\x1b[0m", "")
    assert max(len(line.rpartition("\x1b[J")[2]) for line in plain.splitlines()) <= 39


@pytest.mark.parametrize(("variables", "kind"), [({"TERM": "xterm"}, LiveProgress), ({"TERM": "dumb"}, PlainProgress)])
def test_a_terminal_that_can_be_redrawn_is_and_nothing_else(
    variables: dict[str, str], kind: type[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_COLOR", "1")
    stream = Terminal()
    progress = progress_on(stream, "p.mlp")
    assert isinstance(progress, kind)
    progress.failed("bad", StepFailed("exception", "no", 3, 1))
    progress.close()
    assert "\x1b[31m" not in stream.getvalue()
    assert isinstance(progress_on(io.StringIO(), "p.mlp"), PlainProgress)


def test_a_stream_that_is_gone_or_narrow_does_not_end_the_run() -> None:
    narrow = io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)
    progress = PlainProgress(narrow, "p.mlp", Clock())
    progress.line("ключ")
    assert narrow.buffer.getvalue() == rb"           | \u043a\u043b\u044e\u0447" + b"\n"
    narrow.close()
    progress.line("more")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ключ", "plain ключ"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\rb\nc", r"a\rb\nc"),
        ("\u202eevil", r"\u202eevil"),
        ("\udcff", r"\udcff"),
        ("a\tb", "a    b"),
    ],
)
def test_control_characters_are_shown_escaped(text: str, shown: str) -> None:
    assert visible(text) == shown
