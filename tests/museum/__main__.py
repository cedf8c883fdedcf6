"""Prints what becomes of every case, and the figure: `python -m tests.museum [FOLDER]`."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.museum.cases import CASES, exhibits
from tests.museum.judge import Verdict, judge


def main(folder: Path) -> None:
    verdicts = [judge(exhibit) for exhibit in exhibits(folder)]
    for verdict in verdicts:
        print(row(verdict))
    print()
    for verdict in verdicts:
        for text in verdict.flagged:
            print(f"{verdict.exhibit.number}: the mended program is still told {text}")
        for text in verdict.unclean:
            print(f"{verdict.exhibit.number}: the mended program is also told {text}")
    print()
    print(figure(verdicts))


def row(verdict: Verdict) -> str:
    """One case on one line."""
    exhibit = verdict.exhibit
    what = f"{exhibit.id:46} {exhibit.kind:18} {exhibit.outcome:10}"
    if verdict.missed is not None:
        return f"{what} MISSED  {exhibit.check}: {verdict.missed}"
    other = f" (designed as {exhibit.check})" if exhibit.outcome == "caught" and exhibit.check not in {"new", verdict.found} else ""
    return f"{what} ok      {verdict.found}{other}"


def figure(verdicts: list[Verdict]) -> str:
    """How many of each outcome hold, and how many mended programs are clean."""
    total = Counter(v.exhibit.outcome for v in verdicts)
    held = Counter(v.exhibit.outcome for v in verdicts if v.missed is None)
    shares = ", ".join(f"{outcome} {held[outcome]}/{total[outcome]}" for outcome in sorted(total))
    flagged, clean = sum(bool(v.flagged) for v in verdicts), sum(not v.flagged and not v.unclean for v in verdicts)
    return f"{shares}; mended programs: {flagged} still flagged, {clean}/{len(verdicts)} told nothing at all"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else CASES)
