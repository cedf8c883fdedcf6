"""Names that are bound elsewhere, differ too little, or are called where nothing can run; images and metrics that cannot be."""

from __future__ import annotations

import pytest

from tests.elaborate.programs import STEPS, body, check, codes


@pytest.mark.parametrize(
    ("lines", "code", "said"),
    [
        (["a = number(x=b)", "b = number(x=a)"], "E0309", "`a` → `b` → `a`"),
        (["a = number(x=1) after b", "b = number(x=a)"], "E0309", "`a` → `b` → `a`"),
        (["a = number(x=a)"], "E0309", "`a` → `a`"),
        (["a = number(x=c)", "b = number(x=a)", "c = number(x=b)"], "E0309", "`a` → `c` → `b` → `a`"),
        (["a = number(x=ys[0])", "ys = for x in [a]:", "    yield x"], "E0309", "`a` → `ys` → `a`"),
        (["a = number(x=b)", "b = number(x=n)"], "E0101", "line 17"),
        (["if n > 1:", "    a = number(x=b)", "b = number(x=n)"], "E0101", "line 18"),
        (["for x in [1]:", "    y = number(x=x)", "a = number(x=y)"], "E0101", "inside the `for`"),
        (["z = loop x = 1 max 2:", "    y = number(x=x)", "    next y until y > 1", "a = number(x=y)"], "E0101", "inside the `loop`"),
        (["if n > 1:", "    a = number(x=1)", "else:", "    b = number(x=a)"], "E0510", "line 17"),
        (["if n > 1:", "    a = number(x=1)", "else:", "    number(x=2) after a"], "E0510", "line 17"),
        (["if n > 1:", "    a = 1", "elif n > 0:", "    for x in [1]:", "        number(x=a)"], "E0510", "line 17"),
        (["a = number(x=c)"], "E0101", "`c` is not defined"),
    ],
)
def test_names_that_are_bound_elsewhere(lines: list[str], code: str, said: str) -> None:
    (found,) = check(body(*lines))[1]
    assert found.rule.code == code
    assert said in found.message


def test_names_that_only_some_branches_bind_are_there_after_them() -> None:
    assert codes(body("if n > 1:", "    a = number(x=1)", "b = number(x=a ?? 0) after a")) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["ys = [number(x=x) for x in [n]]"], ["E0308"]),
        (["y = number(x=1) if n > 1 else 2"], ["E0308"]),
        (["if n > 1 and number(x=n) > 2:", '    say(s="x")'], ["E0308"]),
        (["if number(x=n) > 2:", '    say(s="x")'], ["E0307"]),
        (["y = number(x=number(x=1))"], ["E0307"]),
        (["if n > 1:", "    y = 1", "elif number(x=n) > 2:", '    say(s="x")'], ["E0307"]),
    ],
)
def test_calls_where_nothing_can_run(lines: list[str], expected: list[str]) -> None:
    assert codes(body(*lines)) == expected


@pytest.mark.parametrize(
    ("one", "other", "collide"),
    [("rows", "Rows", True), ("a_b", "a__b", True), ("a_b", "ab", False), ("a", "a_", False), ("x1", "x_1", False)],
)
def test_names_that_engines_take_for_one(one: str, other: str, collide: bool) -> None:
    expected = ["E0105"] if collide else []
    step = 'step {}() -> int:\n    run inline "return 1"\n\n'
    assert codes("mlp 1\n\n" + step.format(one) + step.format(other)) == expected
    assert codes(f'mlp 1\n\nstep s({one}: int, {other}: int):\n    run shell "true"\n') == expected
    assert codes(body(f"{one} = number(x=1)", f"{other} = number(x=2)")) == expected
    assert codes(body("if n > 1:", f"    {one} = number(x=1)", "else:", f"    {other} = number(x=2)")) == expected


def test_types_may_differ_in_case_from_steps() -> None:
    assert codes("mlp 1\n\ntype Point = {x: int}\n\nstep point() -> Point:\n    run inline \"return {'x': 1}\"\n") == []


def test_an_enum_of_an_imported_file() -> None:
    lib = "mlp 1\n\nenum Mode: fast, slow\n"
    text = 'mlp 1\n\nimport "lib.mlp" as lib\n\npipeline p(m: lib.Mode = lib.Mode.fast) -> bool:\n    return m == lib.Mode.slow\n'
    assert codes(text, lib=lib) == []
    (found,) = check(text.replace("Mode.slow", "Mode.slwo"), lib=lib)[1]
    assert (found.rule.code, found.help) == ("E0215", "did you mean `slow`?")


def test_metrics_have_the_fields_that_they_have() -> None:
    step = "step judge() -> Metrics{auc: float, f1: float}:\n    run inline \"return {'auc': 1.0, 'f1': 1.0}\"\n\n"
    for taken, expected in (("m.auc", []), ("m.acu", ["E0410"]), ("m[s]", ["E0410"]), ("m[q]", ["E0410", "E0101"])):
        text = f"{STEPS}{step}pipeline p(s: str) -> float:\n    m = judge()\n    return {taken}\n"
        assert codes(text) == expected


def test_an_image_that_is_none() -> None:
    step = 'step s() -> int:\n    run inline "return 1"\n    image "{}"\n'
    assert codes("mlp 1\n\n" + step.format("ghcr.io/Acme/train:1")) == ["E0705"]
    assert codes("mlp 1\n\n" + step.format("ghcr.io/acme/train:1")) == []
