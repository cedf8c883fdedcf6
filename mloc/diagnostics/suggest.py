"""Did-you-mean: the candidate that a misspelt name most likely stands for."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.diagnostics.model import Edit, Fix
from mloc.source import Span


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The nearest candidate, or None when none is near enough to be worth saying.

    Near is at most two edits (insert, delete, replace, swap neighbours); one for names of three to five letters; shorter names match
    only when they differ in case or underscores. Ties go to the candidate that comes first in alphabetical order.
    """
    return next(iter(_nearest(name, candidates)), None)


def correction(span: Span, name: str, candidates: Iterable[str]) -> Fix | None:
    """The edit that puts the suggestion in place of the name at `span`; a person should look when another candidate is as near."""
    near = _nearest(name, candidates)
    return Fix("machine-applicable" if len(near) == 1 else "maybe-incorrect", (Edit(span, near[0]),)) if near else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """The suggestion as the text of a help line: "did you mean `x`?"."""
    found = suggest(name, candidates)
    return None if found is None else f"did you mean `{found}`?"


def _nearest(name: str, candidates: Iterable[str]) -> list[str]:
    """The candidates at the smallest distance, of those that are near enough, in alphabetical order."""
    limit = _limit(name)
    best = limit
    near: list[str] = []
    for candidate in sorted(set(candidates) - {name}):
        found = 0 if _folded(candidate) == _folded(name) else _distance(name, candidate, limit)
        if found <= min(best, _limit(candidate)):
            near = [*near, candidate] if found == best else [candidate]
            best = found
    return near


def _limit(name: str) -> int:
    if len(name) <= 2:
        return 0
    return 1 if len(name) <= 5 else 2


def _folded(name: str) -> str:
    return name.casefold().replace("_", "")


def _distance(a: str, b: str, limit: int) -> int:
    """The restricted Damerau-Levenshtein distance, or some number above `limit` when it is above."""
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        row = [i]
        for j, y in enumerate(b, start=1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
        before, above = above, row
    return above[-1]
