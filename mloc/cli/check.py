"""`mloc check`: finds mistakes and shows them, mends them, or remembers them."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from mloc.cli.arguments import Check
from mloc.cli.codes import FAILED, OK, USAGE, UsageError
from mloc.cli.findings import Findings, find, namer, programs
from mloc.cli.output import show
from mloc.config.read import not_codes
from mloc.diagnostics import baseline as known
from mloc.diagnostics.display import clean
from mloc.diagnostics.model import Diagnostic
from mloc.diagnostics.render import concise, summary
from mloc.diagnostics.select import Policy
from mloc.source import SourceFile, load
from mloc.version import VERSION


def check(command: Check) -> int:
    """Check every file; one that cannot be read does not keep the others from being checked."""
    flags, files = _flags(command), programs(command.files)
    if command.all_targets and command.output_format not in ("full", "json"):
        raise UsageError(f"--all-targets: the format {command.output_format} has no place for a table; use full or json")
    if command.write_baseline is not None:
        return _remember(command.write_baseline, find(files, flags, load, use_baselines=False, targets=command.targets))
    if command.fix != "no":
        from mloc.cli.fixing import fixed, show_difference, write  # a check alone writes nothing

        done = fixed(files, flags)
        if command.fix == "diff":
            show_difference(done.texts)
            return FAILED if done.texts else OK
        write(done.texts)
        for line in done.said:
            print(line, file=sys.stderr)
    findings = find(files, flags, load, targets=command.targets)
    if command.check_baseline and not findings.baselines:
        raise UsageError("--check-baseline: no project of these files has a `baseline` in `[tool.mloc]`")
    _tell_unusable(findings)
    if command.all_targets:
        _print_tables(command, files, findings)
    else:
        _print(command, findings.diagnostics, findings.files)
    if command.output_format == "full":
        print(summary(findings.diagnostics, len(files) - len(findings.unusable)), file=sys.stderr)
    stale = _tell_stale(findings) if command.check_baseline else False
    if findings.unusable:
        return USAGE
    return FAILED if stale or any(d.rule.severity == "error" for d in findings.diagnostics) else OK


def _flags(command: Check) -> Policy:
    for option, given in (("--select", command.select or ()), ("--ignore", command.ignore)):
        problem = not_codes(given)
        if problem is not None:
            raise UsageError(f"{option}: {problem}")
    return Policy(command.select, command.ignore, command.deny)


def _tell_unusable(findings: Findings) -> None:
    for reason in findings.unusable:
        print(f"mloc: {clean(reason)}", file=sys.stderr)


def _remember(path: Path, findings: Findings) -> int:
    """Write a baseline. Errors of syntax are not remembered: they hide everything else."""
    _tell_unusable(findings)
    if findings.unusable:
        return USAGE
    remembered = known.baseline((d for d in findings.diagnostics if not d.rule.code.startswith("E00")), namer(path))
    try:
        path.write_text(known.show(remembered), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}") from error
    print(f'{path}: {remembered.total()} findings remembered; `baseline = "{path.name}"` in `[tool.mloc]` uses it', file=sys.stderr)
    return OK


def _tell_stale(findings: Findings) -> bool:
    """Say what baselines remember of these files, or of ones that are gone, and is no longer found; whether there is anything."""
    stale = False
    for path, remembered in findings.baselines.items():
        name = namer(path)
        checked = {name(file) for file in findings.files}
        for entry in sorted((+remembered).elements()):
            if entry.file in checked or not (path.parent / entry.file).exists():
                print(clean(f"{path}: no longer found: {entry.file}: {entry.code}: {entry.message}"), file=sys.stderr)
                stale = True
    return stale


def _print(command: Check, diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> None:
    match command.output_format:
        case "full":
            show(diagnostics, files, command.color, sys.stdout)
        case "concise":
            for diagnostic in diagnostics:
                print(concise(diagnostic, files))
        case machine_format:
            from mloc.diagnostics.machine import to_github, to_json, to_sarif

            texts = {
                "json": lambda: to_json(diagnostics, files),
                "sarif": lambda: to_sarif(diagnostics, files, VERSION),
                "github": lambda: to_github(diagnostics, files),
            }
            print(texts[machine_format](), end="")


def _print_tables(command: Check, files: Sequence[str], findings: Findings) -> None:
    """What was found, and how what the files use arrives on every installed target."""
    from mloc.cli.portability import document, lines, portability, targets  # looks at all that is installed

    backends, found = targets(), [portability(path) for path in files]
    if command.output_format == "json":
        from mloc.diagnostics.machine import to_json

        told = json.loads(to_json(findings.diagnostics, findings.files))
        print(json.dumps(document(found, backends, told), indent=2))
        return
    _print(command, findings.diagnostics, findings.files)
    for each in found:
        for line in lines(each, backends):
            print(line)
