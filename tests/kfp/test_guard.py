"""Texts that Kubeflow would rewrite pass as JSON escapes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mloc.runner.jsons import Json, canonical
from mloc_kfp.vendored.guard import guarded, is_hostile

TEXTS = st.text(alphabet='ab\\"\n${}()é😀/-', max_size=12) | st.sampled_from(
    ["python3", "python", "\\python3", "use python3 now", "{{$}}", "{{$.inputs.parameters['x']}}", "$(HOME)", "${HOME}", "/kfp-workspace"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=12
)


@given(VALUES)
def test_the_value_is_the_same_and_nothing_is_left_to_rewrite(value: Json) -> None:
    text = guarded(canonical(value))
    assert json.loads(text) == value
    assert "$" not in text
    assert "{{" not in text
    assert "python3" not in text
    assert "kfp-workspace" not in text


@pytest.mark.parametrize("text", ['"plain"', "{}", '{"a":{"b":[1]}}', '["it\'s"]'])
def test_ordinary_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_structure_alone_is_hostile_to_nobody() -> None:
    assert is_hostile('{"a":1}')
    assert guarded('{"a":1}') == '{"a":1}'
