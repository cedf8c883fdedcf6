"""Mechanical corrections: which of them can be made together, and the texts with them made."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from mloc.diagnostics.model import Diagnostic, Edit


def compatible(diagnostics: Iterable[Diagnostic], files: Collection[str]) -> tuple[Diagnostic, ...]:
    """The findings whose corrections may be applied unseen, are within `files` and do not touch each other; errors go first."""
    taken: list[Edit] = []
    chosen: list[Diagnostic] = []
    for diagnostic in sorted(diagnostics, key=lambda d: (d.rule.severity != "error", d.sort_key)):
        fix = diagnostic.fix
        if fix is None or fix.applicability != "machine-applicable" or any(edit.span.file not in files for edit in fix.edits):
            continue
        if not any(_touch(edit, other) for edit in fix.edits for other in taken):
            taken += fix.edits
            chosen.append(diagnostic)
    return tuple(sorted(chosen, key=lambda d: d.sort_key))


def corrected(texts: Mapping[str, str], diagnostics: Iterable[Diagnostic]) -> dict[str, str]:
    """The texts that change, by file, with the corrections of compatible findings made."""
    edits = [edit for d in diagnostics if d.fix is not None for edit in d.fix.edits]
    changed: dict[str, str] = {}
    # From the end, so that the places of those before stay as they are.
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end), reverse=True):
        text = changed.get(edit.span.file, texts[edit.span.file])
        changed[edit.span.file] = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return changed


def _touch(a: Edit, b: Edit) -> bool:
    """Whether two edits overlap, or are so near that the order in which they are made would matter."""
    if a.span.file != b.span.file:
        return False
    if a.span.start == a.span.end or b.span.start == b.span.end:
        return a.span.start <= b.span.end and b.span.start <= a.span.end
    return a.span.start < b.span.end and b.span.start < a.span.end
