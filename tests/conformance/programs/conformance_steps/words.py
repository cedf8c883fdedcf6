"""Steps about words."""

from typing import NamedTuple

from conformance_steps.texts import SEPARATOR


class Measured(NamedTuple):
    kept: list[str]
    longest: int


def measure(*, words: list[str], least: int = 1) -> Measured:
    """The words that are long enough, and the length of the longest."""
    if not words:
        raise ValueError("there are no words")
    return Measured([word for word in words if len(word) >= least], max(map(len, words)))


def join(words: list[str]) -> str:
    return SEPARATOR.join(words)
