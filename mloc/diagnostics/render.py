"""Diagnostics as text for people: in full, with the source, or in one line each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mloc.diagnostics.display import Cell, Role, clean, joined, paint
from mloc.diagnostics.model import Diagnostic, Severity
from mloc.diagnostics.snippet import DOTS, Mark, groups, mark, rows
from mloc.frozen import replace
from mloc.source import SourceFile

_ROLES: Mapping[Severity, Role] = {"error": "error", "warning": "warning", "note": "note"}
_SPACE: Cell = (" ", "plain")


def full(diagnostic: Diagnostic, files: Mapping[str, SourceFile], *, colour: bool = False) -> str:
    """The finding with its source, labels, notes and help, ending in a line end. `files` holds every file that a span names."""
    rule = diagnostic.rule
    head = paint(f"{rule.severity}[{rule.code}]", _ROLES[rule.severity], colour)
    lines = [head + paint(f": {clean(diagnostic.message)}", "strong", colour)]
    snippets = list(_snippets(diagnostic, files))
    indent = " " * max(len(str(m.last)) for _, marks in snippets for m in marks)
    bar = paint(f"{indent} |", "gutter", colour)
    for at, (source, marks) in enumerate(snippets):
        arrow = paint(f"{indent}:::" if at else f"{indent}-->", "gutter", colour)
        lines += [bar] * (at > 0) + [f"{arrow} {clean(source.path)}:{marks[0].first}:{marks[0].start + 1}", bar]
        lines += [_gutter(row.gutter, len(indent), colour) + joined((_SPACE, *row.cells), colour) for row in rows(source, marks)]
    remarks = [*(_remark("note", note, indent, colour) for note in diagnostic.notes), *_help(diagnostic, indent, colour)]
    return "\n".join([*lines, *([bar] if remarks else ()), *remarks]) + "\n"


def concise(diagnostic: Diagnostic, files: Mapping[str, SourceFile]) -> str:
    """The finding on one line that editors can jump from, without a line end."""
    span, rule = diagnostic.primary.span, diagnostic.rule
    at = files[span.file].position(span.start)
    return f"{clean(span.file)}:{at.line}:{at.column}: {rule.severity}[{rule.code}]: {clean(diagnostic.message)}"


def summary(diagnostics: Sequence[Diagnostic], file_count: int) -> str:
    """How many findings of each severity in how many files, in one line; says so when there are none."""
    counts = {"error": 0, "warning": 0}
    for diagnostic in diagnostics:
        if diagnostic.rule.severity in counts:
            counts[diagnostic.rule.severity] += 1
    found = " and ".join(_plural(count, name) for name, count in counts.items() if count)
    return f"{found or 'no errors'} in {_plural(file_count, 'file')}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _snippets(diagnostic: Diagnostic, files: Mapping[str, SourceFile]) -> Iterator[tuple[SourceFile, list[Mark]]]:
    """The marks, snippet by snippet: the primary label's first, its mark first in it; then by the order of the labels."""
    labels = (diagnostic.primary, *diagnostic.secondary)
    role = _ROLES[diagnostic.rule.severity]
    for path in dict.fromkeys(label.span.file for label in labels):
        source = files[path]
        # The secondary marks look different only where the primary one stands beside them.
        marks = [
            mark(source, label.span, label.message, *(("^", role) if label is diagnostic.primary else ("-", "secondary")))
            for label in labels
            if label.span.file == path
        ]
        for group in groups(marks):
            is_beside = any(m.role == role for m in group)
            yield source, group if is_beside else [replace(m, character="^") for m in group]


def _gutter(text: str, width: int, colour: bool) -> str:
    return paint(text.ljust(width + 2) if text == DOTS else f"{text:>{width}} |", "gutter", colour)


def _help(diagnostic: Diagnostic, indent: str, colour: bool) -> tuple[str, ...]:
    fix = "" if diagnostic.fix is None else "[fix available]"
    if diagnostic.help is None:
        return (_remark("help", fix, indent, colour),) if fix else ()
    return (_remark("help", f"{diagnostic.help}  {fix}".rstrip(), indent, colour),)


def _remark(kind: Role, text: str, indent: str, colour: bool) -> str:
    """A note or help; further lines of its text stand below the first."""
    first, *rest = map(clean, text.split("\n"))
    below = "".join(f"\n{indent}{' ' * (len(kind) + 5)}{line}".rstrip() for line in rest)
    return f"{paint(f'{indent} =', 'gutter', colour)} {paint(kind, kind, colour)}: {first}{below}"
