"""How a run report differs from what a case expects of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from mloc.testing.cases import BrokenSuite, Case


def differences(case: Case, report: Mapping[str, object]) -> list[str]:
    """Every way in which a run report is not as the case expects, a line each."""
    return list(_differences(case.expected, report))


def _differences(expected: Mapping[str, object], report: Mapping[str, object]) -> Iterator[str]:
    if report["status"] != expected["status"]:
        yield f"status: {report['status']}, expected {expected['status']} (error: {report['error']})"
    if "outputs" in expected and not _same(report["outputs"], expected["outputs"]):
        yield f"outputs: {report['outputs']!r}, expected {expected['outputs']!r}"
    steps, wanted, error = report["steps"], expected.get("steps"), expected.get("error")
    if not isinstance(steps, Mapping):
        raise BrokenSuite("this is not a run report: it has no steps")
    if isinstance(wanted, Mapping):
        yield from _steps(steps, wanted)
    for before, after in _pairs(expected.get("order", [])):
        if not steps[before]["finished"] <= steps[after]["started"]:
            yield f"order: {after} started before {before} had finished"
    if isinstance(error, Mapping):
        yield from _error(report["error"], error)


def _steps(steps: Mapping[str, object], wanted: Mapping[str, object]) -> Iterator[str]:
    for id_, want in wanted.items():
        have = steps.get(id_)
        for key, value in (want if isinstance(want, Mapping) else {"status": want}).items():
            given = have.get(key) if isinstance(have, Mapping) else None
            if given != value:
                yield f"step {id_}: {key} is {given}, expected {value}"
    yield from (f"step {id_}: not expected" for id_ in steps if id_ not in wanted)


def _pairs(value: object) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        raise BrokenSuite("`order` is not a list of pairs")
    return [(str(a), str(b)) for a, b in value]


def _error(error: object, wanted: Mapping[str, object]) -> Iterator[str]:
    if not isinstance(error, Mapping):
        yield f"error: {error!r}, expected {dict(wanted)}"
        return
    if "step" in wanted and error.get("step") != wanted["step"]:
        yield f"error: of step {error.get('step')}, expected {wanted['step']}"
    if str(wanted.get("contains", "")) not in str(error.get("message")):
        yield f"error: {error.get('message')!r} does not contain {wanted['contains']!r}"


def _same(a: object, b: object) -> bool:
    """Equality that tells -0.0 from 0.0 and 1 from 1.0 and true."""
    return json.dumps(a, sort_keys=True) == json.dumps(b, sort_keys=True)
