"""Diagnostics for other programs: JSON, SARIF and the annotations of GitHub's workflow log."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TypeAlias

from mloc.diagnostics.model import Diagnostic, Fix, Label, Rule, Severity
from mloc.source import SourceFile, Span

Json: TypeAlias = "None | bool | int | str | Sequence[Json] | Mapping[str, Json]"
Files: TypeAlias = Mapping[str, SourceFile]

_UNRESERVED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/")
_SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def to_json(diagnostics: Sequence[Diagnostic], files: Files) -> str:
    """One array, described by `mloc/schemas/diagnostics.schema.json`. `files` holds every file that a span names."""
    return json.dumps([_finding(d, files) for d in diagnostics], indent=2) + "\n"


def page(rule: Rule) -> str:
    """Where the page of a rule is, from the root of mloc's sources."""
    return f"docs/errors/{rule.code}.md"


def _finding(diagnostic: Diagnostic, files: Files) -> Json:
    rule = diagnostic.rule
    return {
        "code": rule.code,
        "slug": rule.slug,
        "severity": rule.severity,
        "message": diagnostic.message,
        **_place(diagnostic.primary.span, files),
        "labels": [{**_place(label.span, files), "message": label.message} for label in (diagnostic.primary, *diagnostic.secondary)],
        "notes": list(diagnostic.notes),
        "help": diagnostic.help,
        "fix": _fix(diagnostic.fix),
        "url": page(rule),
    }


def _place(span: Span, files: Files) -> dict[str, Json]:
    first, last = files[span.file].position(span.start), files[span.file].position(span.end)
    return {"file": span.file, "line": first.line, "column": first.column, "end_line": last.line, "end_column": last.column}


def _fix(fix: Fix | None) -> Json:
    if fix is None:
        return None
    edits: Json = [{"file": e.span.file, "start": e.span.start, "end": e.span.end, "text": e.text} for e in fix.edits]
    return {"applicability": fix.applicability, "edits": edits}


def to_sarif(diagnostics: Sequence[Diagnostic], files: Files, version: str) -> str:
    """A SARIF 2.1.0 log with one run of mloc at `version`; columns count characters."""
    rules = sorted({d.rule.code: d.rule for d in diagnostics}.values(), key=lambda rule: rule.code)
    index = {rule.code: at for at, rule in enumerate(rules)}
    driver: Json = {"name": "mloc", "version": version, "rules": [_sarif_rule(rule) for rule in rules]}
    results = [_result(d, index[d.rule.code], files) for d in diagnostics]
    run: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return json.dumps({"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _sarif_rule(rule: Rule) -> Json:
    return {
        "id": rule.code,
        "name": "".join(word.capitalize() for word in rule.slug.split("-")),
        "shortDescription": {"text": rule.summary},
        "help": {"text": f"`mloc explain {rule.code}` says more"},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(diagnostic: Diagnostic, index: int, files: Files) -> Json:
    result: dict[str, Json] = {
        "ruleId": diagnostic.rule.code,
        "ruleIndex": index,
        "level": diagnostic.rule.severity,
        "message": {"text": _text(diagnostic)},
        "locations": [_location(Label(diagnostic.primary.span), files)],
    }
    if diagnostic.secondary:  # which the schema wants to differ from each other
        result["relatedLocations"] = [_location(label, files) for label in dict.fromkeys(diagnostic.secondary)]
    if diagnostic.fix is not None and diagnostic.fix.edits:
        result["fixes"] = [_sarif_fix(diagnostic.fix, diagnostic.help, files)]
    return result


def _location(label: Label, files: Files) -> Json:
    physical: Json = {"artifactLocation": {"uri": _uri(label.span.file)}, "region": _region(label.span, files)}
    return {"physicalLocation": physical, "message": {"text": label.message}} if label.message else {"physicalLocation": physical}


def _region(span: Span, files: Files) -> Json:
    first, last = files[span.file].position(span.start), files[span.file].position(span.end)
    return {
        "startLine": first.line,
        "startColumn": first.column,
        "endLine": last.line,
        "endColumn": last.column,
        "charOffset": span.start,
        "charLength": span.end - span.start,
    }


def _sarif_fix(fix: Fix, description: str | None, files: Files) -> Json:
    by_file: dict[str, list[Json]] = {}
    for edit in fix.edits:
        replacement: Json = {"deletedRegion": _region(edit.span, files), "insertedContent": {"text": edit.text}}
        by_file.setdefault(edit.span.file, []).append(replacement)
    changes: Json = [{"artifactLocation": {"uri": _uri(path)}, "replacements": found} for path, found in by_file.items()]
    return {"description": {"text": description}, "artifactChanges": changes} if description else {"artifactChanges": changes}


def _uri(path: str) -> str:
    pure = PurePath(path)
    # Paths may hold bytes that are no text, as lone surrogates.
    data = pure.as_posix().encode("utf-8", "surrogateescape")
    text = "".join(chr(byte) if chr(byte) in _UNRESERVED else f"%{byte:02X}" for byte in data)
    return f"file://{text}" if pure.is_absolute() else text


def _text(diagnostic: Diagnostic) -> str:
    """Everything that is said, without source, a line for each thing."""
    help_ = () if diagnostic.help is None else (f"help: {diagnostic.help}",)
    label = (diagnostic.primary.message,) if diagnostic.primary.message else ()
    return "\n".join([diagnostic.message, *label, *(f"note: {note}" for note in diagnostic.notes), *help_])


def to_github(diagnostics: Sequence[Diagnostic], files: Files) -> str:
    """A workflow command for each finding, which GitHub shows beside the line in the pull request."""
    return "".join(_command(d, files) + "\n" for d in diagnostics)


def _command(diagnostic: Diagnostic, files: Files) -> str:
    names: Mapping[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}
    span, rule = diagnostic.primary.span, diagnostic.rule
    first, last = files[span.file].position(span.start), files[span.file].position(span.end)
    found = {"file": span.file, "line": str(first.line), "endLine": str(last.line)}
    if first.line == last.line:  # GitHub takes columns for a single line only; its last column is part of the range
        found |= {"col": str(first.column), "endColumn": str(max(first.column, last.column - 1))}
    found["title"] = f"{rule.code} {rule.slug}"
    properties = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in found.items())
    return f"::{names[rule.severity]} {properties}::{_escaped(_text(diagnostic))}"


def _escaped(text: str, further: str = "") -> str:
    # The per cent sign comes first, or the other escapes would be escaped again.
    for character in "%\r\n" + further:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
