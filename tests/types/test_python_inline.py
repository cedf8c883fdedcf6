"""The code written inside a step: syntax, names, and what it returns."""

from __future__ import annotations

import pytest
from python_steps import check_code, codes, given, output, step

from mloc.source import Span
from mloc.types.model import FLOAT, INT, STR, ListOf, MapOf, Optional

MEAN = step(given("xs", ListOf(FLOAT)), result=FLOAT)
TWO = step(given("xs", ListOf(FLOAT)), outputs=(output("low", FLOAT), output("high", FLOAT)))


def test_good_code_has_no_findings() -> None:
    assert check_code("import statistics\nreturn statistics.fmean(xs)\n", MEAN) == ()
    assert check_code("return {'low': min(xs), 'high': max(xs)}\n", TWO) == ()


@pytest.mark.parametrize(
    ("code", "span"),
    [
        ("x = = 1", Span("p.mlp", 1008, 1009)),
        ("x = 1\nreturn (x", Span("p.mlp", 1021, 1022)),
        ("x = 1\nbreak", Span("p.mlp", 1014, 1019)),
        ("é = 1; x = = 1", Span("p.mlp", 1015, 1016)),
    ],
)
def test_a_syntax_error_is_where_it_is_in_the_program(code: str, span: Span) -> None:
    (found,) = check_code(code, MEAN)
    assert (found.rule.code, found.primary.span) == ("E0612", span)


def test_code_that_is_no_text_is_an_error() -> None:
    assert codes(check_code("x = '\0'", MEAN)) == ["E0612"]


def test_an_undefined_name_is_found_with_what_is_meant() -> None:
    (found,) = check_code("y = 1\nreturn float(np.mean(xs))\n", MEAN)
    assert (found.rule.code, found.primary.span) == ("E0613", Span("p.mlp", 1027, 1029))
    assert "`np`" in found.message
    assert found.help == "add `import numpy as np` to the code"


def test_an_undefined_name_near_an_input() -> None:
    (found,) = check_code("return sum(valeus)\n", step(given("values", ListOf(FLOAT)), result=FLOAT))
    assert found.help == "did you mean `values`?"


def test_an_undefined_name_is_said_once() -> None:
    assert codes(check_code("math.log(1)\nreturn math.log(2)\n", MEAN)) == ["E0613"]


@pytest.mark.parametrize(
    "code",
    [
        "def helper(n):\n    return helper(n - 1) if n else xs\nreturn helper(3)\n",
        "return sum(x for x in xs if (y := x) > 0)\n",
        "class A:\n    b = 1\n    c = b\nreturn A.c\n",
        "global total\ntotal = 1\ndef add():\n    return total\nreturn add()\n",
        "try:\n    n = int(xs[0])\nexcept ValueError as error:\n    raise RuntimeError(str(error))\nreturn n\n",
        "match xs:\n    case [first, *_]:\n        return first\n    case _:\n        return 0.0\n",
        "exec('n = 1')\nreturn n\n",
        "return len(__name__)\n",
    ],
)
def test_names_that_the_code_defines_are_known(code: str) -> None:
    assert check_code(code, MEAN) == ()


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("print(xs)\n", ["E0608"]),
        ("", ["E0608"]),
        ("raise ValueError\n", []),
        ("if xs:\n    return 1.0\n", ["W0614"]),
        ("if xs:\n    return 1.0\nelse:\n    raise ValueError\n", []),
        ("if xs:\n    return 1.0\nreturn 2.0\n", []),
        ("for x in xs:\n    return x\n", ["W0614"]),
        ("while True:\n    if xs:\n        return 1.0\n", []),
        ("while True:\n    if xs:\n        break\n    return 1.0\n", ["W0614"]),
        ("with open('x') as f:\n    return float(f.read())\n", []),
        ("try:\n    return xs[0]\nexcept IndexError:\n    print(xs)\n", ["W0614"]),
        ("try:\n    return xs[0]\nexcept IndexError:\n    return 0.0\n", []),
        ("yield 1.0\n", ["E0608"]),
    ],
)
def test_every_path_must_return(code: str, expected: list[str]) -> None:
    assert codes(check_code(code, MEAN)) == expected


def test_an_optional_output_needs_no_return() -> None:
    assert check_code("if xs:\n    return 1.0\n", step(given("xs", ListOf(FLOAT)), result=Optional(FLOAT))) == ()


def test_no_outputs_need_no_return() -> None:
    assert check_code("print(xs)\n", step(given("xs", ListOf(FLOAT)))) == ()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return {'low': 1.0}\n", "no `high` in this dict"),
        ("return {'low': 1.0, 'hihg': 2.0}\n", "no `high` in this dict"),
        ("return 1.0, 2.0\n", "not a dict"),
        ("return 1.0\n", "not a dict"),
    ],
)
def test_several_outputs_come_by_name(code: str, message: str) -> None:
    (found,) = check_code(code, TWO)
    assert (found.rule.code, found.primary.message) == ("E0608", message)


def test_a_computed_dict_is_not_looked_into() -> None:
    assert check_code("return {**dict(low=1.0), 'high': 1.0}\n", TWO) == ()


def test_one_named_output_is_bare() -> None:
    assert codes(check_code("return {'n': 1}\n", step(outputs=(output("n", INT),)))) == ["E0608"]
    assert check_code("return {'n': 1}\n", step(outputs=(output("n", MapOf(INT)),))) == ()
    assert check_code("return text\n", step(given("text", STR), outputs=(output("n", STR),))) == ()
