"""Writes Python source: the one place where a value or a text of the user's becomes part of a program."""

from __future__ import annotations

import keyword
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, Union

from mloc.frozen import dataclass

WIDTH = 100

Value: TypeAlias = Union[bool, int, float, str, "Sequence[Value]", "Mapping[str, Value]", None]

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Bracket:
    """`opening items closing`: laid out on one line when that fits, else an item a line. An item is a prefix (`name=`) and its code."""

    opening: str
    items: tuple[tuple[str, Code], ...]
    closing: str


Code: TypeAlias = str | Bracket


def literal(value: Value) -> str:
    """The source of a value, on one line; evaluating it gives the value back. Raises ValueError for a lone surrogate."""
    return _flat(code(value))


def code(value: Value) -> Code:
    """Like `literal`, but lists and maps may be laid out over several lines."""
    match value:
        case None | bool():
            return str(value)
        case int():
            return str(value)
        case float():
            return repr(value) if math.isfinite(value) else f'float("{value}")'
        case str():
            return _quoted(value)
        case bytes() | bytearray():
            raise TypeError("bytes have no literal here")
        case tuple():
            comma = "," if len(value) == 1 else ""
            return Bracket("(", tuple(("", code(item)) for item in value), comma + ")")
        case Sequence():
            return Bracket("[", tuple(("", code(item)) for item in value), "]")
        case Mapping():
            return Bracket("{", tuple((f"{_quoted(name)}: ", code(item)) for name, item in value.items()), "}")
        case _:
            raise TypeError(f"no literal for {type(value).__name__}")


def call(function: str, arguments: Iterable[Code] = (), keywords: Mapping[str, Code] | None = None) -> Bracket:
    """A call, or a definition's head, from code already made; keyword arguments keep their order."""
    named = keywords or {}
    for name in named:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise ValueError(f"not the name of an argument: {name!r}")
    items = [("", argument) for argument in arguments] + [(f"{name}=", argument) for name, argument in named.items()]
    return Bracket(f"{function}(", tuple(items), ")")


def layout(source: Code, indent: int = 0, lead: str = "", tail: str = "", width: int = WIDTH) -> str:
    """`lead`, the code and `tail` as lines indented by `indent` columns, broken at brackets where they do not fit in `width`."""
    margin = " " * indent
    line = f"{margin}{lead}{_flat(source)}{tail}"
    if isinstance(source, str) or not source.items or len(line) <= width:
        return line
    items = [layout(item, indent + 4, prefix, ",", width) for prefix, item in source.items]
    return "\n".join([f"{margin}{lead}{source.opening}", *items, f"{margin}{source.closing.lstrip(',')}{tail}"])


def docstring(text: str, indent: int = 0) -> str:
    """A docstring, without its first line's indentation; it reads as `text` but for the white space around lines."""
    margin = " " * indent
    lines = [_escaped(line, _ESCAPES | {'"': '"'}).rstrip() for line in text.strip().splitlines()]
    body = "\n".join([*lines[:1], *(f"{margin}{line}" if line else "" for line in lines[1:])])
    # Three quotes end a docstring, and so does one more before the three that are ours.
    body = re.sub(r'"{3,}|"+\Z', lambda quotes: '\\"' * len(quotes[0]), body)
    return f'"""{body}\n{margin}"""' if len(lines) > 1 else f'"""{body}"""'


def comment(text: str, indent: int = 0) -> str:
    """Comment lines; no text can end the comment early."""
    margin = " " * indent
    lines = [_escaped(line, {}).rstrip() for line in text.splitlines()]
    return "\n".join(f"{margin}# {line}" if line else f"{margin}#" for line in lines)


def _flat(source: Code) -> str:
    if isinstance(source, str):
        return source
    return source.opening + ", ".join(prefix + _flat(item) for prefix, item in source.items) + source.closing


def _quoted(text: str) -> str:
    if text.count('"') > text.count("'"):
        # As the formatter would have it: the quotes that need fewer escapes.
        return "'" + _escaped(text, _ESCAPES | {'"': '"', "'": "\\'"}) + "'"
    return f'"{_escaped(text, _ESCAPES)}"'


def _escaped(text: str, escapes: Mapping[str, str]) -> str:
    """The text with what cannot be seen, or is in `escapes`, written as escapes."""
    for position, character in enumerate(text):
        if "\ud800" <= character <= "\udfff":
            raise ValueError(f"a lone surrogate at position {position} has no place in a source file")
    return "".join(escapes.get(c) or (c if c.isprintable() else c.encode("unicode_escape").decode("ascii")) for c in text)
