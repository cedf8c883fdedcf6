"""Outputs and values that nothing reads, calls that are slips, `after`, comparisons and fallbacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.driver import analyse
from tests.lint.programs import body, codes, findings, mended, told

TRAINING = """mlp 1

step split(rows: Table{y: int}) -> (train: Table{y: int}, test: Table{y: int}):
    run inline "raise NotImplementedError"

step fit(rows: Table{y: int}) -> (model: Model[sklearn], report: Metrics{auc: float}):
    run inline "raise NotImplementedError"

step evaluate(model: Model[sklearn], rows: Table{y: int}) -> (report: Metrics{auc: float}):
    run inline "raise NotImplementedError"

pipeline p(rows: Table{y: int}) -> (auc: float, model: Model[sklearn]):
    parts = split(rows=rows)
    fitted = fit(rows=parts.train)
"""


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a = inc(x=n)"], ["W0401"]),
        (["inc(x=n)"], []),
        (["_a = inc(x=n)"], []),
        (["a = say(s=f'{n}')"], []),
        (["a = inc(x=n)", "say(s=f'{n}') after a"], []),
        (["a = pair(x=n)", "say(s=f'{a.low}')"], []),
        (["if n > 3:", "    a = inc(x=n)", "else:", "    a = n", "say(s=f'{a}')"], []),
        (["if n > 3:", "    a = inc(x=n)"], ["W0401"]),
        (["if n > 3:", "    b = 1", "else:", "    b = 2"], ["W0412"]),
        (["b = n + 1"], ["W0412"]),
        (["_b = n + 1"], []),
        (["bs = for x in [n, 2]:", "    b = inc(x=x)", "    yield b"], ["W0412"]),
        (["bs = for x in [n, 2]:", "    inc(x=x)"], []),
        (["b = loop x = n max 3:", "    y = inc(x=x)", "    next y until y > 3"], ["W0412"]),
        (["r = rate(x=n)", "require r > 0.0, 'bad'"], []),
    ],
)
def test_what_nothing_reads(lines: list[str], expected: list[str]) -> None:
    assert told(*(line.replace("'", '"') for line in lines)) == expected


def test_calls_for_what_they_do() -> None:
    step = 'step f(x: int) -> int:\n    run inline "return x"\n    effects EFFECT\n\n'
    for effect, named, unnamed in (("writes", [], []), ("random", [], []), ("reads", ["W0401"], []), ("none", ["W0401"], ["W0401"])):
        declared = f"mlp 1\n\n{step.replace('EFFECT', effect)}pipeline p(n: int = 1):\n"
        assert codes(f"{declared}    a = f(x=n)\n") == named
        assert codes(f"{declared}    f(x=n)\n") == unnamed


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        ("auc=fitted.report.auc, model=fitted.model", []),
        ("auc=0.5, model=fitted.model", ["W0411"]),
    ],
)
def test_metrics(returned: str, expected: list[str]) -> None:
    used = TRAINING[: TRAINING.index("step evaluate")] + TRAINING[TRAINING.index("pipeline") :]
    assert codes(f"{used}    return {returned}\n") == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["e = evaluate(model=fitted.model, rows=parts.train)"], ["W0413"]),
        (["e = evaluate(model=fitted.model, rows=parts.test)"], []),
        (["e = evaluate(model=fitted.model, rows=parts.train)", "f = evaluate(model=fitted.model, rows=parts.test)"], []),
    ],
)
def test_models_judged_on_what_they_learnt_from(lines: list[str], expected: list[str]) -> None:
    reports = " + ".join(f"{line[0]}.report.auc" for line in lines)
    text = TRAINING + "".join(f"    {line}\n" for line in lines) + f"    return auc={reports} + fitted.report.auc, model=fitted.model\n"
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a = inc(x=n)", "b = inc(x=n)", 'say(s=f"{a}{b}")'], ["W0408"]),
        (["a = inc(x=n)", "b = inc(x=n + 1)", 'say(s=f"{a}{b}")'], []),
        (["a = inc(x=n)", "b = inc(x=n) after a", 'say(s=f"{a}{b}")'], []),
        (["a = inc(x=n)", "b = inc(x=n) with retry(2)", 'say(s=f"{a}{b}")'], []),
        (["if n > 1:", "    a = inc(x=n)", "elif n > 0:", "    a = inc(x=n)", "else:", "    a = 1", 'say(s=f"{a}")'], []),
        (["a = inc(x=n)", "if n > 1:", "    b = inc(x=n)", '    say(s=f"{a}{b}")'], ["W0408"]),
        (['say(s="x")', 'say(s="x")'], []),
        (["for x in [1, n]:", "    inc(x=x)", "for y in [1, n]:", "    inc(x=y)"], []),
    ],
)
def test_calls_made_twice(lines: list[str], expected: list[str]) -> None:
    assert told(*lines) == expected


def test_calls_that_may_give_something_else() -> None:
    text = body("a = inc(x=n)", "b = inc(x=n)", 'say(s=f"{a}{b}")')
    for effect in ("reads", "random", "writes"):
        assert "W0408" not in codes(text.replace('"return x + 1"', f'"return x + 1"\n    effects {effect}'))
    assert "W0408" in codes(text.replace('"return x + 1"', '"return x + 1"\n    effects none'))


def test_exchanged_arguments() -> None:
    step = 'step f(low: int, high: int) -> int:\n    run inline "return high - low"\n\n'
    text = body("a = pair(x=n)", "b = f(low=a.high, high=a.low)", 'say(s=f"{b}")').replace("pipeline", step + "pipeline")
    (found,) = [d for d in findings(text) if d.rule.code == "W0318"]
    assert {"`low`", "`high`"} <= set(found.message.split())
    for right in ("low=a.low, high=a.high", "low=a.high, high=n", "low=a.high, high=a.high", "low=a.low, high=n"):
        assert "W0318" not in codes(text.replace("low=a.high, high=a.low", right))


@pytest.mark.parametrize(
    ("lines", "after"),
    [
        (["a = inc(x=n)", "c = inc(x=a) after a"], "c = inc(x=a)"),
        (["a = inc(x=n)", "b = inc(x=a)", "c = inc(x=b) after a"], "c = inc(x=b)"),
        (["a = inc(x=n)", "b = inc(x=n + 1)", "c = inc(x=a) after a, b"], "c = inc(x=a) after b"),
        (["a = inc(x=n)", "b = inc(x=n + 1)", "c = inc(x=a) after b, a"], "c = inc(x=a) after b"),
        (["a = inc(x=n)", "b = inc(x=n + 1)", "c = inc(x=3) after b, a, b"], "c = inc(x=3) after b, a"),
        (["a = inc(x=n)", "b = a + 1", "c = inc(x=b) after a"], "c = inc(x=b)"),
        (["ys = for x in [n]:", "    y = inc(x=x)", "    yield y", "c = inc(x=ys[0]) after ys"], "c = inc(x=ys[0])"),
        (["a = inc(x=n)", "c = inc(x=3) after a"], "c = inc(x=3) after a"),
        (["a = inc(x=n)", "b = inc(x=4) after a", "c = inc(x=5) after a, b"], "c = inc(x=5) after a, b"),
    ],
)
def test_orders_that_data_implies(lines: list[str], after: str) -> None:
    text = body(*lines, 'say(s=f"{c}")')
    assert mended(text, "W0314").splitlines()[-2].strip() == after


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("r == 0.3", ["W0212"]),
        ("r != other", ["W0212"]),
        ("x * 2.0 == other", ["W0212"]),
        ("r == 0.0", []),
        ("x == 1.0", []),
        ("x == other", []),
        ("r > 0.3", []),
        ("n == 3", []),
        ("x == n", []),
    ],
)
def test_floats(condition: str, expected: list[str]) -> None:
    lines = ("r = rate(x=n)", f"if {condition}:", '    say(s=f"{r}")')
    assert told(*lines, signature="(n: int = 1, x: float = 0.5, other: float = 0.1)") == expected


def test_fallbacks() -> None:
    optional = "(n: int = 1, m: int? = null)"
    assert told("a = inc(x=m ?? 1)", 'say(s=f"{a}")', signature=optional) == []
    assert told("a = inc(x=n ?? 1)", 'say(s=f"{a}")', signature=optional) == ["W0221"]
    assert told("if m != null:", "    a = inc(x=m ?? 1)", '    say(s=f"{a}")', signature=optional) == ["W0221"]
    assert "inc(x=n)" in mended(body("a = inc(x=n ?? 1)", 'say(s=f"{a}")'), "W0221")
    assert told("a = find(x=n)", "b = inc(x=a.n ?? 0)", 'say(s=f"{b}")') == []


def test_division() -> None:
    assert told('say(s=f"{n / 0} {n % 0} {n / 2}")') == ["W0222", "W0222"]


@pytest.mark.parametrize(
    ("type_", "use", "expected"),
    [
        ("list[float]", "take(v=made.v)", ["W0409"]),
        ("list[float] in 0..100", "take(v=made.v)", []),
        ("list[str]", "take(v=made.v)", []),
        ("map[str, list[float]]", "take(v=made.v)", ["W0409"]),
        ("map[str, float]", "take(v=made.v)", []),
        ("list[{a: int}]", "take(v=made.v)", ["W0409"]),
        ("list[File]", "take(v=made.v)", []),
        ("list[float]", "take(v=[x for x in made.v])", []),
        ("list[list[float]]", "take(v=made.v) after made", ["W0314", "W0409"]),
    ],
)
def test_large_values(type_: str, use: str, expected: list[str]) -> None:
    plain = type_.partition(" in ")[0]
    steps = (
        f'step make() -> (v: {type_}):\n    run inline "raise NotImplementedError"\n\nstep take(v: {plain}):\n    run inline "print(v)"\n'
    )
    assert sorted(codes(f"mlp 1\n\n{steps}\npipeline p():\n    made = make()\n    {use}\n")) == expected


def test_pipelines_called_for_what_they_do() -> None:
    inner = "pipeline q(n: int) -> int:\n    a = inc(x=n)\n{}    return a\n\n"
    text = body("done = q(n=n)")
    for line, expected in (("", ["W0401"]), ('    say(s="x")\n', []), ("    keep(x=n)\n", []), ("    _kept = keep(x=n)\n", [])):
        step = 'step keep(x: int) -> int:\n    run inline "return x"\n    effects writes\n\n' if "keep" in line else ""
        found = codes(text.replace("pipeline p", step + inner.format(line) + "pipeline p"))
        assert [code for code in found if code == "W0401"] == expected


def test_steps_that_publish() -> None:
    step = 'step make(x: int) -> (out: File):\n    run shell """echo "$x" > "$out_out" """\n    publish asset("a/b")\n\n'
    assert codes(f"mlp 1\n\n{step}pipeline p(n: int = 1):\n    made = make(x=n)\n") == []


def test_a_pipeline_that_calls_itself_is_looked_at_once(tmp_path: Path) -> None:
    path = tmp_path / "test.mlp"
    path.write_text("mlp 1\n\npipeline a(n: int = 1) -> int:\n    x = b(n=n)\n    return n\n\n")
    with path.open("a") as file:
        file.write("pipeline b(n: int = 1) -> int:\n    x = a(n=n)\n    return n\n")
    assert [d.rule.code for d in analyse(str(path)).diagnostics] == ["W0401", "E0304"]
