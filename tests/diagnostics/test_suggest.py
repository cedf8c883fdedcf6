"""Did-you-mean finds slips of the finger and nothing else."""

from __future__ import annotations

import pytest

from mloc.diagnostics.suggest import did_you_mean, suggest


@pytest.mark.parametrize(
    ("name", "candidates", "expected"),
    [
        ("chruned", ["churned", "age"], "churned"),
        ("pandsa", ["pandas", "polars"], "pandas"),
        ("valdate", ["validate", "update"], "validate"),
        ("seeds", ["seed", "speed"], "seed"),
        ("sede", ["seed"], "seed"),
        ("Seed", ["seed"], "seed"),
        ("testFraction", ["test_fraction"], "test_fraction"),
        ("ab", ["ac", "abc"], None),
        ("X", ["x", "y"], "x"),
        ("rows", ["cols", "rate"], None),
        ("model", ["metrics"], None),
        ("seed", ["seed"], None),
        ("seed", [], None),
        ("colour", ["colors", "column"], "colors"),
        ("timeot", ["retry", "timeout", "image"], "timeout"),
    ],
)
def test_nearest(name: str, candidates: list[str], expected: str | None) -> None:
    assert suggest(name, candidates) == expected


def test_order_of_candidates_does_not_matter() -> None:
    assert suggest("parts", ["parta", "party"]) == suggest("parts", ["party", "parta"]) == "parta"


def test_help_text() -> None:
    assert did_you_mean("timeot", ["timeout"]) == "did you mean `timeout`?"
    assert did_you_mean("zzz", ["timeout"]) is None
