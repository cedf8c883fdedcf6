"""How many items of a fan-out may fail: the one rule, exact, wherever failures are counted."""

from __future__ import annotations


def tolerates(kind: str, amount: str, failures: int, items: int) -> bool:
    """Whether so many failures of so many items are tolerated: failures · 100 ≤ percent · items exactly, or failures ≤ count.

    `kind` is `count` or `percent`, `amount` a decimal.
    """
    if not failures:
        return True
    if kind == "count":
        return failures <= int(amount)
    from fractions import Fraction  # only what failed pays for it

    return failures * 100 <= Fraction(amount) * items
