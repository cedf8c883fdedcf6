"""Syntax errors from words of the language used as names, and from quotes that end an f-string too early."""

from __future__ import annotations

import re

from mloc.diagnostics.model import Diagnostic, Edit, Fix, Label
from mloc.diagnostics.rules import RESERVED_NAME, SYNTAX
from mloc.source import SourceFile, Span

_OPENING = frozenset("if elif else for yield next return finally on options fail".split())
"""Words that begin a statement, and are no names there."""
_LOOP = re.compile(r"=\s*(loop)\s*\Z")
_BROKEN_OFF = re.compile(r'f"(?:[^"\\\n]|\\.)*\{[^}"\n]*"\Z')
_REST = re.compile(r"([^\"'\\\n]*)\"(?=[^\"\n]*\})")
_NEAR = 200  # characters before a place that are looked at: lines may be very long


def taken(source: SourceFile, text: str, at: int) -> Diagnostic | None:
    """What an unexpected `text` at a place is about, when it is one of these."""
    start = max(source.text.rfind("\n", 0, at) + 1, at - _NEAR)
    before = source.text[start:at]
    word = before.strip()
    if text == "=" and word in _OPENING:
        first = at - len(before.lstrip())
        message = f"`{word}` begins a statement of its own, and cannot be bound"
        return Diagnostic(RESERVED_NAME, message, Label(Span(source.path, first, first + len(word))), help="choose another name")
    loop = _LOOP.search(before)
    if loop is not None:
        message = "after `=` the word `loop` begins a loop, as in `x = loop state = first max 3:`"
        label = Label(Span(source.path, start + loop.start(1), start + loop.end(1)), "not read as a name")
        return Diagnostic(RESERVED_NAME, message, label, help="for the value of that name write `(loop)`, or choose another name")
    return _quote(source, at) if _BROKEN_OFF.search(before) else None


def _quote(source: SourceFile, at: int) -> Diagnostic:
    """A text within an f-string that has the f-string's own quotes, and so ends it."""
    rest = _REST.match(source.text, at)
    fix = None
    if rest is not None:
        edits = (Edit(Span(source.path, at - 1, at), "'"), Edit(Span(source.path, rest.end() - 1, rest.end()), "'"))
        fix = Fix("machine-applicable", edits)
    help_ = "give the text inside the other quotes, as in `f\"{name ?? 'all'}\"`"
    return Diagnostic(SYNTAX, "this quote ends the f-string", Label(Span(source.path, at - 1, at)), help=help_, fix=fix)


def backslash(source: SourceFile, at: int) -> Diagnostic:
    """A `\\` that is not the last character of its line."""
    rest = source.text[at + 1 : at + _NEAR].split("\n")[0].strip()
    message = "nothing may follow a `\\` on its line, not even a comment" if rest else "nothing follows this `\\`"
    help_ = "a line goes on behind a `\\` at its end, or while a bracket is open"
    return Diagnostic(SYNTAX, message, Label(Span(source.path, at, at + 1)), help=help_)
