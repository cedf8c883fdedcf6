"""Units without user code: parameters, branches, fan-outs, guards, and their records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from runner_bench import Bench, document

from mloc.runner import BadProgram, Program, StepFailed, gather, load_program, run_unit
from mloc.runner.jsons import Json


def const(type_: Json, text: str) -> Json:
    return ["const", type_, text]


def run(bench: Bench, units: Mapping[str, Json], unit_id: str, captures: Mapping[str, str], guards: bool = True) -> dict[str, str]:
    return run_unit(Program(document(units)), unit_id, captures, store=bench.store, records=bench.records, guards=guards)


PARAMETERS: Mapping[str, Json] = {
    "parameters": {
        "kind": "parameters",
        "line": 3,
        "captures": [],
        "parameters": [
            ["n", "int", "5", {"min": "1", "max": "9"}],
            ["day", {"optional": "date"}, "null", None],
            ["name", "str", None, None],
        ],
    }
}


def test_parameters_take_their_defaults_and_are_made_canonical(bench: Bench) -> None:
    found = run(bench, PARAMETERS, "parameters", {"$name": ' "é" ', "$n": "7.0"})
    assert found == {"n": "7", "day": "null", "name": '"\\u00e9"'}
    assert bench.records.events() == [{"event": "parameters", "values": {"n": 7, "day": None, "name": "é"}}]


@pytest.mark.parametrize(
    ("captures", "kind", "message"),
    [
        ({}, "decoding", "the parameter `name` needs a value: it has no default"),
        ({"$name": "1"}, "decoding", "`name`: expected str, not the int 1"),
        ({"$name": '""', "$n": "10"}, "domain", "`n`: 10 is outside 1..9"),
        ({"$name": '""', "$n": "null"}, "decoding", "`n`: expected int, not null"),
        ({"$nam": '""'}, "decoding", "the pipeline has no parameter `nam`; it has `n`, `day`, `name`"),
    ],
)
def test_a_launch_is_refused(bench: Bench, captures: dict[str, str], kind: str, message: str) -> None:
    failure = bench.fails(lambda: run(bench, PARAMETERS, "parameters", captures))
    assert (failure.kind, failure.message, failure.line, failure.attempts) == (kind, message, 3, 0)
    (event,) = bench.records.events()
    assert event == {"event": "failed", "id": "parameters", "unit": "parameters", "error": {"kind": kind, "message": message, "line": 3}}


BRANCH: Mapping[str, Json] = {
    "if#1": {
        "kind": "decide",
        "line": 4,
        "captures": [["a.x", "int"]],
        "arms": [["then", ["compare", "bool", ">", ["ref", "int", "a.x"], const("int", "1")]], ["else", None]],
        "guards": [],
    },
    "if#1.merge": {
        "kind": "merge",
        "line": 4,
        "captures": [["if#1.arm", "str"], ["b.r", "int"]],
        "branch": "if#1",
        "values": [
            [
                "v",
                {"optional": "float"},
                {"then": ["widen", {"optional": "float"}, ["ref", "int", "b.r"]], "else": const({"optional": "float"}, "null")},
            ]
        ],
        "guards": [],
    },
}


def test_a_branch_takes_an_arm_and_merges_its_names(bench: Bench) -> None:
    assert run(bench, BRANCH, "if#1", {"a.x": "2"}) == {"arm": '"then"'}
    assert run(bench, BRANCH, "if#1", {"a.x": "1"}) == {"arm": '"else"'}
    assert run(bench, BRANCH, "if#1.merge", {"if#1.arm": '"then"', "b.r": "3"}) == {"v": "3.0"}
    assert run(bench, BRANCH, "if#1.merge", {"if#1.arm": '"else"'}) == {"v": "null"}
    assert [event["arm"] for event in bench.records.events()] == ["then", "else"]


FAN_OUT: Mapping[str, Json] = {
    "trials": {
        "kind": "items",
        "line": 5,
        "captures": [["a.xs", {"list": "int"}]],
        "source": ["ref", {"list": "int"}, "a.xs"],
        "item_type": "float",
        "limit": None,
        "guards": [],
    },
    "trials[].inner": {
        "kind": "items",
        "line": 6,
        "captures": [["trials.item", "float"]],
        "source": ["list", {"list": "float"}, [["ref", "float", "trials.item"], ["ref", "float", "trials.item"]]],
        "item_type": "float",
        "limit": 2,
        "guards": [],
    },
    "trials[].if#1": {**BRANCH["if#1"], "captures": [["trials.item", "float"]], "arms": [["then", const("bool", "true")], ["else", None]]},  # type: ignore[dict-item]
    "trials[].if#2": {
        "kind": "decide",
        "line": 4,
        "captures": [["trials.item", "float"]],
        "arms": [["then", ["arith", "int", "/", const("int", "1"), const("int", "0")]], ["else", None]],
        "guards": [["trials[].if#1", "else"]],
    },
    "trials[].yield": {
        "kind": "eval",
        "line": 7,
        "captures": [["trials.item", "float"]],
        "values": [["result", "str", ["format", "str", ["x", ["ref", "float", "trials.item"]]]]],
        "guards": [],
    },
    "trials.collect": {
        "kind": "collect",
        "line": 5,
        "captures": [["trials[].yield.result", {"list": "str"}]],
        "item_type": "str",
        "guards": [],
    },
}


def test_a_fan_out_gives_envelopes_and_collects_in_order(bench: Bench) -> None:
    envelopes = json.loads(run(bench, FAN_OUT, "trials", {"a.xs": "[10,20]"})["items"])
    assert envelopes == ['{"at":[0],"item":10.0}', '{"at":[1],"item":20.0}']
    inner = json.loads(run(bench, FAN_OUT, "trials[].inner", {"trials.item": envelopes[1]})["items"])
    assert inner == ['{"at":[1,0],"item":20.0}', '{"at":[1,1],"item":20.0}']
    texts = [run(bench, FAN_OUT, "trials[].yield", {"trials.item": text})["result"] for text in envelopes]
    assert run(bench, FAN_OUT, "trials.collect", {"trials[].yield.result": gather(texts)}) == {"result": '["x10.0","x20.0"]'}
    assert run(bench, FAN_OUT, "trials.collect", {"trials[].yield.result": gather([])}) == {"result": "[]"}
    assert [(event["id"], event["count"]) for event in bench.records.events()] == [("trials", 2), ("trials[1].inner", 2)]


def test_guards_skip_a_unit_of_another_arm(bench: Bench) -> None:
    captures = {"trials.item": '{"at":[3],"item":1.0}', "trials[].if#1.arm": '"then"'}
    assert run(bench, FAN_OUT, "trials[].if#2", captures) == {"arm": '""'}
    assert bench.records.events() == [{"event": "skipped", "id": "trials[3].if#2", "unit": "trials[].if#2"}]
    skipped = {**captures, "trials[].if#1.arm": '""'}
    assert run(bench, FAN_OUT, "trials[].if#2", skipped) == {"arm": '""'}
    failure = bench.fails(lambda: run(bench, FAN_OUT, "trials[].if#2", captures, guards=False))
    assert (failure.kind, failure.message, failure.line) == ("expression", "division by zero: 1 / 0", 4)


def test_outputs_are_recorded_and_checked(bench: Bench) -> None:
    unit: Json = {
        "kind": "eval",
        "line": 9,
        "captures": [["a.n", "int"]],
        "values": [["total", "int", ["ref", "int", "a.n"], {"min": "0", "max": "10"}]],
        "guards": [],
    }
    assert run(bench, {"$outputs": unit}, "$outputs", {"a.n": "10"}) == {"total": "10"}
    assert bench.records.events() == [{"event": "outputs", "values": {"total": 10}}]
    assert bench.fails(lambda: run(bench, {"outputs": unit}, "outputs", {"a.n": "11"})).kind == "domain"
    missing = bench.fails(lambda: run(bench, {"outputs": unit}, "outputs", {}))
    assert (missing.kind, missing.message) == ("decoding", "`a.n`: no value was given to `outputs`")


def test_a_program_of_another_version_is_refused(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "program.json"
    path.write_text(json.dumps({**document({}), "schema": "mloc-program/9"}))  # type: ignore[dict-item]
    with pytest.raises(BadProgram, match="written by another version of mloc"):
        load_program(path)
    with pytest.raises(BadProgram, match="the program has no unit `nope`"):
        run(bench, {}, "nope", {})


def test_a_failure_survives_pickling() -> None:
    import pickle

    failure = pickle.loads(pickle.dumps(StepFailed("timeout", "late", 3, 2, "tail", True)))
    assert (failure.kind, failure.message, failure.line, failure.attempts, failure.log_tail, failure.retryable) == (
        "timeout",
        "late",
        3,
        2,
        "tail",
        True,
    )
