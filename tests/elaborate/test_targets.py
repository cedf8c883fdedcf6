"""Target blocks: what they mean for which call, and what is said of those that mean nothing."""

from __future__ import annotations

import json

import pytest

from mloc.backend import Attributes, Tables, load, table
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.elaborate.program import elaborate
from mloc.ir.model import Pipeline
from mloc.ir.walk import calls
from mloc.passes.targets import for_target
from mloc.source import SourceFile
from tests.elaborate.programs import STEPS

PROGRAM = f"""{STEPS}
pipeline p(n: int = 1) -> (r: list[int]):
    a = number(x=n)
    m = many(n=a)
    r = for x in m.xs:
        y = number(x=x) with retry(1), resources(memory=1GiB)
        yield y
    return r=r

pipeline q(n: int = 1) -> (r: int):
    a = number(x=n)
    return r=a
"""


def read(blocks: str) -> tuple[dict[str, Pipeline], tuple[Diagnostic, ...]]:
    bag = Bag()
    text = f"{PROGRAM}\n{blocks}"
    found = elaborate("test.mlp", lambda path: SourceFile(path, text), bag, Tables())
    return {pipeline.name: pipeline for pipeline in found.pipelines}, bag.sorted()


def on(blocks: str, target: str = "airflow", name: str = "p") -> tuple[Pipeline, Attributes]:
    pipelines, diagnostics = read(blocks)
    assert not diagnostics, [f"{d.rule.code} {d.message}" for d in diagnostics]
    return for_target(pipelines[name], table(load(target)))


def said(blocks: str, attribute: str, target: str = "airflow", name: str = "p") -> dict[str, object]:
    _, attributes = on(blocks, target, name)
    return {call: found[attribute] for call, found in attributes.calls.items() if attribute in found}


def test_the_nearer_wins() -> None:
    blocks = """
target airflow for p:
    pool "of p"
    step r.y:
        pool "of the call"

target airflow:
    pool "of all"
    step number:
        pool "of the step"
"""
    assert said(blocks, "pool") == {"a": "of the step", "m": "of p", "r[].y": "of the call"}
    assert said(blocks, "pool", name="q") == {"a": "of the step"}


def test_maps_are_merged_key_by_key() -> None:
    blocks = 'target kfp:\n    labels {"a": "1", "b": "1"}\n    step a:\n        labels {"b": "2"}\n'
    assert said(blocks, "labels", "kfp") == {"a": {"a": "1", "b": "2"}, "m": {"a": "1", "b": "1"}, "r[].y": {"a": "1", "b": "1"}}


def test_settings_of_steps_are_those_of_the_target_leaf_by_leaf() -> None:
    blocks = 'target kfp:\n    image "acme/all:1"\n    step r.y:\n        retry backoff=1s\n        resources cpu=2\n        env MODE="x"\n'
    pipeline, _ = on(blocks, "kfp")
    found = {call.id: call.settings for call in calls(pipeline.region)}
    assert {settings.image for settings in found.values()} == {"acme/all:1"}
    settings = found["r[].y"]
    assert (settings.retry.count, settings.retry.backoff_ms) == (1, 1000)
    assert (settings.resources.memory, settings.resources.cpu, settings.env) == (2**30, 2.0, (("MODE", "x"),))
    # What is said to one target is nothing to another.
    other, _ = on(blocks, "flyte")
    assert {call.settings.image for call in calls(other.region)} == {None}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ('tags "a", "b"', ["a", "b"]),
        ('tags "a"', ["a"]),
        ("tags TAGS", ["c", "d"]),
        ("paused", True),
        ("run_types [manual, scheduled]", ["manual", "scheduled"]),
        ("max_active_runs 1 + 1", 2),
        ('raw {"x": {"y": [1, 2.5, null, true]}}', {"x": {"y": [1, 2.5, None, True]}}),
    ],
)
def test_the_forms_of_a_value(written: str, value: object) -> None:
    pipelines, diagnostics = read(f'const TAGS = ["c", "d"]\n\ntarget airflow:\n    {written}\n')
    assert not diagnostics, [f"{d.rule.code} {d.message}" for d in diagnostics]
    (attribute,) = pipelines["p"].targets[0].attributes
    assert json.loads(attribute.value) == value


@pytest.mark.parametrize(
    ("blocks", "code", "message", "hint"),
    [
        ("target kpf:\n    labels {}\n", "E1121", "there is no target `kpf`", "did you mean `kfp`?"),
        ("target kfp for r:\n    labels {}\n", "E0101", "there is no pipeline `r` in this file", None),
        ('target kfp:\n    pool "x"\n', "E1101", "`target kfp` has no attribute `pool`", None),
        ('target kfp:\n    lables {"a": "b"}\n', "E1101", "`target kfp` has no attribute `lables`", "did you mean `labels`?"),
        ('target airflow:\n    step a:\n        tags "x"\n', "E1101", "`tags` is an attribute of a pipeline as a whole", None),
        ("target kfp:\n    step nubmer:\n        deadline 1h\n", "E1102", "there is no step or call `nubmer`", "did you mean `number`?"),
        ("target kfp for q:\n    step many:\n        deadline 1h\n", "E1102", "`q` calls no step `many`", None),
        ('target airflow:\n    pool "a"\n    pool "b"\n', "E0722", "`pool` is given twice", None),
        ("target airflow:\n    pool 3\n", "E0201", "`pool` needs `str`, found `int`", None),
        ("target kfp:\n    deadline 30\n", "E0210", "`deadline` needs `duration`", None),
        ("target airflow:\n    pool_slots 0\n", "E0721", "`pool_slots` must be at least 1", "as in `pool_slots 2`"),
        ("target kfp:\n    image_pull_policy Sometimes\n", "E0721", "must be one of `Always`", None),
        ('target kfp:\n    pvc "c", at="/d"\n', "E0721", "`pvc[0]` needs `path`", None),
        ('target kfp:\n    version "1.8"\n', "E1122", "target `kfp` supports versions 2.0 to 2.17, not 1.8", None),
        ('target airflow:\n    version "3.1"\n    run_types [manual]\n', "E1122", "`run_types` is there since version 3.2", None),
        ("target kfp:\n    deadline 1h\n\ntarget kfp:\n    deadline 2h\n", "E0102", "there are two blocks `target kfp`", None),
    ],
)
def test_what_means_nothing_is_said(blocks: str, code: str, message: str, hint: str | None) -> None:
    _, diagnostics = read(blocks)
    assert [d.rule.code for d in diagnostics] == [code]
    assert message in diagnostics[0].message
    assert hint is None or diagnostics[0].help == hint


def test_attributes_of_other_targets_are_named() -> None:
    _, diagnostics = read('target flyte:\n    pool "x"\n')
    assert diagnostics[0].notes == ("`pool` is an attribute of target `airflow`",)
