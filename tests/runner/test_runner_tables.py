"""Tables: frames by annotation, the declared columns, lossless casts, and what a wrong frame is told."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from runner_bench import Bench

from mloc.runner.codecs import save_artifact
from mloc.runner.jsons import Json
from mloc.runner.scalars import Invalid
from mloc.runner.types import parse_type


def table(columns: dict[str, Json], is_open: bool = False) -> Json:
    return {"table": [[name, type_] for name, type_ in columns.items()], "open": is_open}


def optional(type_: Json) -> Json:
    return {"optional": type_}


EVERY: dict[str, Json] = {
    "i": "int",
    "i_null": optional("int"),
    "f": "float",
    "f_null": optional("float"),
    "b_null": optional("bool"),
    "s": "str",
    "s_null": optional("str"),
    "d": "date",
    "t": "datetime",
    "w": "duration",
    "e": {"enum": "E", "members": ["x", "y"]},
}


def keep(bench: Bench, columns: dict[str, object], type_: Json = None) -> Json:
    path = bench.folder / "given.parquet"
    pq.write_table(pa.table(columns), path)
    return bench.store.put(path, type_ or table({}, True))


def read(bench: Bench, descriptor: Json) -> pa.Table:
    return pq.read_table(bench.content(descriptor))


def give(folder: Path, expression: str, type_: Json) -> pa.Table:
    """The table kept for a frame that a step returned. Bound in this process: importing pandas in a child for each case takes long."""
    frame = eval(expression, {"pd": pd, "np": np, "pa": pa})
    return pq.read_table(save_artifact(parse_type(type_), frame, "result", folder))


def test_a_frame_of_every_type_comes_back(bench: Bench) -> None:
    code = """
        import datetime, pandas as pd
        return pd.DataFrame({
            "i": [1, 2], "i_null": pd.array([1, None], "Int64"), "f": [1.0, float("nan")], "f_null": [1.0, float("nan")],
            "b_null": pd.array([True, None], "boolean"), "s": ["a", ""], "s_null": ["a", None],
            "d": [datetime.date(2024, 1, 31)] * 2, "t": pd.to_datetime(["2024-01-31T12:00:00Z"] * 2, utc=True),
            "w": pd.to_timedelta([1, 2], unit="s"), "e": pd.Categorical(["x", "y"]),
        }, index=[7, 8])
        """
    made = bench.inline(code, table(EVERY))["result"]
    kept = read(bench, made)
    assert kept.column_names == list(EVERY)
    assert kept.column("i_null").to_pylist() == [1, None]
    assert str(kept.column("f").to_pylist()) == "[1.0, nan]"
    assert kept.column("f_null").to_pylist() == [1.0, None]
    assert kept.column("d").to_pylist() == [date(2024, 1, 31)] * 2
    assert kept.column("t").to_pylist()[0] == datetime(2024, 1, 31, 12, tzinfo=UTC)
    bench.module("work", "import pandas as pd\ndef f(x: pd.DataFrame):\n    return {name: str(kind) for name, kind in x.dtypes.items()}\n")
    dtypes = bench.python("work:f", {"map": "str"}, inputs={"x": (table(EVERY), made)})["result"]
    assert isinstance(dtypes, dict)
    assert [dtypes[name] for name in ("i", "i_null", "f", "f_null", "b_null")] == ["int64", "Int64", "float64", "float64", "boolean"]
    assert [str(dtypes[name]).split("[")[0] for name in ("d", "t", "w")] == ["datetime64", "datetime64", "timedelta64"]
    again = bench.inline("return x", table(EVERY), inputs={"x": (table(EVERY), made)})["result"]
    assert str(read(bench, again).to_pylist()) == str(kept.to_pylist())


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        ("pd.DataFrame", "DataFrame"),
        ("pa.Table", "Table"),
        ("Path", "PosixPath"),
        ("str", "str"),
        ("'pa.Table | None'", "Table"),
        ("'Path | str'", "PosixPath"),
    ],
)
def test_a_table_as_annotated(bench: Bench, annotation: str, kind: str) -> None:
    bench.module(
        "work", f"import pandas as pd, pyarrow as pa\nfrom pathlib import Path\ndef f(x: {annotation}):\n    return type(x).__name__\n"
    )
    assert bench.python("work:f", "str", inputs={"x": (table({"a": "int"}), keep(bench, {"a": [1]}))}) == {"result": kind}


@pytest.mark.parametrize(("annotation", "kind"), [("DataFrame", "DataFrame"), ("LazyFrame", "LazyFrame")])
def test_a_table_for_polars(bench: Bench, annotation: str, kind: str) -> None:
    pytest.importorskip("polars")
    bench.module(
        "work", f"import polars as pl\ndef f(x: pl.{annotation}) -> pl.{annotation}:\n    return x.with_columns(b=pl.col('a') * 2)\n"
    )
    found = bench.python("work:f", table({"a": "int", "b": "int"}), inputs={"x": (table({"a": "int"}), keep(bench, {"a": [1]}))})
    assert read(bench, found["result"]).to_pylist() == [{"a": 1, "b": 2}]


def test_a_step_sees_every_column(bench: Bench) -> None:
    given = keep(bench, {"more": ["x"], "a": [1]})
    assert bench.inline("return list(x.columns)", {"list": "str"}, inputs={"x": (table({"a": "int"}), given)}) == {"result": ["more", "a"]}


def test_a_consumer_may_widen_a_column(bench: Bench) -> None:
    given = keep(bench, {"a": [1, 2**60 + 1]})
    code = "return [str(x['a'].dtype), str(x['a'].sum())]"
    found = bench.inline(code, {"list": "str"}, inputs={"x": (table({"a": "float"}), given)})
    assert found == {"result": ["float64", "1.152921504606847e+18"]}


@pytest.mark.parametrize(
    ("expression", "type_", "rows"),
    [
        ("pd.DataFrame({'a': [1.0, 2.0]})", "int", [1, 2]),
        ("pd.DataFrame({'a': [1.0, float('nan')]})", optional("int"), [1, None]),
        ("pd.DataFrame({'a': [1, 2]})", "float", [1.0, 2.0]),
        ("pd.DataFrame({'a': np.array([1], dtype='uint8')})", "int", [1]),
        ("pd.DataFrame({'a': pd.to_datetime(['2024-01-31'])})", "date", [date(2024, 1, 31)]),
        ("pd.DataFrame({'a': ['x']}, dtype='string')", "str", ["x"]),
        ("pd.DataFrame({'a': [None]}, dtype='object')", optional("str"), [None]),
        ("pd.DataFrame({'a': pd.Series([], dtype='object')})", "int", []),
        ("pa.table({'a': pa.array([1], pa.int32())})", "int", [1]),
        ("pd.DataFrame({'a': [[1], []]})", {"list": "float"}, [[1.0], []]),
    ],
)
def test_casts_that_lose_nothing(tmp_path: Path, expression: str, type_: Json, rows: list[object]) -> None:
    assert give(tmp_path, expression, table({"a": type_})).column("a").to_pylist() == rows


@pytest.mark.parametrize(
    ("expression", "type_", "message"),
    [
        ("pd.DataFrame({'b': [1]})", "int", "`result`: the column `a: int` is missing; the table has `b`"),
        (
            "pd.DataFrame({'a': [1], 'b': [1], 'c': [2]})",
            "int",
            "the table has `b`, `c` beyond the declared columns, and Table{a: int} has exactly its own",
        ),
        ("pd.DataFrame({'a': [1.5]})", "int", "the column `a` is double and cannot be int"),
        ("pd.DataFrame({'a': [2.0**53 + 2, None]})", optional("int"), "is double and cannot be int?: it holds numbers beyond 2**53"),
        ("pd.DataFrame({'a': [1.0, None]})", "int", "the column `a` has a null, and its type int is not optional"),
        ("pd.DataFrame({'a': ['x', None, None]})", "str", "the column `a` has 2 nulls, and its type str is not optional"),
        ("pd.DataFrame({'a': ['1']})", "int", "which is not int"),
        ("pd.DataFrame({'a': [1]})", "str", "the column `a` is int64, which is not str"),
        ("pd.DataFrame({'a': [True]})", "int", "the column `a` is bool, which is not int"),
        ("pd.DataFrame({'a': [1, 'x']})", "int", "the column `a` cannot be kept"),
        ("pd.DataFrame({'a': [2**64]})", "int", "the column `a`"),
        ("pd.DataFrame({'a': pd.to_datetime(['2024-01-31T12:00'])})", "datetime", "which is not datetime"),
        ("pd.DataFrame({'a': pd.to_datetime(['2024-01-31T12:00'])})", "date", "the column `a` holds times of day, which a date would lose"),
        ("pd.DataFrame({'a': ['z']})", {"enum": "E", "members": ["x"]}, "the column `a` holds 'z', which is not a member of E (x)"),
        ("pd.DataFrame([[1, 2]], columns=['a', 'a'])", "int", "the table has the column `a` twice"),
        ("pd.DataFrame([[1]])", "int", "a column is named 0, a int; names of columns are text"),
        ("[{'a': 1}]", "int", "expected Table{a: int} as pandas.DataFrame"),
        ("pd.Series([1])", "int", "the step gave a Series"),
    ],
)
def test_a_wrong_frame_is_told_so(tmp_path: Path, expression: str, type_: Json, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        give(tmp_path, expression, table({"a": type_}))
    assert message in str(caught.value)


def test_a_wrong_frame_fails_the_step(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.inline("import pandas\nreturn pandas.DataFrame({'b': [1]})", table({"a": "int"})))
    assert (failure.kind, failure.retryable) == ("contract", False)
    assert failure.message == "`result`: the column `a: int` is missing; the table has `b`"


def test_a_column_asked_for_by_a_wrong_name(bench: Bench) -> None:
    type_ = table({"customer_id": "int"}, True)
    rows = keep(bench, {"customer_id": [1], "total": [2]})
    failure = bench.fails(lambda: bench.inline("return int(rows['Customer ID'].sum())", "int", inputs={"rows": (type_, rows)}))
    assert failure.message.startswith("KeyError: 'Customer ID'")
    assert failure.message.endswith("; the table `rows` has `customer_id`, `total`")


def test_an_open_row_keeps_further_columns(tmp_path: Path) -> None:
    kept = give(tmp_path, "pd.DataFrame({'z': [1], 'a': [2.0], 'n': [np.nan]})", table({"a": "int"}, True))
    assert kept.column_names == ["z", "a", "n"]
    assert str(kept.to_pylist()) == "[{'z': 1, 'a': 2, 'n': nan}]"


def test_a_frame_with_enum_objects(bench: Bench) -> None:
    code = "import enum, pandas as pd\nE = enum.Enum('E', 'x y')\nreturn pd.DataFrame({'a': [E.y, E.x]})"
    made = bench.inline(code, table({"a": {"enum": "E", "members": ["x", "y"]}}))
    assert read(bench, made["result"]).column("a").to_pylist() == ["y", "x"]


def write(expression: str) -> str:
    return f"""
        import pyarrow as pa, pyarrow.parquet as pq
        from pathlib import Path
        pq.write_table({expression}, "t.parquet")
        return Path("t.parquet")
        """


def test_a_written_file_is_checked_and_cast(bench: Bench) -> None:
    made = bench.inline(write("pa.table({'a': pa.array([1], pa.int32())})"), table({"a": "float"}))["result"]
    assert read(bench, made).to_pylist() == [{"a": 1.0}]
    empty = bench.inline(write("pa.table({'a': pa.array([], pa.int32())})"), table({"a": "float"}))["result"]
    assert str(read(bench, empty).schema.field("a").type) == "double"
    failure = bench.fails(lambda: bench.inline(write("pa.table({'a': [1, None]})"), table({"a": "int"})))
    assert "the column `a` has a null" in failure.message
    failure = bench.fails(lambda: bench.inline(write("pa.table({'b': [1]})"), table({"a": "int"})))
    assert "the column `a: int` is missing; the table has `b`" in failure.message
    failure = bench.fails(
        lambda: bench.inline("from pathlib import Path\nPath('t').write_text('PAR1')\nreturn Path('t')", table({"a": "int"}))
    )
    assert "is not a Parquet file" in failure.message


def test_a_correct_file_is_kept_as_it_is(bench: Bench, tmp_path: Path) -> None:
    code = write("pa.table({'a': [1]}).replace_schema_metadata({'mine': 'x'})")
    kept = read(bench, bench.inline(code, table({"a": "int"}))["result"])
    assert kept.schema.metadata == {b"mine": b"x"}


def test_tables_in_lists_and_optionals(bench: Bench) -> None:
    code = "import pandas as pd\nreturn [pd.DataFrame({'a': [n]}) for n in (1, 2)]"
    made = bench.inline(code, {"list": table({"a": "int"})})["result"]
    assert isinstance(made, list)
    found = bench.inline("return [int(x['a'][0]) for x in xs]", {"list": "int"}, inputs={"xs": ({"list": table({"a": "int"})}, made)})
    assert found == {"result": [1, 2]}
    assert bench.inline("return None", optional(table({"a": "int"}))) == {"result": None}


def test_a_given_table_without_a_declared_column(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.inline("pass", inputs={"x": (table({"a": "int"}), keep(bench, {"b": [1]}))}))
    assert (failure.kind, failure.message) == ("contract", "`x`: the column `a: int` is missing; the table has `b`")
