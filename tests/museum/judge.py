"""Judges one case of the museum: whether the mistake is found where it stands, and the mended program left alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mloc.cli.findings import Findings, find
from mloc.diagnostics.model import Diagnostic
from mloc.diagnostics.select import EVERYTHING
from mloc.source import load
from tests.museum.cases import Exhibit, Expected


@dataclass(frozen=True)
class Verdict:
    """What became of a case: `missed` says why it does not count as caught, `found` which rule caught it.

    `flagged` holds what the mended program is told of the same mistake, `unclean` everything else that it is told.
    """

    exhibit: Exhibit
    missed: str | None
    found: str
    flagged: tuple[str, ...]
    unclean: tuple[str, ...]


def judge(exhibit: Exhibit) -> Verdict:
    """Check, and where only a run can tell run, both programs of a case in a folder of their own."""
    with _copied(exhibit.folder) as folder:
        bad, fixed = folder / "bad.mlp", folder / "fixed.mlp"
        good = find([str(fixed)], EVERYTHING, load) if fixed.exists() else None
        match exhibit.outcome:
            case "impossible":
                missed, found = (None if exhibit.held_by else "no test is named that holds the promise"), exhibit.held_by or ""
            case "runtime" if not bad.exists():
                missed, found = (None if exhibit.held_by else "no program and no test"), exhibit.held_by or ""
            case "runtime":
                missed, found = _judge_run(exhibit, bad, fixed)
            case _:
                missed, found = _judge_check(exhibit, bad)
        same = {found, exhibit.check} if exhibit.outcome == "caught" else set()
        told = [(d.rule.code in same, _line(d, good)) for d in good.diagnostics] if good is not None else []
        flagged = tuple(text for is_same, text in told if is_same)
        unclean = tuple(text for is_same, text in told if not is_same)
        return Verdict(exhibit, missed, found, flagged, (*unclean, *(good.unusable if good is not None else ())))


@contextmanager
def _copied(folder: Path) -> Iterator[Path]:
    """The case's files in a folder outside of any project, as its user has them."""
    with TemporaryDirectory() as scratch:
        yield Path(shutil.copytree(folder, Path(scratch) / "case"))


def _judge_check(exhibit: Exhibit, bad: Path) -> tuple[str | None, str]:
    expected = exhibit.expected
    assert expected is not None, f"{exhibit.id} is to be caught, and does not say how"
    findings = find([str(bad)], EVERYTHING, load)
    if findings.unusable:
        return f"cannot be checked: {findings.unusable[0]}", ""
    lacks = {d: _lacks(d, expected, findings) for d in findings.diagnostics}
    caught = [d for d in findings.diagnostics if not lacks[d]]
    if caught:
        return None, caught[0].rule.code
    nearest = sorted(lacks, key=lambda d: len(lacks[d]))
    if not nearest:
        return "nothing is found", ""
    return f"{_line(nearest[0], findings)}: {', '.join(lacks[nearest[0]])}", ""


def _lacks(diagnostic: Diagnostic, expected: Expected, findings: Findings) -> list[str]:
    """What a diagnostic lacks to be the expected one."""
    lacks = [f"does not mention {text!r}" for text in expected.mentions if text.casefold() not in _words(diagnostic)]
    places = (diagnostic.primary, *diagnostic.secondary)
    lines = {findings.files[label.span.file].position(label.span.start).line for label in places if label.span.file.endswith("bad.mlp")}
    if expected.line is not None and expected.line not in lines:
        lacks.append(f"not at line {expected.line}")
    if diagnostic.rule.severity != expected.severity:
        lacks.append(f"not of severity {expected.severity}")
    return lacks


def _words(diagnostic: Diagnostic) -> str:
    labels = (diagnostic.primary.message, *(label.message for label in diagnostic.secondary))
    return "\n".join((diagnostic.message, *labels, *diagnostic.notes, diagnostic.help or "")).casefold()


def _line(diagnostic: Diagnostic, findings: Findings) -> str:
    span = diagnostic.primary.span
    return f"{diagnostic.rule.code} in line {findings.files[span.file].position(span.start).line}: {diagnostic.message}"


def _judge_run(exhibit: Exhibit, bad: Path, fixed: Path) -> tuple[str | None, str]:
    expected = exhibit.expected
    assert expected is not None, f"{exhibit.id} is to fail, and does not say how"
    failed = _run(bad, exhibit.params)
    if failed is None:
        return "the run succeeds", ""
    unsaid = [text for text in expected.mentions if text.casefold() not in failed.casefold()]
    if unsaid:
        return f"{failed!r} does not mention {', '.join(unsaid)}", ""
    still = _run(fixed, exhibit.params)
    return (None, "run") if still is None else (f"the mended program fails: {still}", "")


def _run(path: Path, params: Mapping[str, object]) -> str | None:
    """Run a program as its user would; the error of the run with its step, None when it succeeds."""
    given = [f"--set={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in params.items()]
    report = path.with_suffix(".json")
    command = [sys.executable, "-m", "mloc", "run", path.name, *given, "--report", str(report)]
    ran = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=120, check=False)
    if not report.exists():
        return ran.stdout + ran.stderr
    error = json.loads(report.read_text(encoding="utf-8"))["error"]
    return None if error is None else f"{error['step']}: {error['message']}"
