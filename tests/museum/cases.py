"""Reads the cases of the museum: what each mistake is, and what must be said of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

CASES = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Expected:
    """What must be said of the bad program; a line of None may be any."""

    severity: str
    line: int | None
    mentions: tuple[str, ...]


@dataclass(frozen=True)
class Exhibit:
    """One mistake. `held_by` names the test that holds the promise of an impossible one; `params` are those of its run."""

    folder: Path
    kind: str
    outcome: str
    check: str
    expected: Expected | None
    held_by: str | None
    params: Mapping[str, object]

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def number(self) -> str:
        return self.id.partition("-")[0]


def exhibits(folder: Path = CASES) -> tuple[Exhibit, ...]:
    """Every case below a folder, by its name."""
    return tuple(_exhibit(path.parent) for path in sorted(folder.glob("*/case.yaml")))


def _exhibit(folder: Path) -> Exhibit:
    document = yaml.safe_load((folder / "case.yaml").read_text(encoding="utf-8"))
    return Exhibit(
        folder=folder,
        kind=str(document["kind"]),
        outcome=str(document["outcome"]),
        check=str(document["check"]),
        expected=_expected(document["expect"]),
        held_by=document.get("held_by"),
        params=document.get("params", {}),
    )


def _expected(expect: Mapping[str, object] | None) -> Expected | None:
    if expect is None:
        return None
    line, mentions = expect["line"], expect["mentions"]
    assert line is None or isinstance(line, int)
    assert isinstance(mentions, list)
    return Expected(str(expect["severity"]), line, tuple(str(text) for text in mentions))
