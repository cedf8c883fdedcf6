"""Which program a seed stands for: made by the grammar, made right, or known, each as it is, mutated or damaged."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from tests.differential.generate import program as right_program
from tests.differential.tree import render as rendered
from tests.fuzz.damage import damaged
from tests.fuzz.garnish import garnished
from tests.fuzz.generate import program
from tests.fuzz.mutate import mutated

ROOT = Path(__file__).parents[2]
_LONGEST = 8_000
"""Characters of a known program that is mutated: a few are long on purpose, and would take most of the time."""


@cache
def corpus() -> dict[str, str]:
    """The programs that are mutated: those of the examples, the conformance suite and the golden files, by path."""
    paths = [*ROOT.glob("examples/**/*.mlp"), *ROOT.glob("tests/conformance/programs/*.mlp"), *ROOT.glob("golden/**/*.mlp")]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(paths)}


@cache
def _known() -> tuple[str, ...]:
    """What is mutated: most often a program that was right, since most of the golden ones are wrong already."""
    short = {path: text for path, text in corpus().items() if len(text) <= _LONGEST}
    return tuple(text for path, text in short.items() for _ in range(1 if path.startswith("golden") else 5))


def data_of(seed: int) -> bytes:
    """The program of a seed: of six in a row one is right by the grammar and one is such a one broken, one is a known one broken,
    one is right or nearly so, one is such a one broken, and one is any of these with damaged bytes."""
    match seed % 6:
        case 0:
            return program(seed).encode()
        case 1:
            return mutated(program(seed), seed).encode()
        case 2:
            return mutated(Random(seed).choice(_known()), seed).encode()
        case 3:
            return _right(seed).encode()
        case 4:
            return mutated(_right(seed), seed).encode()
        case _:
            return damaged(Random(seed).choice([program, _right, _any_known])(seed), seed)


def _right(seed: int) -> str:
    text = _any_known(seed) if Random(seed).random() < 0.4 else rendered(right_program(seed))
    return garnished(text, seed)


def _any_known(seed: int) -> str:
    return Random(seed).choice(_known())
