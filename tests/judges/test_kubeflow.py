"""Kubeflow's API server, compiler and driver, Argo's validation and Kubernetes' take what mloc emits, and would refuse what is wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.judges.bundles import NAMES, artifacts, emitted, launches, put, samples, spec
from tests.judges.judging import Verdict, ask
from tests.kfp.emitted import document
from tests.kfp.test_spec import EVERYTHING

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("judges-kubeflow")]

Doc = dict[str, Any]


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Verdict]]:
    """All bundles judged at once: by program, then by run."""
    folder, scratch = tmp_path_factory.mktemp("pipelines"), tmp_path_factory.mktemp("scratch")
    for name, files in emitted("kfp").items():
        text = spec(files)
        for number, parameters in enumerate(launches(name, text, scratch)):
            put(folder, f"{name}.{number}", text, parameters)
    found: dict[str, dict[str, Verdict]] = {name: {} for name in emitted("kfp")}
    for run, verdict in ask("kubeflow", folder).items():
        found[run.rpartition(".")[0]][run] = verdict
    return found


@pytest.mark.parametrize("name", NAMES)
def test_kubeflow_takes_it(name: str, verdicts: dict[str, dict[str, Verdict]]) -> None:
    if name not in verdicts:
        assert artifacts(name, "kfp") is None
        return
    assert verdicts[name]
    assert {run: verdict.refusals for run, verdict in verdicts[name].items() if verdict.refusals} == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_condition_holds_for_its_own_arm_alone(name: str, verdicts: dict[str, dict[str, Verdict]]) -> None:
    files = artifacts(name, "kfp")
    tasks = [] if files is None else _tasks(yaml.load(spec(files), Loader=yaml.CSafeLoader))
    declared = [task for task in tasks if "condition" in task.get("triggerPolicy", {})]
    for verdict in verdicts.get(name, {}).values():
        conditions = verdict.measured["conditions"]
        assert len(conditions) == len(declared)
        for condition in conditions:
            (accepted,) = condition["accepted"]
            assert condition["text"].endswith(f"== '{accepted}'")
            assert len(condition["rejected"]) > 1


def _tasks(found: Doc) -> list[Doc]:
    dags = [found["root"], *found["components"].values()]
    return [task for dag in dags for task in dag.get("dag", {}).get("tasks", {}).values()]


ARM = "components/comp-condition-branches-if-1/dag/tasks/condition-if-1-then"
CONDITION = f"{ARM}/triggerPolicy/condition"
STARTED = "root/dag/tasks/start"
LONG = "comp-" + "x" * 70


def _set(path: str, value: object) -> Callable[[Doc], None]:
    def change(found: Doc) -> None:
        *parts, last = path.split("/")
        for part in parts:
            found = found[part]
        found[last] = value

    return change


def _renamed(found: Doc) -> None:
    found["components"][LONG] = found["components"]["comp-same"]
    found["root"]["dag"]["tasks"]["start"]["componentRef"]["name"] = LONG


def _code(size: int) -> Callable[[Doc], None]:
    return _set("deploymentSpec/executors/exec-same/container/env", [{"name": "CODE", "value": "x" * size}])


FAULTS: dict[str, tuple[Callable[[Doc], None], str, str]] = {
    "unknown-field": (_set("root/dagg", {}), "admission", "unknown field"),
    "unknown-type": (_set("root/inputDefinitions/parameters/count/parameterType", "TEXT"), "admission", "invalid value for enum"),
    "old-schema": (_set("schemaVersion", "2.0.0"), "admission", "only supports schema version 2.1.0"),
    "no-name": (_set("pipelineInfo/name", ""), "admission", "unknown template format"),
    "bad-name": (_set("pipelineInfo/name", "Every_thing"), "kubernetes", "metadata.name"),
    "no-component": (_set(f"{STARTED}/componentRef/name", "comp-none"), "compiler", 'cannot find component ref name="comp-none"'),
    "no-executor": (_set("components/comp-same/executorLabel", "exec-none"), "compiler", "not found in deployment config"),
    "no-producer": (
        _set(f"{STARTED}/inputs/parameters/x/taskOutputParameter/producerTask", "none"),
        "compiler",
        'unknown producer task "none"',
    ),
    "no-task": (_set(f"{STARTED}/dependentTasks", ["none"]), "argo", "invalid dependency none"),
    "cycle": (_set("root/dag/tasks/parameters/dependentTasks", ["outputs"]), "argo", "cycle"),
    "long-name": (_renamed, "kubernetes", "must be no more than 63 characters"),
    "no-cel": (_set(CONDITION, "((("), "condition", "Syntax error"),
    "no-field": (_set(CONDITION, "inputs.texts['x'] == ''"), "condition", "undefined field"),
    "no-variable": (_set(CONDITION, "given == 'x'"), "condition", "undeclared reference"),
    "no-input": (_set(CONDITION, "inputs.parameter_values['none'] == 'x'"), "condition", "no such key"),
    "no-bool": (_set(CONDITION, "inputs.parameter_values['pipelinechannel--if-1--arm']"), "condition", "return type is not bool"),
    "number-for-text": (_set(CONDITION, "inputs.parameter_values['pipelinechannel--if-1--arm'] > 3"), "condition", "no such overload"),
    "long-argument": (_code(140 * 1024), "size", "Linux takes 131071"),
    "large-workflow": (_code(1600 * 1024), "size", "etcd takes 1572864"),
}
RUNS: dict[str, tuple[Doc, str]] = {
    "number-as-text": ({"count": "three"}, "requires type double or integer"),
    "not-given": ({"given": None}, "not optional"),
    "not-declared": ({"more": 1}, "not required by pipeline: more"),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """One pipeline, sound and with each fault, judged at once."""
    folder = tmp_path_factory.mktemp("faults")
    sound = document(EVERYTHING, tmp_path_factory.mktemp("program"))
    put(folder, "sound", json.dumps(sound), samples(sound))
    for name, (change, _, _) in FAULTS.items():
        broken = copy.deepcopy(sound)
        change(broken)
        put(folder, name, json.dumps(broken), samples(sound))
    for name, (given, _) in RUNS.items():
        parameters = {key: value for key, value in {**samples(sound), **given}.items() if value is not None}
        put(folder, name, json.dumps(sound), parameters)
    return ask("kubeflow", folder)


def test_without_a_fault_there_is_nothing_to_refuse(planted: dict[str, Verdict]) -> None:
    assert planted["sound"].refusals == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refused(name: str, planted: dict[str, Verdict]) -> None:
    _, judge, said = FAULTS[name]
    assert planted[name].refuses(judge, said), planted[name].refusals


@pytest.mark.parametrize("name", RUNS)
def test_parameters_that_do_not_fit_are_refused(name: str, planted: dict[str, Verdict]) -> None:
    assert planted[name].refuses("compiler", RUNS[name][1]), planted[name].refusals


def test_what_no_yaml_says_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "text", "no pipeline at all", {})
    assert ask("kubeflow", tmp_path)["text"].refuses("admission", "unknown template format")
