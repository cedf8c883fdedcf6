"""What the judges are asked about: the conformance programs and the examples, compiled for a target, and values for their parameters."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from mloc import driver
from mloc.backend import Artifacts
from mloc.diagnostics.rules import NOT_EXPRESSIBLE
from mloc.ir.model import Pipeline
from mloc.ir.program import PARAMETERS
from mloc.ir.program import program as document
from mloc.runner.jsons import Json
from mloc.runner.program import Input, Program, parse_inputs
from mloc.testing import PROGRAMS, cases, program, wire
from mloc_kfp.vendored.natural import form, to_natural

ROOT = Path(__file__).parents[2]
NAMES = sorted(
    [path.stem for path in PROGRAMS.glob("*.mlp")] + [f"example-{path.stem}" for path in ROOT.glob("examples/*/*.mlp")],
)
_SAMPLES = {"STRING": "x", "LIST": [], "STRUCT": {}, "BOOLEAN": True, "NUMBER_INTEGER": 1, "NUMBER_DOUBLE": 0.5}


@cache
def artifacts(name: str, target: str) -> Artifacts | None:
    """The bundle of a program; None when the target cannot express it."""
    analysis, pipeline = _analysed(name)
    found = driver.compile(analysis, pipeline, target)
    if found.diagnostics and all(d.rule is NOT_EXPRESSIBLE for d in found.diagnostics):
        return None
    assert found.artifacts is not None, [f"{d.rule.code} {d.message}" for d in found.diagnostics]
    return found.artifacts


def emitted(target: str) -> dict[str, Artifacts]:
    """The bundles of all programs that the target can express."""
    found = {name: artifacts(name, target) for name in NAMES}
    return {name: files for name, files in found.items() if files is not None}


def _analysed(name: str) -> tuple[driver.Analysis, Pipeline]:
    if not name.startswith("example-"):
        return program(name)
    (path,) = ROOT.glob(f"examples/*/{name.removeprefix('example-')}.mlp")
    analysis = driver.analyse(str(path))
    return analysis, analysis.pipelines[-1]


def write(files: Artifacts, folder: Path) -> None:
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def spec(files: Artifacts) -> str:
    """The one YAML file of a bundle for Kubeflow."""
    (text,) = (content for path, content in files.items() if path.endswith(".yaml"))
    return text if isinstance(text, str) else text.decode()


def launches(name: str, text: str, scratch: Path) -> Iterator[dict[str, Json]]:
    """Parameters for the pipeline as Kubeflow is given them: those of each run of a conformance program, or one of each type."""
    _, pipeline = _analysed(name)
    declared = {each.name: each for each in parse_inputs(Program(document(pipeline, "0", {})).unit(PARAMETERS).body.get("parameters"))}
    found = False
    for case in cases():
        if case.program == name:
            found = True
            given = _given(wire(case, pipeline, scratch), declared)
            if given is not None:
                yield given
    if not found:
        yield samples(yaml.load(text, Loader=yaml.CSafeLoader))


def _given(texts: Mapping[str, str], declared: Mapping[str, Input]) -> dict[str, Json] | None:
    """Wire texts in Kubeflow's own types; None when these have none, as of an integer far outside its range: no run is given it."""
    try:
        return {key: to_natural(declared[key].type, form(declared[key].type, declared[key].domain), text) for key, text in texts.items()}
    except ValueError:
        return None


def samples(document: Mapping[str, Any]) -> dict[str, Json]:
    """A value of the declared type for each parameter without a default."""
    declared = document["root"].get("inputDefinitions", {}).get("parameters", {})
    return {key: _SAMPLES[entry["parameterType"]] for key, entry in declared.items() if not entry.get("isOptional")}


def put(folder: Path, name: str, text: str, parameters: Mapping[str, Json]) -> None:
    """Lay a pipeline and the parameters of a run before the judge of Kubeflow."""
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    (folder / f"{name}.json").write_text(json.dumps(parameters), encoding="utf-8")
