"""Columns through calls: row variables, closed rows, and where a column was lost."""

from __future__ import annotations

from mloc.ir.model import Call
from mloc.types.model import Table
from mloc.types.show import show
from tests.elaborate.programs import check, codes, pipeline

READ = """mlp 1

step read() -> Table{id: int, age: float?, churned: bool}:
    run inline "return None"

"""


def test_a_row_variable_passes_the_other_columns() -> None:
    found = pipeline(
        READ
        + """step clean(rows: Table{age: float?, ...R}) -> Table{age: float, ...R}:
    run inline "return rows"

step use(rows: Table{churned: bool, age: float, ...}) -> int:
    run inline "return 1"

pipeline p() -> int:
    raw = read()
    good = clean(rows=raw)
    n = use(rows=good)
    return n
"""
    )
    use = found.region.nodes[2]
    assert isinstance(use, Call)
    given = use.args[0][1].type
    assert isinstance(given, Table)
    assert show(given) == "Table{age: float, id: int, churned: bool}"


def test_a_closed_row_drops_columns_and_the_message_names_the_step() -> None:
    _, found = check(
        READ
        + """step clean(rows: Table{id: int, age: float?, ...}) -> (kept: Table{id: int, age: float?}):
    run inline "return rows"

step narrow(rows: Table{id: int, ...R}) -> Table{id: int, ...R}:
    run inline "return rows"

step split(rows: Table{churned: bool, ...R}) -> Table{churned: bool, ...R}:
    run inline "return rows"

pipeline p():
    raw = read()
    good = clean(rows=raw)
    less = narrow(rows=good.kept)
    part = split(rows=less)
    again = split(rows=part)
"""
    )
    assert [d.rule.code for d in found] == ["E0402"]
    assert "`churned`" in found[0].message
    assert "dropped by step `clean`" in found[0].notes[0]
    assert found[0].help is not None
    assert "...R" in found[0].help


def test_an_open_output_promises_only_what_it_names() -> None:
    assert codes(
        """mlp 1

step read() -> Table{id: int, ...}:
    run inline "return None"

step use(rows: Table{age: int}) -> int:
    run inline "return 1"

pipeline p():
    raw = read()
    n = use(rows=raw)
"""
    ) == ["E0402"]


def test_column_types_and_nulls() -> None:
    template = (
        READ + 'step use(rows: Table{%s}) -> int:\n    run inline "return 1"\n\npipeline p():\n    raw = read()\n    n = use(rows=raw)\n'
    )
    assert codes(template % "id: float") == []
    assert codes(template % "id: int?") == []
    assert codes(template % "id: str") == ["E0403"]
    assert codes(template % "age: float") == ["E0404"]


def test_a_row_variable_must_be_bound() -> None:
    assert codes('mlp 1\n\nstep s(rows: Table{a: int, ...R}) -> Table{a: int, ...Q}:\n    run inline "return rows"\n') == ["E0406"]
    assert codes('mlp 1\n\nstep s(rows: Table{a: int, a: str}):\n    run inline "return None"\n') == ["E0405"]
