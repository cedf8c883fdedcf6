"""Which constructs a pipeline uses, and where first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mloc.backend import Feature
from mloc.ir.model import (
    Cache,
    Call,
    Const,
    FanOut,
    Format,
    Input,
    Launch,
    Options,
    Pipeline,
    Ref,
    Region,
    RunContainer,
    RunInline,
    RunNotebook,
    Secret,
    SecretSource,
    Settings,
    Step,
    Target,
    TargetAttribute,
    Tolerate,
)
from mloc.passes.features import features
from mloc.types.model import DATE, INT, STR, ListOf
from tests.elaborate.programs import body, pipeline
from tests.elaborate.programs import check as check_program

COMMON = (Feature.INLINE, Feature.LIST, Feature.COLLECT, Feature.MERGE)
FOR = ["m = many(n=n)", "ys = for x in m.xs:", "    y = number(x=x)", "    yield y"]


def used(*lines: str, signature: str = "(n: int = 1)") -> dict[Feature, str]:
    """The features of a program that not every program has, each with the node that uses it first."""
    found = {use.feature: use.node for use in features(pipeline(body(*lines, signature=signature)))}
    assert found.pop(Feature.PARAMETER)
    return {feature: node for feature, node in found.items() if feature not in COMMON}


def within(head: str, lines: list[str]) -> list[str]:
    return [head, *(f"    {line}" for line in lines)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a = number(x=n)"], {}),
        (["a = number(x=n) with retry(1)"], {Feature.RETRY: "a"}),
        (["a = number(x=n)", "b = number(x=n) with timeout(1s)"], {Feature.TIMEOUT: "b"}),
        (FOR, {Feature.FAN_OUT: "ys"}),
        (["m = many(n=n)", "for x in m.xs limit 2:", "    number(x=x)"], {Feature.FAN_OUT: "for#1", Feature.FAN_OUT_LIMIT: "for#1"}),
        (within("if n > 1:", ["a = number(x=n)"]), {Feature.BRANCH: "if#1"}),
        (
            within("if n > 1:", within("if n > 2:", ["a = number(x=n)"])),
            {Feature.BRANCH: "if#1", Feature.BRANCH_IN_BRANCH: "if#2"},
        ),
        (
            within("if n > 1:", FOR),
            {Feature.BRANCH: "if#1", Feature.FAN_OUT: "ys", Feature.FAN_OUT_IN_BRANCH: "ys"},
        ),
        (
            ["k = many(n=n)", *within("for a in k.xs:", FOR)],
            {Feature.FAN_OUT: "for#1", Feature.NESTED_FAN_OUT: "for#1[].ys"},
        ),
        (
            ["m = many(n=n)", *within("for a in m.xs:", within("if a > 1:", ["b = number(x=a)"]))],
            {Feature.FAN_OUT: "for#1", Feature.BRANCH: "for#1[].if#1", Feature.BRANCH_IN_FAN_OUT: "for#1[].if#1"},
        ),
    ],
)
def test_features(lines: list[str], expected: dict[Feature, str]) -> None:
    assert used(*lines) == expected


def test_a_parameter_that_is_a_file() -> None:
    assert used("a = number(x=n)", signature="(n: int, f: list[File[csv]])") == {Feature.ARTIFACT_PARAMETER: "$f", Feature.FILE: "$f"}


def test_a_called_pipeline_is_no_branch() -> None:
    text = body("a = inner(n=n)", "b = number(x=a)")
    inner = "pipeline inner(n: int) -> int:\n    r = number(x=n)\n    return r\n\n"
    found, _ = check_program(text.replace("pipeline p", f"{inner}pipeline p"))
    used = {use.feature: use.node for use in features(next(p for p in found if p.name == "p"))}
    assert used == {Feature.PARAMETER: "$n", Feature.CALLED_PIPELINE: "a", Feature.INLINE: "a.r"}


EVERYTHING = """mlp 1

enum Plan: free, pro

record Params:
    rate: float = 0.5
    plan: Plan = Plan.free
    due: date?

step python(words: map[str, int], f: File[csv], d: Dir, t: Table{a: int}, m: Model[sklearn]) -> (r: Metrics{x: float}, n: int in 0..9):
    run python "nowhere.at:all"
    resources cpu=1, gpu=1
    env A="b"

step shell(n: int) -> int:
    run shell "echo $n > $out"

pipeline p(w: map[str, int], p: Params, f: File[csv], d: Dir, t: Table{a: int}, m: Model[sklearn]) -> (n: int):
    a = python(words=w, f=f, d=d, t=t, m=m)
    require a.n > 1, "too few"
    b = shell(n=a.n + 1)
    c = loop x = b max 3:
        y = shell(n=x)
        next y until y > 9
    if a.n > 2:
        e = shell(n=1)
    else:
        e = 1
    for i in [1, 2]:
        shell(n=i)
    shell(n=1) after b
    return n=e
"""


def test_every_construct_has_its_feature() -> None:
    found, _ = check_program(EVERYTHING)
    used = {use.feature: use.node for use in features(found[0])}
    assert used == {
        Feature.PARAMETER: "$w",
        Feature.MAP: "$w",
        Feature.RECORD: "$p",
        Feature.ENUM: "$p",
        Feature.OPTIONAL: "$p",
        Feature.TIME: "$p",
        Feature.ARTIFACT_PARAMETER: "$f",
        Feature.FILE: "$f",
        Feature.DIR: "$d",
        Feature.TABLE: "$t",
        Feature.MODEL: "$m",
        Feature.PYTHON: "a",
        Feature.METRICS: "a",
        Feature.DOMAIN: "a",
        Feature.RESOURCES: "a",
        Feature.GPU: "a",
        Feature.ENV: "a",
        Feature.REQUIRE: "require",
        Feature.EXPRESSION: "b",
        Feature.SHELL: "b",
        Feature.LOOP: "c",
        Feature.BRANCH: "c[0].until#1",
        Feature.MERGE: "c[0].until#1",
        Feature.BRANCH_IN_BRANCH: "c[1].until#1",
        Feature.ORDER_ON_REGION: "c",
        Feature.FAN_OUT: "for#1",
        Feature.ORDER: "b",
    }


AROUND = Pipeline(
    name="p",
    parameters=(),
    steps=(),
    region=Region(),
    results=(),
    source="p.mlp",
    source_sha256="",
    options=Options(timeout_ms=1, max_parallel=2, fail_fast=True, converge=True),
    launches=(Launch("schedule", "nightly", cron="0 3 * * *"), Launch("trigger", "arrived", assets=("a",))),
    targets=(Target("kfp", (TargetAttribute("", "version", '"2.15"'),)),),
)


def test_what_stands_around_a_pipeline() -> None:
    used = {use.feature: use.node for use in features(AROUND)}
    assert used == {
        Feature.PIPELINE_TIMEOUT: "p",
        Feature.MAX_PARALLEL: "p",
        Feature.FAIL_FAST: "p",
        Feature.CONVERGE: "p",
        Feature.SCHEDULE: "nightly",
        Feature.TRIGGER: "arrived",
        Feature.TARGET: "p",
    }


def test_a_target_block_is_for_its_target_alone() -> None:
    assert Feature.TARGET in {use.feature for use in features(AROUND, "kfp")}
    assert Feature.TARGET not in {use.feature for use in features(AROUND, "flyte")}


def test_handlers_and_what_calls_ask_for() -> None:
    settings = Settings(image="i", secrets=(("TOKEN", "token"),), cache=Cache())
    step = Step("s", (), (), False, RunInline("pass"))
    call = Call("a", "s", (), (), settings)
    done = replace(
        AROUND, steps=(step,), on_failure=Region((call,)), final=Region((replace(call, id="b"),)), options=Options(), launches=()
    )
    done = replace(done, secrets=(Secret("token", (SecretSource("k8s", (), "kfp"), SecretSource("env", ()))),))
    used = {use.feature: use.node for use in features(done, "flyte")}
    assert used == {
        Feature.INLINE: "a",
        Feature.IMAGE: "a",
        Feature.SECRET_ENV: "secret token",
        Feature.CACHE: "a",
        Feature.ON_FAILURE: "a",
        Feature.FINALLY: "b",
    }


@pytest.mark.parametrize("feature", [Feature.CONTAINER, Feature.NOTEBOOK])
def test_steps_of_other_tools(feature: Feature) -> None:
    run = RunContainer(("tool",), ()) if feature is Feature.CONTAINER else RunNotebook("a.ipynb")
    # Neither stands in what elaboration gives yet; that each has its feature is known beforehand.
    step = replace(Step("s", (), (), False, RunInline("pass")), run=run)
    found = replace(AROUND, steps=(step,), region=Region((Call("a", "s", (), (), Settings()),)), options=Options(), launches=())
    assert [use.feature for use in features(found, "flyte")] == [feature]


def test_a_tolerant_loop() -> None:
    fan_out = FanOut("f", "x", INT, Const(ListOf(INT), "[1]"), None, Region(), None, tolerate=Tolerate("count", "1"))
    found = replace(AROUND, region=Region((fan_out,)), options=Options(), launches=())
    assert {use.feature for use in features(found, "flyte")} == {Feature.FAN_OUT, Feature.TOLERATE}


def test_values_of_the_run() -> None:
    """The id and what handlers are there for are no construct of their own in a handler."""
    step = Step("s", (Input("x", STR),), (), False, RunInline("pass"))
    ask = Call("a", "s", (("x", Ref(STR, "run", "id")),), (), Settings())
    in_body = replace(AROUND, steps=(step,), region=Region((ask,)), options=Options(), launches=())
    assert Feature.RUN_VALUES in {use.feature for use in features(in_body, "flyte")}
    in_handler = replace(in_body, region=Region(), final=Region((ask,)))
    assert Feature.RUN_VALUES not in {use.feature for use in features(in_handler, "flyte")}
    day = replace(ask, args=(("x", Format(STR, (Ref(DATE, "run", "today"),))),))
    assert Feature.RUN_VALUES in {use.feature for use in features(replace(in_handler, final=Region((day,))), "flyte")}
    fan_out = FanOut("f", "x", INT, Const(ListOf(INT), "[1]"), None, Region(), Ref(STR, "run", "id"))
    assert Feature.RUN_VALUES in {use.feature for use in features(replace(in_body, region=Region((fan_out,))), "flyte")}
