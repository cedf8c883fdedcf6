"""How text looks in a terminal: what each character is shown as, how many cells that takes, and colours."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["error", "warning", "note", "help", "gutter", "strong", "secondary", "plain"]
Cell: TypeAlias = tuple[str, Role]

_CODES: Mapping[Role, str] = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "help": "1;32",
    "gutter": "1;34",
    "strong": "1",
    "secondary": "1;34",
}

TAB = 4
# Joiners shape the letters around them, which readers of some scripts need; every other format character can deceive.
_JOINERS = "\u200c\u200d"
_ESCAPED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_NAMED = {"\n": "\\n", "\r": "\\r", "\0": "\\0"}
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})
_LONGEST = 2000


def paint(text: str, role: Role, colour: bool) -> str:
    """The text in the colour of its role, or as it is."""
    return f"\x1b[{_CODES[role]}m{text}\x1b[0m" if colour and text and role != "plain" else text


def cells(text: str, role: Role) -> tuple[Cell, ...]:
    """The characters of a text that is shown as it is, each in the role."""
    return tuple((character, role) for character in text)


def joined(row: Iterable[Cell], colour: bool) -> str:
    """The text of a row, without blanks at its end."""
    runs = [(role, "".join(character for character, _ in run)) for role, run in groupby(row, key=lambda cell: cell[1])]
    while runs and not runs[-1][1].strip():
        runs.pop()
    if runs:
        runs[-1] = (runs[-1][0], runs[-1][1].rstrip())
    return "".join(paint(text, role, colour) for role, text in runs)


def shown(character: str) -> str:
    """What stands for a character: itself, spaces for a tab, an escape for what a terminal would obey or hide."""
    if " " <= character <= "~":
        return character
    if character == "\t":
        return " " * TAB
    if unicodedata.category(character) not in _ESCAPED or character in _JOINERS:
        return character
    code = ord(character)
    return _NAMED.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def width(character: str) -> int:
    """The cells that a character, as shown, takes."""
    if " " <= character <= "~":
        return 1
    text = shown(character)
    if len(text) > 1:
        return len(text)
    if unicodedata.category(character) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def clean(text: str) -> str:
    """Text that is safe to print on one line; the middle of one that nobody would read to its end is left out."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 2 :]}"
    if text.isprintable():
        return text
    return "".join(map(shown, text))
