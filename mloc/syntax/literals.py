"""Reading the literals whose text is not their value: strings, f-strings, docs and dedented code."""

from __future__ import annotations

import re
import textwrap
from bisect import bisect_right

from mloc import patterns

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'"}
_ESCAPE = patterns.of(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


class LiteralError(Exception):
    """A literal that does not mean anything; `start` and `end` are offsets in the literal's text."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.start, self.end = start, end


def unescape(body: str, offset: int) -> str:
    """The value of a string's body. `offset` is where the body begins in the literal, for errors."""
    if "\\" not in body:
        return body

    def replace(match: re.Match[str]) -> str:
        code = match.group(1)
        if code[0] == "u" and len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in _ESCAPES:
            shown = r"\u needs four hexadecimal digits" if code == "u" else f"unknown escape `\\{code}`"
            raise LiteralError(shown, offset + match.start(), offset + match.end())
        return _ESCAPES[code]

    value = _ESCAPE.sub(replace, body)
    try:
        # a pair of \uD83D\uDE00 is one character
        return value.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise LiteralError("a lone surrogate is not a character", offset, offset + len(body)) from None


def string_value(text: str) -> tuple[str, bool]:
    """The value of a string literal and whether it is a long (raw) one."""
    if text.startswith('"""'):
        return text[3:-3], True
    return unescape(text[1:-1], 1), False


def fstring_parts(text: str) -> list[tuple[bool, str, int]]:
    """The parts of an f-string: (is an expression, text or source, offset in the literal)."""
    parts: list[tuple[bool, str, int]] = []
    literal, at, end = "", 2, len(text) - 1
    start = at
    while at < end:
        char = text[at]
        if char == "\\":
            literal += text[at : at + 2]
            at += 2
        elif text.startswith(("{{", "}}"), at):
            literal += char
            at += 2
        elif char == "}":
            raise LiteralError("a single `}` in an f-string; write `}}` for a brace", at, at + 1)
        elif char == "{":
            close = _closing_brace(text, at, end)
            if literal:
                parts.append((False, unescape(literal, start), start))
            parts.append((True, text[at + 1 : close], at + 1))
            at = close + 1
            literal, start = "", at
        else:
            literal += char
            at += 1
    if literal:
        parts.append((False, unescape(literal, start), start))
    return parts


def _closing_brace(text: str, at: int, end: int) -> int:
    depth, index = 0, at
    quote = ""
    while index < end:
        char = text[index]
        if quote:
            quote = "" if char == quote else quote
        elif char == "'":
            quote = char
        elif char in "{[(":
            depth += 1
        elif char in "}])":
            depth -= 1
            if depth == 0:
                return index
        index += 1
    raise LiteralError("`{` in an f-string is not closed; write `{{` for a brace", at, at + 1)


def dedent(code: str) -> tuple[str, tuple[int, ...]]:
    """A long string as code: common indentation removed, blank first and last lines dropped.

    Also gives, for every line of the result, the offset in `code` of that line's first kept character.
    """
    lines = code.split("\n")
    starts, at = [], 0
    for line in lines:
        starts.append(at)
        at += len(line) + 1
    first = 0
    while first < len(lines) - 1 and not lines[first].strip():
        first += 1
    last = len(lines)
    while last > first + 1 and not lines[last - 1].strip():
        last -= 1
    if first == 0:
        # code that begins right after the quotes: its first line has no indentation to compare
        head, rest = lines[0].lstrip(), "\n".join(lines[1:last])
        body = textwrap.dedent(rest).split("\n") if last > 1 else []
        kept = [head, *body]
    else:
        kept = textwrap.dedent("\n".join(lines[first:last])).split("\n")
    origins = []
    for index, line in enumerate(kept):
        original = lines[first + index]
        origins.append(starts[first + index] + (len(original) - len(line) if original.strip() else 0))
    return "\n".join(line.rstrip("\r") for line in kept) + "\n", tuple(origins)


def doc_comments(text: str, skipped: list[tuple[int, int]]) -> dict[int, str]:
    """The `##` comments: for the offset of what begins the line after each block, its text.

    `skipped` are the offset ranges of long strings in order, where `##` means nothing.
    """
    docs: dict[int, str] = {}
    pending: list[str] = []
    begins = [low for low, _ in skipped]
    offset = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped.startswith("##") and not _inside(offset, begins, skipped):
            pending.append(stripped[2:].strip())
        elif pending and stripped != "\\":
            docs[offset + len(line) - len(line.lstrip())] = "\n".join(pending).strip()
            pending = []
        offset += len(line) + 1
    return docs


def _inside(offset: int, begins: list[int], ranges: list[tuple[int, int]]) -> bool:
    index = bisect_right(begins, offset) - 1
    return index >= 0 and offset < ranges[index][1]
