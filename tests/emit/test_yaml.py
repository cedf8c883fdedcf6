"""What the YAML writer writes reads back as the same value, and looks as people write it."""

from __future__ import annotations

import math

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mloc.emit.yaml import Value, dump, scalar

TEXTS = st.text(max_size=20) | st.text(alphabet="ab \n\t:#-'\"{}[]$%&*!|>é😀\u2028\x85\x00", max_size=12)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=20)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=5))
def test_reads_back(document: dict[str, Value]) -> None:
    found = yaml.safe_load(dump(document, "a comment\nof two lines: {}"))
    assert _typed(found) == _typed(document)


def _typed(value: object) -> object:
    """1, 1.0 and True are equal to Python; here they are not."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return (type(value), repr(value))


@pytest.mark.parametrize(
    "text", ["yes", "NO", "null", "1", "1e3", "0x1", "2024-01-31", "1:30", "~", "", " a", "a ", "a: b", "a #b", "a:", "<<", "=", "-", "?"]
)
def test_what_a_reader_may_take_for_something_else_is_quoted(text: str) -> None:
    assert scalar(text).startswith('"')
    assert yaml.safe_load(scalar(text)) == text


@pytest.mark.parametrize("text", ["python:3.11-slim", "comp-train", "system.Dataset", "a b", "one, two"])
def test_ordinary_words_are_not_quoted(text: str) -> None:
    assert scalar(text) == text


def test_layout() -> None:
    document: dict[str, Value] = {
        "name": "x",
        "code": "import sys\n\nprint(1)\n",
        "empty": {"list": [], "map": {}},
        "rows": [{"a": 1, "b": [2.0, 1e16]}, ["c"], "d\ne"],
        "nothing": None,
    }
    assert dump(document, "made by hand") == (
        "# made by hand\n"
        "name: x\n"
        "code: |\n  import sys\n\n  print(1)\n"
        "empty:\n  list: []\n  map: {}\n"
        "rows:\n  - a: 1\n    b:\n      - 2.0\n      - 1.0e+16\n  - - c\n  - |-\n    d\n    e\n"
        "nothing: null\n"
    )


def test_numbers_that_json_does_not_have() -> None:
    found = yaml.safe_load(dump({"a": math.nan, "b": math.inf, "c": -math.inf}))
    assert math.isnan(found["a"])
    assert (found["b"], found["c"]) == (math.inf, -math.inf)


def test_a_key_that_no_reader_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="at most 1024"):
        dump({"k" * 1001: 1})
