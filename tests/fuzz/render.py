"""Random white space, comments and line breaks between the tokens of a program, wherever the grammar lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Protocol

_COMMENTS = ["# c", "#", "## Doc.", "##", "# mloc: ignore[W0401] because", "#!x  ", '# "quoted" (', "## é ", "# \\"]


class Tree(Protocol):
    @property
    def tokens(self) -> list[str]: ...
    @property
    def block(self) -> Sequence[Tree]: ...


def render(rng: Random, nodes: Sequence[Tree]) -> str:
    """A module's lines as text; the style of a program (how wild it is) is drawn once."""
    wild = rng.choice([0.0, 0.02, 0.1, 0.3])
    text = _Renderer(rng, wild).block(nodes, 0)
    if rng.random() < 0.05:
        text = text.rstrip("\n")
    return text.replace("\n", "\r\n") if rng.random() < 0.03 else text


class _Renderer:
    def __init__(self, rng: Random, wild: float) -> None:
        self.rng, self.wild = rng, wild

    def chance(self, factor: float = 1.0) -> bool:
        return self.rng.random() < self.wild * factor

    def block(self, nodes: Sequence[Tree], indent: int) -> str:
        parts: list[str] = []
        for node in nodes:
            while self.chance(2):
                depth = indent if self.rng.random() < 0.6 else self.rng.randint(0, 9)
                parts.append(self.rng.choice(["", " " * self.rng.randint(0, 3), " " * depth + self.rng.choice(_COMMENTS)]) + "\n")
            parts.append(" " * indent + self.line(node.tokens) + "\n")
            if node.block:
                inner = indent + (4 if self.rng.random() < 0.7 else self.rng.randint(1, 8))
                parts.append(self.block(node.block, inner))
        return "".join(parts)

    def line(self, tokens: Sequence[str]) -> str:
        parts = [tokens[0]]
        depth = int(tokens[0] in ("(", "[", "{"))
        for before, token in pairwise(tokens):
            parts += [self.gap(before, token, depth), token]
            depth += (token in ("(", "[", "{")) - (token in (")", "]", "}"))
        if self.chance():
            parts.append(" " * self.rng.randint(0, 3) + self.rng.choice(_COMMENTS))
        return "".join(parts)

    def gap(self, before: str, token: str, depth: int) -> str:
        rng = self.rng
        if before == "mlp":
            return " " * rng.choice([1, 1, 1, 3])  # the edition is one line
        if depth and self.chance():
            gap = ""
            for _ in range(rng.randint(1, 3)):
                gap += " " * rng.randint(0, 2) + (rng.choice(_COMMENTS) if rng.random() < 0.3 else "") + "\n"
            return gap + " " * rng.randint(1, 12)
        if self.chance(0.15):
            return " \\" + " " * rng.randint(0, 1) + "\n" + " " * rng.randint(1, 9)
        if self.chance():
            return " " * rng.randint(1, 4)
        tight = token[0] in "()[]{},:" or before[-1] in "()[]{},:"
        return "" if tight and rng.random() < 0.8 else " "
