"""Python source made from hostile texts says what it should, and nothing else."""

from __future__ import annotations

import ast
import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mloc.emit.python import Bracket, call, code, comment, docstring, layout, literal

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner) | st.tuples(inner),
    max_leaves=12,
)
HOSTILE = ['"', '"""', '""""', "\\", '\\"', "a\nb", "a\rb", "\0", "\u2028", "{{ 1+1 }}", "🐍", "'", '"""; import os #', "\\\n", "\x0c"]


@given(VALUES, st.integers(20, 100))
def test_a_literal_evaluates_to_its_value(value: object, width: int) -> None:
    assert ast.literal_eval(literal(value)) == value  # type: ignore[arg-type]
    assert ast.literal_eval(layout(code(value), width=width)) == value  # type: ignore[arg-type]


def test_literals_are_readable() -> None:
    assert literal('it\'s "so" 🐍\n') == "'it\\'s \"so\" 🐍\\n'"
    assert literal(-0.0) == "-0.0"
    assert math.isnan(eval(literal(math.nan)))
    assert eval(literal(-math.inf)) == -math.inf
    assert literal((1,)) == "(1,)"
    assert literal({"b": [True, None], "a": 1.0}) == '{"b": [True, None], "a": 1.0}'


@pytest.mark.parametrize("write", [literal, docstring, comment])
def test_a_lone_surrogate_is_refused(write: object) -> None:
    with pytest.raises(ValueError, match="lone surrogate at position 1"):
        write("a\ud800")  # type: ignore[operator]


def test_bytes_are_refused() -> None:
    with pytest.raises(TypeError):
        literal(b"a")


@given(TEXT | st.sampled_from(HOSTILE), st.sampled_from([0, 4]))
def test_a_docstring_is_one_string(text: str, indent: int) -> None:
    source = "class A:\n    " + docstring(text, 4) + "\n    x = 1\n"
    tree = ast.parse(source)
    body = tree.body[0]
    assert isinstance(body, ast.ClassDef)
    assert len(body.body) == 2
    read = ast.get_docstring(body)
    assert read is not None
    lines = [line.rstrip() for line in text.strip().splitlines()]
    if all(line.isprintable() for line in lines):
        assert read == inspect.cleandoc("\n".join(lines))


@given(TEXT | st.sampled_from(HOSTILE))
def test_a_comment_ends_nowhere_but_at_its_end(text: str) -> None:
    tree = ast.parse(f"if True:\n{comment(text, 4)}\n    x = 1\n")
    assert len(tree.body) == 1
    assert len(ast.parse(comment(text)).body) == 0


def test_a_call_is_laid_out() -> None:
    short = call("f", ["a"], {"b": "1"})
    assert layout(short, 4, "x = ") == "    x = f(a, b=1)"
    long = call("Param", [code("x" * 60)], {"enum": code(["y" * 30, "z" * 30]), "type": code("string")})
    assert layout(Bracket("{", (('"p": ', long),), "}"), 4, "params=", ",", 90).splitlines() == [
        "    params={",
        '        "p": Param(',
        f'            "{"x" * 60}",',
        f'            enum=["{"y" * 30}", "{"z" * 30}"],',
        '            type="string",',
        "        ),",
        "    },",
    ]
    assert layout(code(("a" * 90,))) == f'("{"a" * 90}",)'
    assert layout(code(("a" * 99,))) == f'(\n    "{"a" * 99}",\n)'


@pytest.mark.parametrize("name", ["class", "a-b", "1", ""])
def test_only_an_identifier_names_an_argument(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of an argument"):
        call("f", (), {name: "1"})
