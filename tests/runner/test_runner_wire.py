"""Values on the wire: round trips by type, canonical texts, and what is refused."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mloc.runner.domains import OutOfDomain, check_domain
from mloc.runner.jsons import Json
from mloc.runner.scalars import Invalid, Value
from mloc.runner.types import parse_domain, parse_type, type_json
from mloc.runner.values import decode_text, encode_text

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
SCALARS: dict[str, st.SearchStrategy[Value]] = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "bytes": st.integers(-(2**63), 2**63 - 1),
    "duration": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(),
    "ratio": st.floats(),
    "bool": st.booleans(),
    "str": TEXT | st.sampled_from(["f:nan", "i:1", "null", "true", "1", '"', "𝒳", "é", "e\u0301"]),
    "date": st.dates(),
    "datetime": st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(fold=0)),
    "null": st.none(),
}


def types_and_values() -> st.SearchStrategy[tuple[Json, Value]]:
    """A type with a value of it."""
    scalars = st.sampled_from(sorted(SCALARS)).flatmap(lambda name: st.tuples(st.just(name), SCALARS[name]))
    enums: st.SearchStrategy[tuple[Json, Value]] = st.just(({"enum": "E", "members": ["a", "null"]}, "null"))
    return st.recursive(scalars | enums, _containers, max_leaves=6)


def _containers(inner: st.SearchStrategy[tuple[Json, Value]]) -> st.SearchStrategy[tuple[Json, Value]]:
    lists = inner.flatmap(lambda pair: st.integers(0, 3).map(lambda n: ({"list": pair[0]}, [pair[1]] * n)))
    maps = inner.flatmap(lambda pair: st.lists(TEXT, max_size=3).map(lambda keys: ({"map": pair[0]}, dict.fromkeys(keys, pair[1]))))
    optionals = inner.map(lambda pair: ({"optional": pair[0]}, pair[1]))
    nulls = inner.map(lambda pair: ({"optional": pair[0]}, None))
    records = st.lists(inner, max_size=3).map(
        lambda pairs: (
            {"record": [[f"f{at}", type_, None, None] for at, (type_, _) in enumerate(pairs)], "name": "R"},
            {f"f{at}": value for at, (_, value) in enumerate(pairs)},
        )
    )
    return lists | maps | optionals | nulls | records


def same(left: Value, right: Value) -> bool:
    """Equality in which NaN equals NaN, -0.0 differs from 0.0 and 1 from true."""
    return repr(left) == repr(right)


@given(types_and_values())
@settings(max_examples=200, deadline=None)
def test_a_value_survives_the_wire(pair: tuple[Json, Value]) -> None:
    type_, value = parse_type(pair[0]), pair[1]
    text = encode_text(type_, value, "x")
    decoded = decode_text(type_, text, "x")
    assert encode_text(type_, decoded, "x") == text
    assert text.isascii()
    json.loads(text, parse_constant=pytest.fail)
    assert parse_type(type_json(type_)) == type_


@pytest.mark.parametrize("name", sorted(SCALARS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_scalar_comes_back_exactly(name: str, data: st.DataObject) -> None:
    value = data.draw(SCALARS[name])
    assert same(decode_text(parse_type(name), encode_text(parse_type(name), value, "x"), "x"), value)


@pytest.mark.parametrize(
    ("type_", "value", "text"),
    [
        ("int", 2**53 - 1, "9007199254740991"),
        ("int", 2**53, '"i:9007199254740992"'),
        ("int", -(2**63), '"i:-9223372036854775808"'),
        ("float", 1.0, "1.0"),
        ("float", -0.0, "-0.0"),
        ("float", 1e16, "1e+16"),
        ("float", math.nan, '"f:nan"'),
        ("float", math.inf, '"f:inf"'),
        ("float", -math.inf, '"f:-inf"'),
        ("str", "f:nan", '"f:nan"'),
        ("str", "é/\n", '"\\u00e9/\\n"'),
        ("date", date(2024, 1, 31), '"2024-01-31"'),
        ("date", date(1, 1, 1), '"0001-01-01"'),
        ("datetime", datetime(2024, 1, 31, 12, tzinfo=UTC), '"2024-01-31T12:00:00Z"'),
        ("datetime", datetime(2024, 1, 31, 12, 0, 0, 250000, UTC), '"2024-01-31T12:00:00.25Z"'),
        ({"map": "int"}, {"b": 1, "a": 2}, '{"a":2,"b":1}'),
        ({"record": [["z", "int", None, None], ["a", "int", "5", None]], "name": ""}, {"z": 1}, '{"z":1,"a":5}'),
    ],
)
def test_the_canonical_text(type_: Json, value: Value, text: str) -> None:
    assert encode_text(parse_type(type_), value, "x") == text


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        ("int", "5.0", 5),
        ("float", "5", 5.0),
        ("float", '"f:nan"', math.nan),
        ("str", '"i:5"', "i:5"),
        ("datetime", '"2024-01-31T14:00:00+02:00"', datetime(2024, 1, 31, 12, tzinfo=UTC)),
        ({"record": [["a", "int", None, None]], "name": ""}, '{"a":1,"extra":2}', {"a": 1}),
        ({"record": [["a", {"optional": "int"}, "7", None]], "name": ""}, '{"a":null}', {"a": None}),
        ({"record": [["a", {"optional": "int"}, "7", None]], "name": ""}, "{}", {"a": 7}),
    ],
)
def test_what_is_understood(type_: Json, text: str, value: Value) -> None:
    assert same(decode_text(parse_type(type_), text, "x"), value)


@pytest.mark.parametrize(
    ("type_", "text", "message"),
    [
        ("int", "9223372036854775808", "`n`: 9223372036854775808 does not fit a 64-bit int"),
        ("int", '"i:9223372036854775808"', "`n`: 9223372036854775808 does not fit a 64-bit int"),
        ("int", "9" * 5000, "`n`: an integer of 5000 digits does not fit a 64-bit int"),
        ("int", "5.5", "`n`: expected int, not the float 5.5"),
        ("int", "true", "`n`: expected int, not true"),
        ("int", '"5"', "`n`: expected int, not the string '5'"),
        ("int", "null", "`n`: expected int, not null"),
        ("float", "NaN", '`n`: NaN is not JSON; on the wire it is "f:nan", "f:inf" or "f:-inf"'),
        ("float", "1e999", "`n`: 1e999 does not fit a 64-bit float"),
        ("float", "1" + "0" * 320, "does not fit a 64-bit float"),
        ("bool", "1", "`n`: expected bool, not the int 1"),
        ("str", '"a\\u0000b"', "`n`: strings may not contain NUL"),
        ("str", '"\\ud800"', "`n`: strings must be valid Unicode"),
        ("date", '"2024-02-30"', "'2024-02-30' is not a date"),
        ("date", '"2024-2-3"', "is not a date"),
        ("datetime", '"2024-01-31T12:00:00"', "is not an instant with a zone"),
        ("datetime", '"2024-01-31T12:00:00.1234567Z"', "finer than microseconds"),
        ("datetime", '"0001-01-01T00:00:00+01:00"', "is not an instant"),
        ({"list": "int"}, "[1,null]", "`n[1]`: expected int, not null"),
        ({"map": "int"}, '{"a":1,"a":2}', "the key 'a' stands twice"),
        ({"record": [["a", "int", None, None]], "name": ""}, "{}", "`n`: the field `a` is missing"),
        ({"record": [["a", "int", None, {"min": "1", "max": "2"}]], "name": ""}, '{"a":3}', "`n.a`: 3 is outside 1..2"),
        ({"enum": "E", "members": ["a", "b"]}, '"c"', "'c' is not a member of E (a, b)"),
        ({"file": None}, '{"uri":"x"}', "not the descriptor of a File: `digest` is missing"),
        ("int", "[" * 100_000, "`n`: "),
        ("int", "", "not a JSON text"),
    ],
)
def test_what_is_refused(type_: Json, text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        decode_text(parse_type(type_), text, "n")
    assert message in str(caught.value)


def test_large_bounds_are_shown_without_their_tags() -> None:
    most = parse_domain({"min": "1", "max": '"i:9223372036854775807"'})
    among = parse_domain({"one_of": ["1", '"i:9007199254740993"']})
    assert most is not None
    assert among is not None
    with pytest.raises(Invalid, match=re.escape("`n`: -9223372036854775808 is outside 1..9223372036854775807")):
        check_domain(parse_type("int"), most, -(2**63), "n")
    with pytest.raises(Invalid, match=re.escape("`n`: 2 is not one of 1, 9007199254740993")):
        check_domain(parse_type("int"), among, 2, "n")


@pytest.mark.parametrize(
    ("type_", "domain", "inside", "outside"),
    [
        ("int", {"min": "1", "max": "5"}, [1, 5], [0, 6]),
        ("float", {"min": "0.0", "max": "1.0"}, [0.0, -0.0, 1.0], [1.1, math.nan, math.inf]),
        ({"optional": "int"}, {"min": "1", "max": "5"}, [None, 3], [6]),
        ("date", {"min": '"2024-01-01"', "max": '"2024-12-31"'}, [date(2024, 12, 31)], [date(2025, 1, 1)]),
        ({"list": "int"}, {"min": "1", "max": "2"}, [[9], [9, 9]], [[], [1, 2, 3]]),
        ("str", {"one_of": ['"a"', '"\\u00e9"']}, ["a", "é"], ["A", ""]),
        ({"enum": "E", "members": ["a", "b"]}, {"one_of": ['"a"']}, ["a"], ["b"]),
    ],
)
def test_domains(type_: Json, domain: Json, inside: list[Value], outside: list[Value]) -> None:
    limits = parse_domain(domain)
    assert limits is not None
    for value in inside:
        check_domain(parse_type(type_), limits, value, "x")
    for value in outside:
        with pytest.raises(OutOfDomain):
            check_domain(parse_type(type_), limits, value, "x")
