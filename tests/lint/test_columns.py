"""Texts that name columns, and defaults that a step does not take."""

from __future__ import annotations

import pytest

from tests.lint.programs import codes

READ = 'mlp 1\n\nstep read() -> Table{{customer_id: int, total: float{rest}}}:\n    run inline "return None"\n'
USE = 'step use(rows: Table{{...}}, {input}) -> int:\n    run inline "return len([rows, {name}])"\n'
CALL = "pipeline p({parameter}) -> (n: int):\n    rows = read()\n    n = use(rows=rows, {name}={value})\n    return n=n\n"


def found(input_: str, value: str, rest: str = "", parameter: str = "") -> list[str]:
    name = input_.partition(":")[0]
    text = READ.format(rest=rest) + USE.format(input=input_, name=name) + CALL.format(parameter=parameter, name=name, value=value)
    return [code for code in codes(text) if code in ("E0407", "W0414", "E0202")]


@pytest.mark.parametrize(
    ("input_", "value", "expected"),
    [
        ("key: column[rows]", '"customer_id"', []),
        ("key: column[rows]", '"Customer ID"', ["E0407"]),
        ("key: column[rows]", '"anything"', ["E0407"]),
        ("keys: list[column[rows]]", '["total", "x"]', ["E0407"]),
        ("key: column[row]", '"total"', ["E0202"]),
        ("key: str", '"customer_id"', []),
        ("key: str", '"Customer ID"', ["W0414"]),
        ("key: str", '"costumer_id"', ["W0414"]),
        ("keys: list[str]", '["total", "customer-id"]', ["W0414"]),
        ("key: str", '"country"', []),
        ("mode: str", '"totals"', []),
        ("mode: str", '"Total"', ["W0414"]),
    ],
)
def test_columns(input_: str, value: str, expected: list[str]) -> None:
    assert found(input_, value) == expected


def test_an_open_table_may_have_any_column() -> None:
    assert found("key: column[rows]", '"x"', rest=", ...") == []
    assert found("key: str", '"costumer_id"', rest=", ...") == []
    assert found("key: str", '"CustomerID"', rest=", ...") == ["W0414"]


def test_the_default_of_a_parameter_is_a_text_too() -> None:
    assert found("key: column[rows]", "key", parameter='key: str = "customer"') == ["E0407"]
    assert found("key: column[rows]", "key", parameter="key: str") == []


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("int = 5", []),
        ("int = 50", ["E0224"]),
        ("int", []),
        ("int in 1..16", []),
        ("int = 3 in 2..5", []),
        ("int = 3 in 0..16", ["W0223"]),
        ("int = 3 in 1..17", ["W0223"]),
        ("int = 0 in 0..16", ["E0224"]),
    ],
)
@pytest.mark.parametrize("kind", ["int in 1..16", "float in 1.0..16.0"])
def test_defaults(parameter: str, expected: list[str], kind: str) -> None:
    step = f'mlp 1\n\nstep fit(d: {kind}) -> float:\n    run inline "return 1.0 / d"\n'
    body = f"pipeline p(d: {parameter}) -> (s: float):\n    s = fit(d=d)\n    return s=s\n"
    assert codes(step + body) == expected


def test_what_not_every_run_calls_may_not_take_the_default() -> None:
    step = 'mlp 1\n\nstep fit(d: int in 1..16) -> float:\n    run inline "return 1.0 / d"\n'
    body = "pipeline p(d: int = 0) -> (s: float?):\n    if d > 0:\n        s = fit(d=d)\n    return s=s\n"
    assert codes(step + body) == []
