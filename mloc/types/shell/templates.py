"""Finds the placeholders of other tools in a script: `{{ name }}`, `{name}`, `~{name}`, `!{name}`, `$(inputs.name)`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from mloc import patterns

_BRACES = patterns.of(r"(?<![$\w\\{])[!~]?(\{\{?)\s*([A-Za-z_][\w.]*)\s*(\}\}?)")
_OTHERS = patterns.of(r"\$[({]\s*((?:inputs?|outputs?|params|parameters|wildcards|task|config)\.\w+)\s*[)}]|%\((\w+)\)s")


def templates(text: str, names: Collection[str]) -> Iterator[tuple[int, int, str, str]]:
    """Where a placeholder names one of the variables `names`: start, end, what is written, and the variable that is meant."""
    for pattern, group in ((_BRACES, 2), (_OTHERS, 1)):
        for match in pattern.finditer(text):
            if pattern is _BRACES and len(match.group(1)) != len(match.group(3)):
                continue
            path = match.group(group) or match.group(match.lastindex or 0)
            meant = next((part for part in (path, path.rpartition(".")[2], f"out_{path.rpartition('.')[2]}") if part in names), None)
            if meant is not None and _is_code(text, match.start()):
                yield match.start(), match.end(), match.group(), meant


def _is_code(text: str, at: int) -> bool:
    """Whether a place is not in a comment."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return re.search(r"(?:^|\s)#", line) is None
