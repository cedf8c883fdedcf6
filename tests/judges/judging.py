"""Asks a judge about a folder of emitted files; a judge that cannot be built fails the test, with what Go said."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Verdict:
    """What a judge says of one thing: `refusals` as `judge: message`, and what it measured."""

    refusals: tuple[str, ...]
    measured: Mapping[str, Any] = field(default_factory=dict)

    def refuses(self, judge: str, part: str) -> bool:
        return any(found.startswith(f"{judge}: ") and part in found for found in self.refusals)


def ask(judge: str, folder: Path) -> dict[str, Verdict]:
    """The verdict on everything in a folder, by name."""
    done = subprocess.run([binary(judge), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"the judge `{judge}` failed:\n{done.stderr}", pytrace=False)
    return {name: _verdict(said) for name, said in json.loads(done.stdout).items()}


@cache
def binary(judge: str) -> str:
    """The path of a judge, which is built first if need be."""
    command = [sys.executable, str(ROOT / "tools" / "judges.py"), judge]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(f"the judge `{judge}` cannot be built, so nothing says whether a cluster would take it:\n{done.stderr}", pytrace=False)
    return done.stdout.strip()


def _verdict(said: dict[str, Any]) -> Verdict:
    return Verdict(tuple(f"{found['judge']}: {found['message']}" for found in said.pop("refusals")), said)
