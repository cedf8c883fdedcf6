"""Programs made wrong: tokens and bytes removed, doubled, exchanged and invented."""

from __future__ import annotations

import re
from random import Random

_TOKEN = re.compile(r'"""[\s\S]*?"""|f?"(?:[^"\\\n]|\\.)*"|\w+|\s+|->|\.\.\.?|\?\?|[=!<>]=|.', re.DOTALL)
_INSERTED = [
    "(", ")", "[", "]", "{", "}", ",", ":", "=", "==", "->", "..", "...", ".", "?", "??", "-", "\n", "\n    ", "    ", "\\\n", "#",
    "## d\n", '"', "'", '"""', 'f"', "{", "if", "else", "for", "in", "not", "null", "1", "0.5", "10pct", "4GiB", "x", "step", "pipeline",
    "return", "yield", "next", "after", "with", "[]", "{}", "[][0]", "\t", "é", "\U0001f600", "\r", "\x0b", "\x85", "\u2028", "\ufeff",
    "\x1b", "1e999999", "9" * 400, "\\", "\u0130", "ａ", "_", "__", "__class__", "self",
]  # fmt: skip


def mutated(text: str, seed: int) -> str:
    """A program with a few changes; the same seed gives the same changes."""
    rng = Random(seed)
    change = rng.choice([_meaning, _meaning, _tokens, _characters])
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        text = change(text, rng)
    return text


_TYPES = "int float bool str date datetime duration bytes ratio Dir File Table{id:int} list[int] list[str] map[str,float] int? str?".split()
_VALUES = '0 1 -1 7 2.5 true false null [] {} [1,2] {a:1} x x.y 10pct 3GiB 5min "a" "" f"{x}" "2024-01-31"'.split()


def _meaning(text: str, rng: Random) -> str:
    """A change that mostly leaves the program right by the grammar."""
    words = [match.span() for match in re.finditer(r"[A-Za-z_]\w*", text)]
    types = [match.span(1) for match in re.finditer(r"\w: ?([A-Za-z]+\b(?:\[[^]\n]*\])?\??)", text)]
    values = [match.span(1) for match in re.finditer(r"= ?([\w.]+|\"[^\"\n]*\"|\[\])(?=[,)\n ])", text)]
    parts = [match.span() for match in re.finditer(r", ?\w+ ?[=:] ?[\w.\[\]\"]+", text)]
    kind = rng.randrange(6)
    if kind == 0 and types:
        return _replaced(text, rng.choice(types), rng.choice(_TYPES))
    if kind in (1, 2) and values:
        return _replaced(text, rng.choice(values), rng.choice(_VALUES))
    if kind == 3 and parts:
        return _replaced(text, rng.choice(parts), "")
    if kind == 4 or not words:
        return _lines(text, rng)
    low, high = rng.choice(words)
    return _replaced(text, rng.choice(words), text[low:high])


def _replaced(text: str, span: tuple[int, int], by: str) -> str:
    return text[: span[0]] + by + text[span[1] :]


def _tokens(text: str, rng: Random) -> str:
    tokens = _TOKEN.findall(text)
    if not tokens:
        return rng.choice(_INSERTED)
    at = rng.randrange(len(tokens))
    match rng.randrange(7):
        case 0:
            del tokens[at]
        case 1:
            tokens.insert(at, tokens[rng.randrange(len(tokens))])
        case 2:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        case 3:
            tokens.insert(at, rng.choice(_INSERTED))
        case 4:
            tokens[at] = rng.choice(_INSERTED)
        case 5:
            words = [i for i, token in enumerate(tokens) if token[0].isalnum()]
            if words:
                tokens[rng.choice(words)] = tokens[rng.choice(words)]
        case _:
            return _lines(text, rng)
    return "".join(tokens)


def _lines(text: str, rng: Random) -> str:
    lines = text.split("\n")
    low = rng.randrange(len(lines))
    high = min(len(lines), low + rng.randint(1, 4))
    match rng.randrange(4):
        case 0:
            del lines[low:high]
        case 1:
            lines[low:low] = lines[low:high]
        case 2:
            lines[low:high] = ["    " + line for line in lines[low:high]]
        case _:
            moved = lines[low:high]
            del lines[low:high]
            at = rng.randint(0, len(lines))
            lines[at:at] = moved
    return "\n".join(lines)


def _characters(text: str, rng: Random) -> str:
    at = rng.randint(0, len(text))
    match rng.randrange(3):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + rng.choice(_INSERTED) + text[at:]
        case _:
            return text[:at] + chr(rng.randrange(1, 0x250)) + text[at + 1 :]
