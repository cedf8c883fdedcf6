"""Writes YAML: block style, keys in the order given, and one function that quotes every text."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias, Union

from mloc import patterns

# Comments by key, for the entries of a mapping and below; under "" stands the one for the mapping itself.
Notes: TypeAlias = "Mapping[str, Notes | str]"

Value: TypeAlias = Union[None, bool, int, float, str, "Sequence[Value]", "Mapping[str, Value]"]

# A plain scalar begins with a letter, so that no reader takes it for a number, a date or a piece of syntax.
_NO_NOTES: Notes = {}

_PLAIN = patterns.of(r"[A-Za-z](?:[A-Za-z0-9_./@+=,-]|[ :](?=[A-Za-z0-9_./@+=-]))*")
_NAMED_SPACE = patterns.of(r": ")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def dump(document: Mapping[str, Value], comment: str = "", notes: Notes | None = None) -> str:
    """A document as text that ends with a line break, under `comment` as comment lines and with `notes` above their entries.

    Any YAML 1.1 or 1.2 reader gives the value back.

    Raises ValueError for a key that no reader would take.
    """
    lines = [f"# {line}".rstrip() for line in _visible(comment).splitlines()]
    if document:
        _mapping(document, "", lines, notes or {})
    else:
        lines.append("{}")
    return "\n".join(lines) + "\n"


@lru_cache(4096)  # most are keys, and most keys stand many times
def scalar(text: str) -> str:
    """A text on one line: plain where nobody can misread it, else in double quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and not _NAMED_SPACE.search(text):
        return text
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _escape(c)) for c in text) + '"'


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\U{code:08x}" if code > 0xFFFF else f"\\u{code:04x}"


def _visible(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else _escape(c) for c in text)


def _mapping(value: Mapping[str, Value], margin: str, lines: list[str], notes: Notes = _NO_NOTES) -> None:
    for key, item in value.items():
        if len(key) > 1000:
            raise ValueError(f"a YAML key has at most 1024 characters: {key[:40]}…")
        if key not in notes:
            _entry(f"{margin}{scalar(key)}:", item, margin, lines)
            continue
        inner = notes[key]
        note = inner if isinstance(inner, str) else inner.get("", "")
        lines.extend(f"{margin}# {line}" for line in _visible(str(note)).splitlines())
        if isinstance(item, Mapping) and item and not isinstance(inner, str):
            lines.append(f"{margin}{scalar(key)}:")
            _mapping(item, f"{margin}  ", lines, inner)
        else:
            _entry(f"{margin}{scalar(key)}:", item, margin, lines)


def _sequence(value: Sequence[Value], margin: str, lines: list[str]) -> None:
    for item in value:
        if isinstance(item, (Mapping, Sequence)) and not isinstance(item, str) and item:
            # The first line of the item stands behind the dash, where its margin would have been.
            first = len(lines)
            _block(item, f"{margin}  ", lines)
            lines[first] = f"{margin}- {lines[first][len(margin) + 2 :]}"
        else:
            _entry(f"{margin}-", item, margin, lines)


def _block(value: Sequence[Value] | Mapping[str, Value], margin: str, lines: list[str]) -> None:
    if isinstance(value, Mapping):
        _mapping(value, margin, lines)
    else:
        _sequence(value, margin, lines)


def _entry(lead: str, value: Value, margin: str, lines: list[str]) -> None:
    """Add the lines of a value whose key or dash is `lead`."""
    match value:
        case str():
            _text(lead, value, margin, lines)
        case Mapping() | Sequence() if value:
            lines.append(lead)
            _block(value, f"{margin}  ", lines)
        case Mapping():
            lines.append(f"{lead} {{}}")
        case Sequence():
            lines.append(f"{lead} []")
        case _:
            lines.append(f"{lead} {_number(value)}")


def _text(lead: str, text: str, margin: str, lines: list[str]) -> None:
    rows = text.removesuffix("\n").split("\n")
    # A block's first line sets its indentation, and its end is exact only when the text does not end in empty lines.
    if len(rows) == 1 or not all(map(str.isprintable, rows)) or not rows[-1].strip() or rows[0][:1] in ("", " "):
        lines.append(f"{lead} {scalar(text)}")
        return
    lines.append(f"{lead} {'|' if text.endswith(chr(10)) else '|-'}")
    lines.extend(f"{margin}  {row}" if row else "" for row in rows)


def _number(value: None | bool | int | float) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float() if math.isnan(value):
            return ".nan"
        case float() if math.isinf(value):
            return ".inf" if value > 0 else "-.inf"
        case _:
            digits = repr(value)
            # YAML 1.1 reads `1e+16` as a text: it wants the point.
            return digits if "." in digits else digits.replace("e", ".0e")
