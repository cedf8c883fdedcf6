"""Conditions, branches, fan-outs and loops."""

from __future__ import annotations

import pytest

from tests.lint.programs import body, codes, findings, told

SIGNATURE = (
    '(n: int = 1 in 1..9, x: float = 0.5 in 0.0..1.0, s: str = "a" in ["a", "b"], m: int? = null, '
    "flag: bool = true, mode: Mode = Mode.fast)"
)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n > 9", "W0505"),
        ("n >= 10", "W0505"),
        ("n > 8", None),
        ("n == 10", "W0505"),
        ("n == 9", None),
        ("n < 1", "W0505"),
        ("1 > n", "W0505"),
        ("n >= 1", "W0213"),
        ("n != 0", "W0213"),
        ("x > 2.0", "W0505"),
        ("x <= 1.0", "W0213"),
        ("x < 1.0", None),
        ("x > 1", "W0505"),
        ('s == "c"', "W0505"),
        ('s != "c"', "W0213"),
        ('s == "a"', None),
        ("n > 9 and flag", "W0505"),
        ("n > 0 and flag", "W0213"),
        ("n > 9 or flag", "W0213"),
        ("not (n > 0)", "W0505"),
        ("n != null", "W0213"),
        ("m != null", None),
        ("m == null or m > 3", None),
        ("flag == flag", "W0213"),
        ("n < n", "W0213"),
        ("x == x", None),
        ("true", "W0213"),
        ("false", "W0213"),
        ("mode == Mode.fast or mode == Mode.slow", None),
        ("mode == Mode.fast and mode == Mode.slow", "W0505"),
        ("n > 3 and n < 2", "W0505"),
        ("n > 3 and n > 2", "W0213"),
        ("m != null and m > 3", None),
    ],
)
def test_conditions(condition: str, expected: str | None) -> None:
    assert told(f"if {condition}:", '    say(s="x")', signature=SIGNATURE) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["if n > 3:", "    say(s='1')", "elif n > 5:", "    say(s='2')"], ["W0505"]),
        (["if n > 5:", "    say(s='1')", "elif n > 3:", "    say(s='2')"], []),
        (["if n > 3:", "    say(s='1')", "elif n > 3:", "    say(s='2')"], ["W0505"]),
        (["if n > 3:", "    say(s='1')", "elif n <= 3:", "    say(s='2')"], []),
        (["if n > 3:", "    say(s='1')", "elif n <= 3:", "    say(s='2')", "else:", "    say(s='3')"], ["W0505"]),
        (["if n > 3:", "    say(s='1')", "elif n <= 3 and flag:", "    say(s='2')"], []),
        (["if n >= 1:", "    say(s='1')", "else:", "    say(s='2')"], ["W0505"]),
        (["if n > 3:", "    if n > 5:", "        say(s='1')", "    elif n < 2:", "        say(s='2')"], ["W0505"]),
        (["if flag:", "    if flag:", "        say(s='1')"], ["W0213"]),
        (["if flag:", "    say(s='1')", "elif not flag:", "    say(s='2')"], []),
        (["if m == null:", "    say(s='1')", "elif m != null and m > 3:", "    say(s='2')"], []),
        (["if mode == Mode.fast:", "    say(s='1')", "elif mode == Mode.fast:", "    say(s='2')", "else:", "    say(s='3')"], ["W0505"]),
        (
            ["if mode == Mode.fast:", "    say(s='1')", "elif mode == Mode.slow or mode == Mode.exact:", "    say(s='2')"],
            [],
        ),
        (["require n > 5, 'small'", "if n > 3:", "    say(s='1')"], ["W0213"]),
        (["require n > 0, 'small'"], ["W0213"]),
        (["require n > 5, 'small'"], []),
        (["p = pair(x=n)", "if p.low > 9:", "    say(s='1')"], ["W0505"]),
        (["p = pair(x=n)", "if p.high > 9:", "    say(s='1')"], []),
        (["p = pair(x=n)", "if p.low > 8 and p.high > p.low:", "    say(s='1')"], []),
        (["say(s='1' if n > 0 else '2')"], ["W0213"]),
        (["say(s='1' if n > 3 else '2')"], []),
        (["for i in [i for i in [1, n] if i != null]:", "    inc(x=i)"], ["W0213"]),
        (["if n > 9:", "    say(s='1')", "else:", "    fail 'never'"], ["W0505"]),
        (["if n > 0:", "    say(s='1')", "else:", "    fail 'never'"], []),
    ],
)
def test_branches(lines: list[str], expected: list[str]) -> None:
    assert told(*(line.replace("'", '"') for line in lines), signature=SIGNATURE) == expected


def test_loops_are_judged_round_by_round() -> None:
    assert told("a = loop y = 0 max 3:", "    z = inc(x=y)", "    next z until y > 2", 'say(s=f"{a}")') == []
    assert told("a = loop y = 0 max 3:", "    z = inc(x=y)", "    next z until false", 'say(s=f"{a}")') == []
    assert told("a = loop y = 0 max 3:", "    z = inc(x=y)", "    next z until true", 'say(s=f"{a}")') == ["W0213"]


def test_a_constant_is_a_switch() -> None:
    text = body("if DEBUG:", '    say(s="x")', "if DEBUG and n > 1:", '    say(s="y")')
    assert "W0213" not in codes(text.replace("mlp 1\n", "mlp 1\n\nconst DEBUG = false\n"))
    above = body("if n > MOST:", '    say(s="x")', signature="(n: int = 1 in 1..9)").replace("mlp 1\n", "mlp 1\n\nconst MOST = 10\n")
    assert "W0505" in codes(above)


def test_the_reason_is_told() -> None:
    (found,) = [d for d in findings(body("if n > 12:", '    say(s="x")', signature="(n: int = 1 in 1..9)")) if d.rule.code == "W0505"]
    assert "`n` is in 1..9" in found.message
    assert [label.message for label in found.secondary] == ["`n` is in 1..9"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["if mode == Mode.fast:", "    say(s='1')"], []),
        (["if mode == Mode.fast:", "    say(s='1')", "elif mode == Mode.slow:", "    say(s='2')"], ["W0506"]),
        (["if mode == Mode.fast or mode == Mode.exact:", "    say(s='1')", "elif mode == Mode.slow:", "    say(s='2')"], []),
        (["if mode == Mode.fast:", "    say(s='1')", "elif mode == Mode.slow:", "    say(s='2')", "else:", "    say(s='3')"], []),
        (["if mode == Mode.fast:", "    say(s='1')", "elif n > 3:", "    say(s='2')"], []),
        (["if flag:", "    say(s='1')", "else:", "    say(s='1')"], ["W0515"]),
        (["if flag:", "    say(s='1')", "else:", "    say(s='2')"], []),
        (["if flag:", "    say(s='1')", "elif n > 3:", "    say(s='1')"], []),
        (["say(s='1' if flag else '1')"], ["W0515"]),
        (["if flag:", "    fail 'no'", "    say(s='1')"], ["W0518"]),
        (["if flag:", "    fail 'no'", "say(s='1')"], []),
    ],
)
def test_arms(lines: list[str], expected: list[str]) -> None:
    assert told(*(line.replace("'", '"') for line in lines), signature=SIGNATURE) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["for i in [1, 2]:", "    inc(x=n)"], ["W0517"]),
        (["for _ in [1, 2]:", "    inc(x=n)"], []),
        (["for _i in [1, 2]:", "    inc(x=n)"], []),
        (["for i in [1, 2]:", "    inc(x=i)"], []),
        (["a = loop y = n max 3:", "    z = inc(x=y)", "    next z until z > n", "say(s=f'{a}')"], []),
        (["a = loop y = n max 3:", "    z = inc(x=y)", "    next z until n > 3", "say(s=f'{a}')"], ["W0516"]),
        (["a = loop y = n max 3:", "    z = inc(x=n)", "    next z until z > 3", "say(s=f'{a}')"], ["W0516"]),
        (["a = loop y = n max 3:", "    z = inc(x=y)", "    next y until z > 3", "say(s=f'{a}')"], ["W0516"]),
    ],
)
def test_repetition(lines: list[str], expected: list[str]) -> None:
    assert told(*(line.replace("'", '"') for line in lines)) == expected


@pytest.mark.parametrize(
    ("source", "options", "expected"),
    [
        ("made.xs", "", ["W0509"]),
        ("made.xs", " limit 4", []),
        ("made.few", "", []),
        ("[1, 2]", "", []),
        ("given", "", ["W0509"]),
        ("bounded", "", []),
        ("[y for y in made.xs]", "", ["W0509"]),
    ],
)
def test_many_gpus(source: str, options: str, expected: list[str]) -> None:
    text = f"""mlp 1

step make() -> (xs: list[int], few: list[int] in 0..8):
    run inline "raise NotImplementedError"

step fit(x: int):
    run inline "print(x)"
    resources gpu=1

pipeline p(given: list[int] = [1], bounded: list[int] = [1] in 1..4):
    made = make()
    for x in {source}{options}:
        fit(x=x)
    for x in [made.xs[0], given[0], bounded[0]]:
        fit(x=x)
"""
    assert codes(text) == expected
    assert codes(text.replace("    resources gpu=1\n", "")) == []


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("n > k and n < k", "W0505"),
        ("n > k and k > n", "W0505"),
        ("n > k and k < n", "W0213"),
        ("n != k or n == k", "W0213"),
        ("n != 1 or n != 2", "W0213"),
        ("n >= k and n <= k", None),
        ("n > k or n < k", None),
    ],
)
def test_two_comparisons_of_the_same_values(condition: str, expected: str | None) -> None:
    found = told(f"if {condition}:", '    say(s="x")', signature="(n: int = 1, k: int = 2)")
    assert found == ([] if expected is None else [expected])


def test_a_value_that_is_null_where_it_stands() -> None:
    optional = "(m: int? = null)"
    assert told("if m == null:", "    inc(x=m ?? 1)", signature=optional) == ["W0221"]
    assert told("if m == null:", "    inc(x=1)", "else:", "    inc(x=m)", signature=optional) == []


def test_a_loop_of_one_round() -> None:
    lines = ("a = loop y = n max {}:", "    z = inc(x=y)", "    next z until z > 3", 'say(s=f"{a}")')
    assert told(lines[0].format(1), *lines[1:]) == ["W0516"]
    assert told(lines[0].format(2), *lines[1:]) == []


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["if r > 0.5:", '    say(s="1")', "elif r > 0.8:", '    say(s="2")'], ["W0505"]),
        (["if r > 0.8:", '    say(s="1")', "elif r > 0.5:", '    say(s="2")'], []),
        (["if r > 0.5:", '    say(s="1")', "elif r <= 0.5:", '    say(s="2")', "else:", '    say(s="nan")'], []),
        (["if r > x:", '    say(s="1")', "elif r <= x:", '    say(s="2")', "else:", '    say(s="nan")'], []),
        (["if r > x:", '    say(s="1")', "elif r > x:", '    say(s="2")'], ["W0505"]),
    ],
)
def test_floats_may_be_no_number(lines: list[str], expected: list[str]) -> None:
    assert told("r = rate(x=n)", *lines, signature="(n: int = 1, x: float = 0.5)") == expected


def test_a_constant_of_another_file_is_a_switch() -> None:
    text = body("if lib.DEBUG:", '    say(s="x")').replace("mlp 1\n", 'mlp 1\n\nimport "lib.mlp" as lib\n')
    assert "W0213" not in codes(text, lib="mlp 1\n\nconst DEBUG = true\n")
