"""Random expressions as tokens."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import TypeAlias

Tokens: TypeAlias = "list[str]"

_NUMBERS = ["0", "1", "2", "7", "100", "1_000", "9223372036854775807", "9223372036854775808", "0.5", "1.5e10", "2e308", "1_0.2_5", "1e400"]
_QUANTITIES = ["4GiB", "500MB", "30min", "10pct", "1.5h", "250ms", "0d", "100pct", "99999999999d"]
_STRINGS = [
    '"a"', "'b'", '""', '"é\\n\\u00e9"', '"it\'s"', '"# no comment"', '"\\\\"', '"""raw "text" \\n"""', '"2024-01-31"',
    '"""two\nlines  \n"""', '"{x}"',
]  # fmt: skip
_FSTRINGS = ['f"{a} and {x + 1}"', 'f"{{}}"', "f\"{'k'} {n ?? 0}\"", 'f""', 'f"{rows.n}{[v for v in rows if v > 1][0]}"', 'f"{{{a}}}"']
_BINARY = ["or", "and", "==", "!=", "<=", ">=", "<", ">", "??", "+", "-", "*", "/", "%"]


class Expressions:
    """Makes expressions; what was bound before is named more often than what was not."""

    def __init__(self, rng: Random, names: Sequence[str], callees: Sequence[str]) -> None:
        self.rng, self.names, self.callees = rng, names, callees
        self.bound: list[str] = []

    def bind(self) -> str:
        name = self.rng.choice(self.names) + self.rng.choice(["", "", "2", "_b"])
        self.bound.append(name)
        return name

    def expr(self, depth: int) -> Tokens:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.35:
            return self.atom()
        kind = rng.randrange(13)
        if kind == 0:
            return [*self.operand(depth), "if", *self.operand(depth), "else", *self.operand(depth)]
        if kind == 1:
            return ["not", *self.expr_tight(depth)]
        if kind == 2:
            return ["-", *self.postfix(depth)]
        if kind == 3:
            return ["(", *self.expr(depth - 1), ")"]
        if kind == 4:
            return ["[", *self.commas([self.expr(depth - 1) for _ in range(rng.randint(0, 3))]), "]"]
        if kind == 5:
            return self.projection(depth)
        if kind == 6:
            return self.braces(depth)
        if kind in (7, 8):
            return self.postfix(depth)
        return self.chain(depth)

    def chain(self, depth: int) -> Tokens:
        """Operators side by side, without parentheses; comparisons do not chain."""
        tokens, compared = self.expr_tight(depth), False
        for _ in range(self.rng.randint(1, 3)):
            op = self.rng.choice(_BINARY)
            if op in ("or", "and"):
                compared = False
            elif op[0] in "=!<>":
                if compared:
                    continue
                compared = True
            negated = ["not"] if op in ("or", "and") and self.rng.random() < 0.2 else []
            tokens = [*tokens, op, *negated, *self.expr_tight(depth)]
        return tokens

    def operand(self, depth: int) -> Tokens:
        """What may stand on the left of `if` and `else`."""
        return self.expr_tight(depth) if self.rng.random() < 0.5 else self.chain(depth - 1)

    def expr_tight(self, depth: int) -> Tokens:
        kind = self.rng.random()
        if kind < 0.1:
            return ["-", *self.postfix(depth - 1)]
        return self.postfix(depth - 1)

    def postfix(self, depth: int) -> Tokens:
        rng = self.rng
        tokens = self.atom()
        while depth > 0 and rng.random() < 0.35:
            kind = rng.randrange(4)
            if kind < 2:
                tokens = [*tokens, ".", rng.choice(["value", "id", "day", "limit", "red", "message", "not"])]
            elif kind == 2:
                tokens = [*tokens, "[", *self.expr(depth - 1), "]"]
            else:
                tokens = [*tokens, "(", *self.call_arguments(depth - 1), ")"]
            depth -= 1
        return tokens

    def call_arguments(self, depth: int) -> Tokens:
        items: list[Tokens] = []
        for _ in range(self.rng.randint(0, 3)):
            value = self.expr(depth)
            items.append([self.rng.choice(self.names), "=", *value] if self.rng.random() < 0.7 else value)
        return self.commas(items)

    def projection(self, depth: int) -> Tokens:
        rng = self.rng
        item = rng.choice(self.names)
        self.bound.append(item)
        condition = ["if", *self.operand(depth - 1)] if rng.random() < 0.4 else []
        return ["[", *self.expr(depth - 1), "for", item, "in", *self.operand(depth - 1), *condition, "]"]

    def braces(self, depth: int) -> Tokens:
        quoted = self.rng.random() < 0.3
        names = self.rng.sample(list(self.names), self.rng.randint(0, 3))
        entries = [[f'"{name}"' if quoted or self.rng.random() < 0.05 else name, ":", *self.expr(depth - 1)] for name in names]
        return ["{", *self.commas(entries), "}"]

    def atom(self) -> Tokens:
        rng = self.rng
        kind = rng.random()
        if kind < 0.35 and self.bound:
            return [rng.choice(self.bound)]
        if kind < 0.5:
            return [rng.choice([*self.names, *self.callees, "Color", "Row", "LIMIT", "run", "date", "datetime"])]
        if kind < 0.7:
            return [rng.choice(_NUMBERS[:6] if rng.random() < 0.7 else _NUMBERS)]
        if kind < 0.76:
            return [rng.choice(_QUANTITIES)]
        if kind < 0.88:
            return [rng.choice(_STRINGS)]
        if kind < 0.92:
            return [rng.choice(_FSTRINGS)]
        return [rng.choice(["true", "false", "null"])]

    def number(self) -> Tokens:
        return ["-", "1"] if self.rng.random() < 0.1 else [self.rng.choice(_NUMBERS[:9])]

    def commas(self, items: list[Tokens]) -> Tokens:
        tokens: Tokens = []
        for index, item in enumerate(items):
            tokens += [",", *item] if index else item
        return [*tokens, ","] if items and self.rng.random() < 0.2 else tokens
