"""The conformance programs and their cases: with which parameters each is run, and what its report must say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from mloc.driver import Analysis, analyse
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.runner.store import FileStore
from mloc.runner.types import parse_type
from mloc.runner.values import decode_text, encode_text
from mloc.types.encode import type_json
from mloc.types.model import Optional, is_artifact


def _programs() -> Path:
    """The folder of the programs: inside the package when installed, among the tests in a checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "programs"
    return inside if inside.exists() else package.parent.parent / "tests" / "conformance" / "programs"


PROGRAMS = _programs()


class BrokenSuite(Exception):
    """A conformance program that is not as it should be: a mistake of the suite's, not of a backend's."""


@dataclass(frozen=True, slots=True)
class Case:
    """One run of one program.

    `expected` has its `params`, the variables of the launcher's `environment`, and the `status`, `outputs`, `steps`, `order` and `error`
    of its report.
    """

    program: str
    index: int
    expected: Mapping[str, object]

    @property
    def id(self) -> str:
        return f"{self.program}-{self.index}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the case adds to the environment of whoever launches it; steps see nothing of it."""
        given = self.expected.get("environment", {})
        if not isinstance(given, Mapping):
            raise BrokenSuite(f"{self}: `environment` is not a mapping")
        return {str(name): str(value) for name, value in given.items()}

    def __str__(self) -> str:
        return self.id


def cases() -> list[Case]:
    """Every run of every program. Raises BrokenSuite for a program without expectations, or the reverse."""
    programs = {p.stem for p in PROGRAMS.glob("*.mlp")}
    expectations = {p.stem for p in PROGRAMS.glob("*.yaml")}
    if programs != expectations:
        raise BrokenSuite(f"these have a program or expectations, not both: {', '.join(sorted(programs ^ expectations))}")
    return [Case(name, index, run) for name in sorted(programs) for index, run in enumerate(_runs(name))]


def _runs(name: str) -> list[Mapping[str, object]]:
    document = yaml.safe_load((PROGRAMS / f"{name}.yaml").read_text(encoding="utf-8"))
    runs: list[Mapping[str, object]] = document["runs"]
    return runs


@cache
def program(name: str) -> tuple[Analysis, Pipeline]:
    """A program analysed, and its last pipeline, which is the one that is run. Raises BrokenSuite when there is any diagnostic."""
    analysis = analyse(str(PROGRAMS / f"{name}.mlp"))
    if analysis.diagnostics:
        raise BrokenSuite(f"{name}.mlp: " + "; ".join(f"{d.rule.code} {d.message}" for d in analysis.diagnostics))
    return analysis, analysis.pipelines[-1]


def wire(case: Case, pipeline: Pipeline, scratch: Path) -> dict[str, str]:
    """The case's parameters as wire texts.

    `${TMP}` stands for `scratch`, a folder of the run's own; the value of a file or table is the name of one beside the programs.
    """
    given = case.expected.get("params", {})
    if not isinstance(given, Mapping):
        raise BrokenSuite(f"{case}: `params` is not a mapping")
    declared = {p.name: p.type for p in pipeline.parameters}
    texts = {}
    for name, value in given.items():
        type_ = declared[name]
        item = type_.item if isinstance(type_, Optional) else type_
        if is_artifact(item) and isinstance(value, str):
            value = FileStore(scratch / "given").put(PROGRAMS / value, type_json(item))
        text = json.dumps(value).replace('"${TMP}"', json.dumps(str(scratch)))
        wire_type = parse_type(type_json(type_))
        texts[name] = encode_text(wire_type, decode_text(wire_type, text, name), name)
    return texts
