"""The museum's figure: of the mistakes that a checker can find nearly all are found, and no mended program is blamed for one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.museum.cases import Exhibit, exhibits
from tests.museum.judge import judge

ROOT = Path(__file__).parents[2]
ALL = exhibits()
NOT_YET: frozenset[str] = frozenset()
"""What is not caught yet, or is ruled out by a promise that no test here is named for."""


@pytest.mark.parametrize("exhibit", ALL, ids=lambda exhibit: exhibit.id)
def test_case(exhibit: Exhibit) -> None:
    verdict = judge(exhibit)
    assert verdict.missed is None or exhibit.number in NOT_YET
    assert verdict.flagged == ()


@pytest.mark.parametrize("exhibit", [e for e in ALL if e.held_by], ids=lambda exhibit: exhibit.id)
def test_the_test_that_holds_a_promise_names_the_case(exhibit: Exhibit) -> None:
    assert exhibit.held_by is not None
    assert exhibit.number in (ROOT / exhibit.held_by).read_text(encoding="utf-8")


def test_the_figure() -> None:
    """Of what a checker can catch, at most one mistake in twenty may be missed."""
    caught = [exhibit for exhibit in ALL if exhibit.outcome == "caught"]
    missed = [exhibit.number for exhibit in caught if judge(exhibit).missed is not None]
    assert len(missed) * 20 <= len(caught), missed


def test_every_number_is_given_once() -> None:
    assert len({exhibit.number for exhibit in ALL}) == len(ALL)


def test_what_nobody_said_is_missed() -> None:
    """A judge that lets everything pass would make the figure worthless."""
    exhibit = next(exhibit for exhibit in ALL if exhibit.number == "D001")
    expected = exhibit.expected
    assert expected is not None
    others = (replace(expected, severity="warning"), replace(expected, line=1), replace(expected, mentions=("nobody says this",)))
    for other in others:
        assert judge(replace(exhibit, expected=other)).missed is not None
