"""Parameters as Kubeflow's forms hold them mean the values they are written for."""

from __future__ import annotations

import json
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mloc.runner.jsons import Json, canonical
from mloc.runner.scalars import float_wire
from mloc.runner.types import STR, Enum, File, ListOf, MapOf, Optional, Range, Record, Scalar, Type
from mloc.runner.types import Field as RecordField
from mloc.runner.values import decode, encode_text
from mloc_kfp.vendored.natural import PREFIX, form, to_natural, to_wire

INT, FLOAT, BOOL, DATETIME = Scalar("int"), Scalar("float"), Scalar("bool"), Scalar("datetime")
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ["python3", "{{$}}", "null", "1", PREFIX, f"{PREFIX}1", "f:nan"]
)


def _wires(type_: Type) -> st.SearchStrategy[Json]:
    """Wire values of a type."""
    match type_:
        case Scalar("int"):
            return st.integers(-(2**63), 2**63 - 1).map(lambda n: n if abs(n) < 2**53 else f"i:{n}")
        case Scalar("float"):
            return st.floats().map(float_wire)
        case Scalar("bool"):
            return st.booleans()
        case Scalar("datetime"):
            return st.datetimes(timezones=st.just(UTC)).map(lambda moment: json.loads(encode_text(DATETIME, moment, "x")))
        case Scalar():
            return TEXTS
        case Enum(_, members):
            return st.sampled_from(members)
        case ListOf(item):
            return st.lists(_wires(item), max_size=3)
        case MapOf(value):
            return st.dictionaries(TEXTS, _wires(value), max_size=3)
        case Optional(item):
            return st.none() | _wires(item)
        case Record(fields):
            return st.fixed_dictionaries({field.name: _wires(field.type) for field in fields})
        case _:
            raise AssertionError(type_)


COLOUR = Enum("Colour", ("red", "python3"))
TYPES: list[Type] = [
    INT,
    FLOAT,
    BOOL,
    STR,
    DATETIME,
    COLOUR,
    Optional(STR),
    Optional(INT),
    ListOf(FLOAT),
    ListOf(INT),
    ListOf(Optional(STR)),
    MapOf(ListOf(BOOL)),
    Record((RecordField("a", STR), RecordField("b", Optional(COLOUR)), RecordField("c", FLOAT))),
    Optional(ListOf(STR)),
]


def _typed(type_: Type) -> st.SearchStrategy[tuple[Type, Json]]:
    return st.tuples(st.just(type_), _wires(type_))


@given(st.one_of(*(_typed(type_) for type_ in TYPES)))
def test_what_the_launcher_gives_means_the_same(pair: tuple[Type, Json]) -> None:
    type_, wire = pair
    text = encode_text(type_, decode(type_, wire, "x"), "x")
    natural = to_natural(type_, form(type_, None), text)
    # Kubeflow keeps values as JSON, and its numbers as doubles.
    kept = json.loads(json.dumps(natural), parse_int=lambda digits: float(digits) if isinstance(natural, (list, dict)) else int(digits))
    assert encode_text(type_, decode(type_, to_wire(type_, kept), "x"), "x") == text


@pytest.mark.parametrize(
    ("type_", "domain", "expected"),
    [
        (INT, None, "STRING"),
        (INT, Range("0", "10"), "NUMBER_INTEGER"),
        (INT, Range("0", '"i:9223372036854775807"'), "STRING"),
        (FLOAT, None, "STRING"),
        (FLOAT, Range("0.0", "1.0"), "NUMBER_DOUBLE"),
        (BOOL, None, "BOOLEAN"),
        (Optional(INT), Range("0", "10"), "STRING"),
        (ListOf(INT), None, "LIST"),
        (MapOf(INT), None, "STRUCT"),
        (File("csv"), None, "STRING"),
    ],
)
def test_types_of_kubeflow(type_: Type, domain: Range | None, expected: str) -> None:
    assert form(type_, domain) == expected


@pytest.mark.parametrize(
    ("type_", "typed", "wire"),
    [
        (INT, " +42 ", 42),
        (INT, "9223372036854775807", "i:9223372036854775807"),
        (INT, "many", "many"),
        (FLOAT, "1e-3", 0.001),
        (FLOAT, "-Infinity", "f:-inf"),
        (FLOAT, "NaN", "f:nan"),
        (FLOAT, "much", "much"),
        (STR, '"quoted"', '"quoted"'),
        (STR, f"{PREFIX}not json", f"{PREFIX}not json"),
        (COLOUR, "red", "red"),
        (Optional(STR), "null", None),
        (Optional(STR), "no quotes", "no quotes"),
        (Optional(INT), "7", 7),
        (ListOf(INT), "[1, 2]", [1, 2]),
        (File("csv"), "s3://bucket/a.csv", {"uri": "s3://bucket/a.csv"}),
        (ListOf(File(None)), ["/a", "/b"], [{"uri": "/a"}, {"uri": "/b"}]),
    ],
)
def test_what_people_type(type_: Type, typed: Json, wire: Json) -> None:
    assert to_wire(type_, typed) == wire


def test_a_number_that_kubeflow_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match=r"no -0\.0"):
        to_natural(FLOAT, "NUMBER_DOUBLE", canonical(-0.0))
