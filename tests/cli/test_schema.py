"""`mloc schema infer`: the type of a real file, which a program can use as it is printed."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path

import pytest

from mloc.cli import main

Capture = pytest.CaptureFixture[str]

CSV = '''\
id,name,age,score,member,joined,seen,zip,empty,mixed
1,Ann,30,1.5,true,2024-01-31,2024-01-31T06:00:00Z,01234,,1
-2,"B,""b""",,2,false,2024-02-29,2024-01-31 06:00:00,99999,,x
'''


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def inferred(capsys: Capture, *arguments: str) -> str:
    """What is printed; it must be usable, and laid out, as it is."""
    assert main(["schema", "infer", *arguments]) == 0
    out = capsys.readouterr().out
    Path("p.mlp").write_text(f"mlp 1\n\n{out}")
    assert main(["check", "p.mlp"]) == 0, capsys.readouterr().out
    assert main(["fmt", "--check", "p.mlp"]) == 0
    capsys.readouterr()
    return out


def row(out: str) -> dict[str, str]:
    """The columns of a printed type."""
    inside = out.partition("Table{")[2].rpartition("}")[0]
    return dict(part.strip().split(": ") for part in inside.split(",") if ": " in part)


def test_types_and_nulls(capsys: Capture) -> None:
    Path("new-customers.csv").write_text(CSV)
    out = inferred(capsys, "new-customers.csv")
    assert out.startswith("type NewCustomers = Table{")
    assert row(out) == {
        "id": "int",
        "name": "str",
        "age": "int?",
        "score": "float",
        "member": "bool",
        "joined": "date",
        "seen": "datetime",
        "zip": "str",
        "empty": "str?",
        "mixed": "str",
    }


@pytest.mark.parametrize(
    ("cells", "type_"),
    [
        (["1", "2"], "int"),
        (["9223372036854775807"], "int"),
        (["9223372036854775808"], "float"),
        (["0", "00"], "str"),
        (["1e3", ".5", "nan", "-inf"], "float"),
        (["True", "FALSE"], "bool"),
        (["true", "1"], "str"),
        (["2024-01-31", "2024-02-30"], "str"),
        (["2024-01-31", "2024-01-31T00:00:00"], "str"),
        (["20240131"], "int"),
        (["NA", "1"], "str"),
        (["1_000"], "str"),
        (["٣"], "str"),
    ],
)
def test_cells(cells: list[str], type_: str, capsys: Capture) -> None:
    Path("t.csv").write_text("\n".join(["x", *cells]) + "\n", encoding="utf-8")
    assert row(inferred(capsys, "t.csv")) == {"x": type_}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters(delimiter: str, capsys: Capture) -> None:
    Path("t.csv").write_text(f"a{delimiter}b\r\n1{delimiter}x\r\n", encoding="utf-8-sig", newline="")
    assert row(inferred(capsys, "t.csv")) == {"a": "int", "b": "str"}


def test_texts_for_null(capsys: Capture) -> None:
    Path("t.csv").write_text("a,b,c\n1,NA,x\nNA,-,NA\n")
    assert main(["schema", "infer", "t.csv"]) == 0
    out, err = capsys.readouterr()
    assert row(out) == {"a": "str", "b": "str", "c": "str"}
    assert err == "mloc: t.csv: the column `a` is text for the sake of `NA`: --null NA takes that for null\n"
    assert row(inferred(capsys, "t.csv", "--null", "NA")) == {"a": "int?", "b": "str?", "c": "str?"}
    assert row(inferred(capsys, "t.csv", "--null", "NA", "--null", "-")) == {"a": "int?", "b": "str?", "c": "str?"}


def test_some_rows(capsys: Capture) -> None:
    Path("t.csv").write_text("a,b\n1,2\n3,4\nx\n")
    assert row(inferred(capsys, "t.csv", "--rows", "2", "--name", "Few")) == {"a": "int", "b": "int"}
    assert row(inferred(capsys, "t.csv")) == {"a": "str", "b": "int?"}


def test_columns_that_a_program_cannot_name(capsys: Capture) -> None:
    Path("t.csv").write_text("id,Passenger Id,2nd,größe,Id!\n1,2,3,4,5\n", encoding="utf-8")
    out = inferred(capsys, "t.csv")
    assert out.splitlines()[:2] == [
        "# the column `Passenger Id` has no name that a program can write; rename it, as in `passenger_id: int`",
        "# the column `2nd` has no name that a program can write; rename it, as in `c_2nd: int`",
    ]
    assert "`id_2: int`" in out
    assert out.splitlines()[-1].startswith("type T = Table{id: int")
    assert out.endswith(", ...}\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"", "is empty"),
        (b"a,a\n1,2\n", "has several columns named `a`"),
        (b"a,b\n1,2\n1,2,3\n", "row 2 has 3 cells, and there are 2 columns"),
        (b"\xff\xfe", "is not UTF-8 text"),
        (b'a\n"x', "is not CSV"),
    ],
)
def test_files_that_are_no_tables(text: bytes, message: str, capsys: Capture) -> None:
    Path("t.csv").write_bytes(text)
    assert main(["schema", "infer", "t.csv"]) == 2
    assert f"t.csv: {message}" in capsys.readouterr().err


def test_names_and_places_that_cannot_be(capsys: Capture) -> None:
    Path("1.csv").write_text("a\n1\n")
    assert main(["schema", "infer", "1.csv"]) == 2
    assert "give one with --name" in capsys.readouterr().err
    assert main(["schema", "infer", "1.csv", "--name", "Table"]) == 2
    assert main(["schema", "infer", "absent.csv"]) == 2
    assert main(["schema", "infer", "."]) == 2


def test_parquet(capsys: Capture) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    day = datetime.date(2024, 1, 31)
    table = pyarrow.table(
        {
            "id": pyarrow.array([1, 2], pyarrow.int32()),
            "age": pyarrow.array([1, None], pyarrow.int64()),
            "score": [1.0, 2.0],
            "name": pyarrow.array(["a", "b"]).dictionary_encode(),
            "day": [day, day],
            "seen": pyarrow.array([0, 1], pyarrow.timestamp("us", "UTC")),
            "tags": [["a"], []],
            "__index_level_0__": [0, 1],
        }
    )
    parquet.write_table(table, "t.parquet")
    out = inferred(capsys, "t.parquet")
    assert row(out) == {"id": "int", "age": "int?", "score": "float", "name": "str", "day": "date", "seen": "datetime"}
    assert "# the column `tags` holds list<" in out
    Path("bad.parquet").write_text("a,b\n")
    assert main(["schema", "infer", "bad.parquet"]) == 2
    assert "is not Parquet" in capsys.readouterr().err


def test_without_pyarrow(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    Path("t.parquet").write_bytes(b"PAR1")
    assert main(["schema", "infer", "t.parquet"]) == 2
    assert "pip install pyarrow" in capsys.readouterr().err
