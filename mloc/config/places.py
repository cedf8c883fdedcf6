"""Where a setting stands in a TOML file: the parser of the standard library tells values without their places."""

from __future__ import annotations

from mloc import patterns

_HEADER = patterns.of(r"\s*\[([^\[\]]+)\]\s*(?:#.*)?$")
_KEY = patterns.of(r"""\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The line, from 1, where the key of a dotted path is set, or else its nearest table's header; None when neither is found.

    Good enough for a message: a line of a multi-line string that looks like a key is taken for one.
    """
    table: tuple[str, ...] = ()
    header: tuple[int, int] | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if match := _HEADER.match(line):
            table = _parts(match.group(1))
            depth = len(table)
            if table == path[:depth] and (header is None or depth > header[0]):
                header = (depth, number)
        elif (match := _KEY.match(line)) and table == path[: len(table)]:
            key = table + _parts(match.group(1))
            if key == path or (key == path[: len(key)] and "{" in line):
                return number
    return None if header is None else header[1]


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip().strip("\"'") for part in dotted.split("."))
