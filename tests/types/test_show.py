"""Types as users write them."""

from __future__ import annotations

import pytest

from mloc.types.model import (
    FLOAT,
    INT,
    STR,
    Column,
    Dir,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    Optional,
    Record,
    Row,
    Table,
    Type,
)
from mloc.types.show import show


def row(count: int, *, open_: bool = False, variable: str | None = None) -> Row:
    return Row(tuple(Column(f"c{i}", INT) for i in range(count)), open_, variable)


@pytest.mark.parametrize(
    ("type_", "text"),
    [
        (INT, "int"),
        (ListOf(STR), "list[str]"),
        (MapOf(Optional(FLOAT)), "map[str, float?]"),
        (Enum("Airport", ("JFK",)), "Airport"),
        (Record((Field("a", INT),)), "{a: int}"),
        (Record((Field("a", INT),), "Settings"), "Settings"),
        (File(), "File"),
        (File("csv"), "File[csv]"),
        (Dir(), "Dir"),
        (Model(), "Model"),
        (Model("sklearn"), "Model[sklearn]"),
        (Metrics((Field("auc", FLOAT),)), "Metrics{auc: float}"),
        (Table(Row((Column("id", INT),), True, "R")), "Table{id: int, ...R}"),
        (Table(Row((), True)), "Table{...}"),
        (Table(row(2), "Customer"), "Customer"),
        (Table(row(7)), "Table{c0: int, c1: int, c2: int, c3: int, c4: int, c5: int, c6: int}"),
        (Table(row(8)), "Table{c0: int, c1: int, c2: int, c3: int, c4: int, … 3 more}"),
        (Table(row(20, open_=True)), "Table{c0: int, c1: int, c2: int, c3: int, c4: int, … 15 more, ...}"),
    ],
)
def test_a_type_is_shown_as_written(type_: Type, text: str) -> None:
    assert show(type_) == text


def test_a_limit_of_none_shows_every_column() -> None:
    assert show(Table(row(20)), None).count("int") == 20
