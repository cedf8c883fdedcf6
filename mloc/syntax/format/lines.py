"""Tokens grouped into logical lines, with the comments and blank lines that stood between them."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.frozen import dataclass
from mloc.syntax.machine import Token


@dataclass(frozen=True, slots=True)
class Comment:
    """`column` counts from 0; `blanks` are the blank lines directly above a comment that has its own line."""

    text: str
    column: int
    blanks: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two tokens.

    `trailing` is the comment on the line of the token before, `own` are those with lines of their own, `blanks` the blank lines directly
    above the token after, and `spaces` the width of a gap within one line. `continued` tells of a `\\` at the end of a line.
    """

    trailing: Comment | None = None
    own: tuple[Comment, ...] = ()
    blanks: int = 0
    continued: bool = False
    spaces: int = 0

    @property
    def has_comments(self) -> bool:
        return self.trailing is not None or bool(self.own)


@dataclass(frozen=True, slots=True)
class Piece:
    """A token with the gap before it. `type` is the grammar's name for it."""

    type: str
    text: str
    start: int
    gap: Gap


@dataclass(frozen=True, slots=True)
class Line:
    """A logical line: a statement, an attribute, a field, or the header of a block. `column` is where it began."""

    pieces: tuple[Piece, ...]
    depth: int
    column: int

    @property
    def is_header(self) -> bool:
        return self.pieces[-1].type == "COLON"


def read_lines(text: str, tokens: Iterable[Token]) -> tuple[list[Line], Gap]:
    """The logical lines of a program, and the gap after the last one."""
    lines: list[Line] = []
    pieces: list[Piece] = []
    depth = end = column = 0
    for token in tokens:
        match token.type:
            case "_INDENT":
                depth += 1
            case "_DEDENT":
                depth -= 1
            case "_NL":
                lines.append(Line(tuple(pieces), depth, column))
                pieces = []
            case _:
                if not pieces:
                    column = _column(text, token.start)
                pieces.append(Piece(token.type, token.text, token.start, _gap(text, end, token.start)))
                end = token.end
    return lines, _gap(text, end, len(text))


_NOTHING = Gap()
_SPACE = Gap(spaces=1)


def _gap(text: str, low: int, high: int) -> Gap:
    if low == high:
        return _NOTHING
    between = text[low:high]
    if between == " ":
        return _SPACE
    first, *rest = between.split("\n")
    if low == 0:
        first, rest = "", [first, *rest]
    trailing, own = None, list[Comment]()
    blanks, continued = 0, first.strip() == "\\"
    if first.lstrip().startswith("#"):
        trailing = Comment(first.strip(_BLANK), _column(text, low) + len(first) - len(first.lstrip()))
    for index, line in enumerate(rest):
        stripped = line.strip(_BLANK)
        if stripped.startswith("#"):
            own.append(Comment(stripped, len(line) - len(line.lstrip()), blanks))
            blanks = 0
        elif stripped == "\\":
            continued = True
        elif index < len(rest) - 1:
            blanks += 1
    return Gap(trailing, tuple(own), blanks, continued, 0 if rest else len(between))


_BLANK = " \t\r"


def _column(text: str, offset: int) -> int:
    return offset - (text.rfind("\n", 0, offset) + 1)
