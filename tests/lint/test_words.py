"""Texts that nothing fills in, words of containers, and elements of lists: what is told of them, and what is left alone."""

from __future__ import annotations

import pytest

from tests.lint.programs import codes, mended

OURS = frozenset("W0226 W0227 W0520 W0632 W0644 W0645".split())
IMAGE = 'image "a/b@sha256:1111111111111111111111111111111111111111111111111111111111111111"'


def ours(text: str) -> list[str]:
    return [code for code in codes(f"mlp 1\n\n{text}") if code in OURS]


def said(text: str, signature: str = "(day: date, name: str)", more: str = "") -> str:
    return f'step f(s: str, name: str = ""):\n    run inline "print(s, name)"\n\npipeline p{signature}:\n    f(s={text}{more})\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"data/{day}.csv"', ["W0226"]),
        ('"data/{run.id}.csv"', ["W0226"]),
        ('"data/${day}.csv"', ["W0226"]),
        ('"data/$day.csv"', ["W0226"]),
        ('"data/{{ ds }}.csv"', ["W0226"]),
        ('"data/{{ds_nodash}}.csv"', ["W0226"]),
        ('"{{ var.value.bucket }}/x"', ["W0226"]),
        ('"{{ day }}"', ["W0226"]),
        ('f"data/{{day}}/{name}"', ["W0226"]),
        ('f"data/{day}.csv"', []),
        ('"data/{dayz}.csv"', []),
        ('"Answer the {{ question }}"', []),
        ('"{0} and {}"', []),
        ('"a{2}"', []),
        ('"$5"', []),
        ("\"{'day': 1}\"", []),
    ],
)
def test_placeholders(text: str, expected: list[str]) -> None:
    assert ours(said(text)) == expected


def test_what_the_step_may_fill_in_itself() -> None:
    assert ours(said('"Dear {name}"', more=", name=name")) == []
    assert ours(said('"Dear {name}"')) == ["W0226"]


@pytest.mark.parametrize(
    ("default", "expected"), [('"{{ ds }}"', ["W0226"]), ('"{day}"', []), ('"{{ question }}"', []), ('"{{ params.x }}"', ["W0226"])]
)
def test_placeholders_of_defaults(default: str, expected: list[str]) -> None:
    assert ours(said("name", f"(day: date, name: str = {default})")) == expected


@pytest.mark.parametrize(("value", "expected"), [("$HOME/x", ["W0226"]), ("${HOME}", ["W0226"]), ("5$", []), ("a b", [])])
def test_variables_of_steps(value: str, expected: list[str]) -> None:
    assert ours(f'step f():\n    run inline "print(1)"\n    env X="{value}"\n') == expected


def test_an_f_is_written() -> None:
    text = "mlp 1\n\n" + said('"data/{day}.csv"')
    assert mended(text, "W0226") == text.replace('"data/', 'f"data/')


def contained(words: str, signature: str = "(s: str, n: int)") -> list[str]:
    return ours(f"step f{signature}:\n    run container {words}\n    {IMAGE}\n")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ('command=["a", "b", "|", "c"]', ["W0644"]),
        ('command=["a"], args=["b", "&&", "c", ">", "d"]', ["W0644"]),
        ('command=["a"], args=["$DB_HOST"]', ["W0644"]),
        ('command=["a"], args=["--to=${DB_HOST}"]', ["W0644"]),
        ('command=["a"], args=["$(date +%F)"]', ["W0644"]),
        ('command=["a"], args=["{{workflow.uid}}"]', ["W0644"]),
        ('command=["sh", "-c"], args=["echo", s]', ["W0644"]),
        ('command=["a"], args=["$(DB_HOST)"]', []),
        ('command=["a"], args=["--sep", "|"]', []),
        ('command=["awk"], args=["{print $NF}"]', []),
        ('command=["a"], args=["^x$"]', []),
        ('command=["sh", "-c"], args=["a | b > $OUT"]', []),
        ('command=["sh", "-c"], args=["echo $0", s]', []),
        ('command=["bash", "-c"], args=["echo $1", "bash", s]', []),
        ('command=["a b"]', ["W0645"]),
        ('command=["a"], args=["--epochs 3"]', ["W0645"]),
        ('command=["a"], args=[f"--epochs {n}"]', ["W0645"]),
        ('command=["a"], args=["--epochs=3", "--epochs", "3"]', []),
        ('command=["a"], args=["--title=a b", "a b", "- b"]', []),
        ('args=["a b"]', []),
        ('command=["sh", "-c"], args=[f"echo {s}"]', ["W0632"]),
        ('command=["python", "-c"], args=[f"print({s})"]', ["W0632"]),
        ('command=["sh", "-c"], args=[f"echo {n}"]', []),
        ('command=["sh", "x.sh"], args=[f"-{s}"]', []),
    ],
)
def test_words_of_containers(words: str, expected: list[str]) -> None:
    assert contained(words) == expected


def test_two_words_are_written_apart() -> None:
    text = f'mlp 1\n\nstep f():\n    run container command=["python x.py"], args=["--n 3"]\n    {IMAGE}\n'
    assert 'command=["python", "x.py"], args=["--n", "3"]' in mended(text, "W0645")


def test_inputs_of_containers_that_no_word_mentions() -> None:
    def unused(words: str) -> list[str]:
        return [c for c in codes(f"mlp 1\n\nstep f(s: str):\n    run container {words}\n    {IMAGE}\n") if c == "W0110"]

    assert unused('command=["a"]') == ["W0110"]
    assert unused('command=["a", f"-{s}"]') == []
    assert unused('command=["a", ["-n", s]]') == []


HEAD = 'const NS = [1, 2]\nconst M = {"a": 1}\n\nstep f(n: int) -> int:\n    run inline "return n"\n\n'


def taken(expr: str, signature: str = "(xs: list[int])") -> list[str]:
    return ours(f"{HEAD}pipeline p{signature}:\n    f(n={expr})\n")


@pytest.mark.parametrize(
    ("expr", "signature", "expected"),
    [
        ("NS[2]", "()", ["W0227"]),
        ("NS[1]", "()", []),
        ("[1, 2][2]", "()", ["W0227"]),
        ("[x + 1 for x in NS][2]", "()", ["W0227"]),
        ("[x for x in NS if x > 1][2]", "()", []),
        ('M["b"]', "()", ["W0227"]),
        ('M["a"]', "()", []),
        ("xs[5]", "(xs: list[int])", []),
        ("xs[5]", "(xs: list[int] in 1..5)", ["W0227"]),
        ("xs[4]", "(xs: list[int] in 1..5)", []),
        ("xs[1]", "(xs: list[int] = [1])", ["W0227"]),
        ("xs[0]", "(xs: list[int] = [1])", []),
        ("NS[n]", "(n: int)", []),
    ],
)
def test_elements(expr: str, signature: str, expected: list[str]) -> None:
    assert taken(expr, signature) == expected


@pytest.mark.parametrize(
    ("source", "tolerate", "expected"),
    [
        ("xs", "100pct", ["W0520"]),
        ("xs", "20pct", []),
        ("xs", "3", []),
        ("NS", "2", ["W0520"]),
        ("NS", "1", []),
        ("[1]", "1", []),
    ],
)
def test_what_is_tolerated(source: str, tolerate: str, expected: list[str]) -> None:
    body = f"    ys = for x in {source} tolerate {tolerate}:\n        y = f(n=x)\n        yield y\n    return ys=ys\n"
    assert ours(f"{HEAD}pipeline p(xs: list[int]) -> (ys: list[int?]):\n{body}") == expected


def test_elements_of_results() -> None:
    body = "    ys = for x in NS:\n        y = f(n=x)\n        yield y\n    return y=ys[{}]\n"
    assert ours(f"{HEAD}pipeline p() -> (y: int):\n{body.format(2)}") == ["W0227"]
    assert ours(f"{HEAD}pipeline p() -> (y: int):\n{body.format(1)}") == []
