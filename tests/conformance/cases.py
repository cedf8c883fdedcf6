"""The conformance programs and what their runs must report, whatever engine runs them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from mloc.driver import Analysis, analyse
from mloc.ir.model import Pipeline
from mloc.runner.types import parse_type
from mloc.runner.values import decode_text, encode_text
from mloc.types.encode import type_json

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True)
class Case:
    """One run of one program: parameters and the report expected."""

    program: str
    index: int
    expected: Mapping[str, object]

    @property
    def id(self) -> str:
        return f"{self.program}-{self.index}"


def cases() -> list[Case]:
    """Every run of every program. A program without expectations, or the reverse, is an error."""
    programs = {p.stem for p in PROGRAMS.glob("*.mlp")}
    expectations = {p.stem for p in PROGRAMS.glob("*.yaml")}
    assert programs == expectations, programs ^ expectations
    found = []
    for name in sorted(programs):
        document = yaml.safe_load((PROGRAMS / f"{name}.yaml").read_text(encoding="utf-8"))
        found.extend(Case(name, index, run) for index, run in enumerate(document["runs"]))
    return found


@cache
def program(name: str) -> tuple[Analysis, Pipeline]:
    """A program analysed, without any diagnostic, and its last pipeline, which is the one that is run."""
    analysis = analyse(str(PROGRAMS / f"{name}.mlp"))
    assert not analysis.diagnostics, [f"{d.rule.code} {d.message}" for d in analysis.diagnostics]
    return analysis, analysis.pipelines[-1]


def wire(case: Case, pipeline: Pipeline, scratch: Path) -> dict[str, str]:
    """The case's parameters as wire texts; `${TMP}` stands for a folder of the run's own."""
    given = case.expected.get("params", {})
    assert isinstance(given, Mapping)
    types = {p.name: parse_type(type_json(p.type)) for p in pipeline.parameters}
    texts = {}
    for name, value in given.items():
        text = json.dumps(value).replace('"${TMP}"', json.dumps(str(scratch)))
        texts[name] = encode_text(types[name], decode_text(types[name], text, name), name)
    return texts


def differences(case: Case, report: Mapping[str, object]) -> list[str]:
    """How a run report differs from what the case expects."""
    expected = case.expected
    found = []
    if report["status"] != expected["status"]:
        found.append(f"status: {report['status']}, expected {expected['status']} (error: {report['error']})")
    if "outputs" in expected and not _same(report["outputs"], expected["outputs"]):
        found.append(f"outputs: {report['outputs']!r}, expected {expected['outputs']!r}")
    steps = report["steps"]
    assert isinstance(steps, Mapping)
    wanted = expected.get("steps")
    if isinstance(wanted, Mapping):
        found.extend(_steps(steps, wanted))
    for before, after in _pairs(expected.get("order", [])):
        if not steps[before]["finished"] <= steps[after]["started"]:
            found.append(f"order: {after} started before {before} had finished")
    error = expected.get("error")
    if isinstance(error, Mapping):
        found.extend(_error(report["error"], error))
    return found


def _steps(steps: Mapping[str, object], wanted: Mapping[str, object]) -> list[str]:
    found = []
    for id_, want in wanted.items():
        have = steps.get(id_)
        want = want if isinstance(want, Mapping) else {"status": want}
        for key, value in want.items():
            given = have.get(key) if isinstance(have, Mapping) else None
            if given != value:
                found.append(f"step {id_}: {key} is {given}, expected {value}")
    found.extend(f"step {id_}: not expected" for id_ in steps if id_ not in wanted)
    return found


def _pairs(value: object) -> list[tuple[str, str]]:
    assert isinstance(value, list)
    return [(str(a), str(b)) for a, b in value]


def _error(error: object, wanted: Mapping[str, object]) -> list[str]:
    if not isinstance(error, Mapping):
        return [f"error: {error!r}, expected {dict(wanted)}"]
    found = []
    if "step" in wanted and error.get("step") != wanted["step"]:
        found.append(f"error: of step {error.get('step')}, expected {wanted['step']}")
    if str(wanted.get("contains", "")) not in str(error.get("message")):
        found.append(f"error: {error.get('message')!r} does not contain {wanted['contains']!r}")
    return found


def _same(a: object, b: object) -> bool:
    """Equality that tells -0.0 from 0.0 and 1 from 1.0 and true."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
