"""Reads right programs by the tables that Lark makes of the grammar, without Lark, whose loading takes longer than most checks.

What it cannot read it leaves to Lark, which then says why; so it may give up too early, but never read anything in another way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple, TypeAlias, Union

__all__ = ["Node", "Rule", "Tables", "Token", "Tree", "read", "read_words"]

Node: TypeAlias = Union["Tree", "Token", None]


class Token:
    """A word of the text: the grammar's name for it, and where it stands."""

    __slots__ = ("end", "start", "text", "type")

    def __init__(self, type: str, text: str, start: int, end: int) -> None:
        self.type, self.text, self.start, self.end = type, text, start, end

    def __str__(self) -> str:
        return self.text


class Tree:
    """What a rule, or an alternative of one, was read from. `start` is -1 where that was nothing."""

    __slots__ = ("children", "data", "end", "start")

    def __init__(self, data: str, children: list[Node], start: int, end: int) -> None:
        self.data, self.children, self.start, self.end = data, children, start, end


# How to reduce: the origin; how many values; the name of the tree that they become; whether a single one stays as it is instead; which of
# them become children (or their own children do, and how many absent ones stand before), None for all; and how many absent ones end them.
Rule: TypeAlias = tuple[str, int, str, bool, "tuple[tuple[int, bool, int], ...] | None", int]


class Tables(NamedTuple):
    """All that reading takes, of types that `marshal` knows.

    `states` gives each state's actions by symbol: shift to a state, or, below 0, reduce by the rule of the complement.
    `pattern` finds the next word and names its kind; for names `words`, and for marks `marks`, say what else they may be, best first.
    """

    pattern: str
    ignored: tuple[str, ...]
    words: dict[str, str]
    marks: dict[str, list[str]]
    states: list[dict[str, int]]
    rules: list[Rule]
    starts: dict[str, int]
    ends: dict[str, int]


MARK = "MARK"
_TAB = 8
_OPEN = frozenset(("LPAR", "LSQB", "LBRACE"))
_CLOSE = frozenset(("RPAR", "RSQB", "RBRACE"))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def read(tables: Tables, text: str, start: str) -> Tree | None:
    """The tree of a text, None when it cannot be read."""
    reader = _read(tables, text, start)
    return reader.finish() if reader else None


def read_words(tables: Tables, text: str, start: str) -> list[Token] | None:
    """The words of a text, block tokens included, None when it cannot be read."""
    reader = _read(tables, text, start)
    return reader.words if reader and reader.finish() else None


def _read(tables: Tables, text: str, start: str) -> _Reader | None:
    match, ignored, words, marks, states = _compiled(tables.pattern).match, tables.ignored, tables.words, tables.marks, tables.states
    reader = _Reader(tables, start)
    indents, brackets, at = [0], 0, 0
    low = 0
    while at < len(text):
        found = match(text, at)
        if found is None:
            return None
        kind = found.lastgroup or ""
        low, at = at, found.end()
        if kind in ignored:
            continue
        word = text[low:at]
        expected = states[reader.stack[-1]]
        if kind == "NAME":
            keyword = words.get(word, kind)
            if keyword in expected:
                kind = keyword
        elif kind == MARK:
            for kind in marks[word]:
                if kind in expected:
                    break
            if kind in _OPEN:
                brackets += 1
            elif kind in _CLOSE:
                brackets -= 1
        elif kind == "_NL":
            if brackets:
                continue
            if not reader.take(kind, word, low, at):
                return None
            line = word[word.rfind("\n") + 1 :]
            depth = line.count(" ") + _TAB * line.count("\t")
            if depth > indents[-1]:
                indents.append(depth)
                kind, word = "_INDENT", line
            else:
                while depth < indents[-1]:
                    indents.pop()
                    if not reader.take("_DEDENT", line, low, at):
                        return None
                if depth != indents[-1]:
                    return None
                continue
        if not reader.take(kind, word, low, at):
            return None
    for _ in indents[1:]:
        if not reader.take("_DEDENT", "", low, at):
            return None
    return reader


class _Reader:
    """The stacks of an LR parser."""

    def __init__(self, tables: Tables, start: str) -> None:
        self._states, self._rules = tables.states, tables.rules
        self._end = tables.ends[start]
        self.stack = [tables.starts[start]]
        self.words: list[Token] = []
        self._values: list[Node] = []
        # Where each value begins and ends with all that it was read from, brackets too; -1 where that was nothing.
        self._lows: list[int] = []
        self._highs: list[int] = []

    def take(self, kind: str, word: str, low: int, high: int) -> bool:
        """Whether a word may come next; then it is taken."""
        action = self._reduce(kind)
        if action is None:
            return False
        self.stack.append(action)
        token = Token(kind, word, low, high)
        self._values.append(token)
        self.words.append(token)
        self._lows.append(low)
        self._highs.append(high)
        return True

    def finish(self) -> Tree | None:
        """The tree of all that was taken, when it is complete."""
        self._reduce("$END")
        value = self._values[-1] if self.stack[-1] == self._end else None
        return value if isinstance(value, Tree) else None

    def _reduce(self, kind: str) -> int | None:
        """Make all reductions that a word asks for, and give the state to shift to, None when the word may not come here."""
        states, stack, values, lows, highs = self._states, self.stack, self._values, self._lows, self._highs
        while True:
            action = states[stack[-1]].get(kind)
            if action is None or action >= 0:
                return action
            origin, size, data, single, kept, absent = self._rules[~action]
            if single and size == 1 and kept is None:
                stack[-1] = states[stack[-2]][origin]
                continue
            low = high = -1
            children: list[Node] = []
            if size:
                taken = values[-size:]
                low = next((each for each in lows[-size:] if each >= 0), -1)
                high = next((each for each in highs[: -size - 1 : -1] if each >= 0), -1)
                del stack[-size:], values[-size:], lows[-size:], highs[-size:]
                children = taken if kept is None else _children(taken, kept, absent)
            elif absent:
                children = [None] * absent
            value = children[0] if single and len(children) == 1 else Tree(data, children, low, high)
            stack.append(states[stack[-1]][origin])
            values.append(value)
            lows.append(low)
            highs.append(high)


def _children(values: list[Node], kept: Sequence[tuple[int, bool, int]], absent: int) -> list[Node]:
    found: list[Node] = []
    for index, inside, before in kept:
        if before:
            found += [None] * before
        value = values[index]
        if not inside:
            found.append(value)
        elif isinstance(value, Tree):
            # Nobody else has this tree, and a list grows at its end.
            if found:
                found += value.children
            else:
                found = value.children
    if absent:
        found += [None] * absent
    return found
