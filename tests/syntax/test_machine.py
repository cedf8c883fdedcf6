"""The machine reads what Lark reads, in the same way, and nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from mloc.syntax import grammar
from mloc.syntax.machine import Node, Token, read, read_words
from mloc.syntax.tables import tables

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted(path for folder in ("examples", "golden", "tests") for path in (ROOT / folder).glob("**/*.mlp"))
EDITS = [
    "",
    " ",
    "y",
    "(",
    ")",
    "=",
    ".",
    "\n",
    "\n    ",
    "  ",
    "if",
    "-",
    '"',
    "?",
    "..",
    'f"',
    '"""',
    "1",
    "#",
    "\\\n",
    "in x",
    "-> ",
    "[",
]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_it_reads_as_lark_does(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    compare(text)
    for edited in edits(text, random.Random(path.name)):
        compare(edited, may_give_up=True)


def compare(text: str, may_give_up: bool = False) -> None:
    found = read(tables(), text, "start")
    try:
        expected = grammar.read_tree(text, "start")
    except (grammar.UnexpectedInput, grammar.DedentError):
        assert found is None
        return
    # Where a keyword is all that may come, Lark takes one without an end (`stepx`), and the machine leaves it to Lark.
    if found is not None or not may_give_up:
        assert printed(found) == printed(expected)
        assert words_of(read_words(tables(), text, "start")) == words_of(grammar.read_tokens(text))


def words_of(found: list[Token] | None) -> list[tuple[str, str, int]] | None:
    return None if found is None else [(token.type, token.text, token.start) for token in found]


def printed(node: Node) -> object:
    if node is None:
        return None
    if isinstance(node, Token):
        return node.type, node.text, node.start, node.end
    return node.data, node.start, node.end, [printed(child) for child in node.children]


def edits(text: str, rng: random.Random) -> Iterator[str]:
    for _ in range(4):
        at = rng.randrange(len(text) + 1)
        yield text[:at] + rng.choice(EDITS) + text[at + rng.randrange(4) :]


@pytest.mark.parametrize("text", ["mlp 1\nconst A = 1", "mlp 1\nconst A = [1, 2,\n    3]\n", "mlp 1\n# no more\n", ""])
def test_ends(text: str) -> None:
    compare(text)


def test_an_expression() -> None:
    found, expected = read(tables(), "a.b + f(x=1)[0]", "expr"), grammar.read_tree("a.b + f(x=1)[0]", "expr")
    assert found is not None
    assert printed(found) == printed(expected)


def test_what_only_lark_reads() -> None:
    text = 'mlp 1\nstepx() -> int:\n    run inline "return 1"\n'
    assert read(tables(), text, "start") is None
    assert grammar.read_tree(text, "start").data == "start"
