"""Names are legal, unique and do not depend on anything but the ids."""

from __future__ import annotations

import keyword
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mloc.emit.names import dns_labels, identifiers, shorten

IDS = st.lists(st.text(alphabet="abAB_.-#[]0é", min_size=1, max_size=12) | st.text(alphabet="xy_", min_size=40, max_size=90), max_size=12)


def test_ids_of_nodes_read_as_identifiers() -> None:
    ids = ["trials[].fit", "else.kept", "if#1", "for", "1x", "trials[]"]
    assert list(identifiers(ids).values()) == ["trials_fit", "else_kept", "if_1", "for_", "_1x", "trials"]


def test_ids_of_nodes_read_as_labels() -> None:
    assert list(dns_labels(["trials[].fit", "else.kept", "if#1", "Add_Rows"], 48).values()) == [
        "trials-fit",
        "else-kept",
        "if-1",
        "add-rows",
    ]


def test_an_id_that_is_a_name_already_keeps_it() -> None:
    found = identifiers(["a.b", "a_b", "a-b"])
    assert found["a_b"] == "a_b"
    assert re.fullmatch("a_b_[0-9a-f]{8}", found["a.b"])
    assert len(set(found.values())) == 3


def test_shortening_keeps_the_beginning() -> None:
    assert shorten("a" * 63, 63) == "a" * 63
    assert re.fullmatch("a{54}-[0-9a-f]{8}", shorten("a" * 64, 63))


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        shorten("a" * 10, 9)


@given(IDS)
def test_identifiers_are_legal_and_unique(ids: list[str]) -> None:
    found = identifiers(ids)
    assert all(name.isidentifier() and name.isascii() and not keyword.iskeyword(name) for name in found.values())
    assert len(set(found.values())) == len(set(ids))
    assert found == identifiers(reversed(ids))


@given(IDS)
def test_labels_are_legal_and_unique(ids: list[str]) -> None:
    found = dns_labels(ids, 30)
    assert all(len(name) <= 30 and re.fullmatch("[0-9a-z]([-0-9a-z]*[0-9a-z])?", name) for name in found.values())
    assert len(set(found.values())) == len(set(ids))
    assert found == dns_labels(reversed(ids), 30)
