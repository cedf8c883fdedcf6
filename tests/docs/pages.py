"""The blocks of a page of the documentation: what each holds, what the comment above it says of it, and in which section it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"(?:<!-- (?P<word>\w+): (?P<value>[^\n]+?) -->\n)?^```(?P<language>\w+)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
DOCS = Path(__file__).parents[2] / "docs"


@dataclass(frozen=True)
class Block:
    """A fenced block: `word` and `value` are of a comment on the line above it, as in `<!-- file: lib.mlp -->`."""

    language: str
    text: str
    word: str
    value: str
    section: str
    line: int


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def blocks(text: str) -> list[Block]:
    """The blocks of a page, in order."""
    matches = list(_BLOCK.finditer(text))
    inside = [(match.start(), match.end()) for match in matches]
    titles = [title for title in _SECTION.finditer(text) if not any(low < title.start() < high for low, high in inside)]
    sections = [(title.start(), title.group(1)) for title in titles]
    found = []
    for match in matches:
        section = next((name for start, name in reversed(sections) if start < match.start()), "")
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Block(match["language"], match["text"], match["word"] or "", match["value"] or "", section, line))
    return found
