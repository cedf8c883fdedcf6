"""Python steps: arguments by annotation, outputs from what is returned, artifacts as paths."""

from __future__ import annotations

from pathlib import Path

import pytest
from runner_bench import Bench

from mloc.runner.jsons import Json

COLOR: Json = {"enum": "Color", "members": ["red", "green"]}
TRIAL: Json = {"record": [["lr", "float", None, None], ["color", COLOR, '"red"', None], ["wait", "duration", "0", None]], "name": "Trial"}
WIRE: Json = {"lr": 0.5, "color": "green", "wait": 1500}

SHAPES = """
    from __future__ import annotations
    import enum
    from dataclasses import dataclass
    from datetime import timedelta
    from typing import TYPE_CHECKING, Literal, NamedTuple, Optional, TypedDict

    if TYPE_CHECKING:
        from nowhere import Missing

    class Color(enum.Enum):
        red = "r"
        green = "g"

    @dataclass
    class Data:
        lr: float
        color: Color
        wait: timedelta = timedelta()

    class Named(NamedTuple):
        lr: float
        color: Literal["red", "green"]

    class Typed(TypedDict):
        lr: float
        color: Color

    def show(x):
        return f"{type(x).__name__} {x!r}"
    """


@pytest.mark.parametrize(
    ("annotation", "type_", "wire", "shown"),
    [
        ("", "int", 5, "int 5"),
        (": float", "int", 5, "float 5.0"),
        (": int | None", {"optional": "int"}, None, "NoneType None"),
        (": Optional[Color]", {"optional": COLOR}, "red", "Color <Color.red: 'r'>"),
        (": Color", COLOR, "red", "Color <Color.red: 'r'>"),
        (": Literal['red', 'green']", COLOR, "red", "str 'red'"),
        (": str", COLOR, "red", "str 'red'"),
        ("", "date", "2024-01-31", "date datetime.date(2024, 1, 31)"),
        ("", "datetime", "2024-01-31T12:00:00Z", "datetime datetime.datetime(2024, 1, 31, 12, 0, tzinfo=datetime.timezone.utc)"),
        (": timedelta", "duration", 1500, "timedelta datetime.timedelta(seconds=1, microseconds=500000)"),
        ("", "bytes", 1024, "int 1024"),
        ("", "ratio", 0.5, "float 0.5"),
        (": Data", TRIAL, WIRE, "Data Data(lr=0.5, color=<Color.green: 'g'>, wait=datetime.timedelta(seconds=1, microseconds=500000))"),
        (": Named", TRIAL, WIRE, "Named Named(lr=0.5, color='green')"),
        (": Typed", TRIAL, WIRE, "dict {'lr': 0.5, 'color': <Color.green: 'g'>}"),
        (": dict", TRIAL, WIRE, "dict {'lr': 0.5, 'color': 'green', 'wait': datetime.timedelta(seconds=1, microseconds=500000)}"),
        (": list[Color]", {"list": COLOR}, ["red"], "list [<Color.red: 'r'>]"),
        (": tuple[Color, ...]", {"list": COLOR}, ["red"], "tuple (<Color.red: 'r'>,)"),
        (": dict[str, Color]", {"map": COLOR}, {"k": "red"}, "dict {'k': <Color.red: 'r'>}"),
        (": Missing", "int", 5, "int 5"),
        (": 'Data | None'", {"optional": TRIAL}, WIRE, "Data Data("),
    ],
)
def test_an_argument_as_annotated(bench: Bench, annotation: str, type_: Json, wire: Json, shown: str) -> None:
    bench.module("work", f"{SHAPES}\n    def f(x{annotation}):\n        return show(x)\n")
    found = bench.python("work:f", "str", inputs={"x": (type_, wire)})["result"]
    assert str(found).startswith(shown)


def test_a_pydantic_model(bench: Bench) -> None:
    pytest.importorskip("pydantic")
    bench.module(
        "work",
        """
        import enum
        from pydantic import BaseModel, Field

        class Color(enum.Enum):
            red = 1
            green = 2

        class Trial(BaseModel):
            lr: float = Field(lt=1)
            color: Color

        def f(t: Trial) -> Trial:
            return Trial(lr=t.lr / 2, color=t.color)
        """,
    )
    assert bench.python("work:f", TRIAL, inputs={"t": (TRIAL, WIRE)}) == {"result": {"lr": 0.25, "color": "green", "wait": 0}}
    failure = bench.fails(lambda: bench.python("work:f", TRIAL, inputs={"t": (TRIAL, {"lr": 2.0})}))
    assert failure.kind == "contract"
    assert "`t`: Trial does not take the value: ValidationError" in failure.message


@pytest.mark.parametrize(
    ("expression", "type_", "wire"),
    [
        ("np.int64(5)", "int", 5),
        ("np.float32(0.5)", "float", 0.5),
        ("np.bool_(True)", "bool", True),
        ("np.array(7)", "int", 7),
        ("np.array([1, 2])", {"list": "int"}, [1, 2]),
        ("5", "float", 5.0),
        ("float('nan')", "float", "f:nan"),
        ("2**63 - 1", "int", "i:9223372036854775807"),
        ("datetime.timedelta(minutes=1)", "duration", 60000),
        ("datetime.datetime(2024, 1, 31, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))", "datetime", "2024-01-31T10:00:00Z"),
        ("pd.Timestamp('2024-01-31', tz='UTC')", "datetime", "2024-01-31T00:00:00Z"),
        ("pd.NA", {"optional": "int"}, None),
        ("(1, 2)", {"list": "int"}, [1, 2]),
        ("{'lr': 1, 'color': 'red', 'extra': 0}", TRIAL, {"lr": 1.0, "color": "red", "wait": 0}),
        ("{'b': 1, 'a': 2}", {"map": "int"}, {"a": 2, "b": 1}),
        ("{'acc': np.float64(0.5), 'n': 3}", {"metrics": [["acc", "float"], ["n", "int"]]}, {"acc": 0.5, "n": 3}),
    ],
)
def test_an_output_from_python(bench: Bench, expression: str, type_: Json, wire: Json) -> None:
    imports = [line for name, line in (("np.", "import numpy as np"), ("pd.", "import pandas as pd")) if name in expression]
    if imports:
        pytest.importorskip("pandas")
    assert bench.inline("\n".join(["import datetime", *imports, f"return {expression}"]), type_) == {"result": wire}


@pytest.mark.parametrize(
    ("expression", "type_", "message"),
    [
        ("5.0", "int", "`result`: expected int, the step gave the float 5.0"),
        ("True", "int", "`result`: expected int, the step gave true"),
        ("1", "bool", "`result`: expected bool, the step gave the int 1"),
        ("None", "int", "`result`: expected int, the step gave null"),
        ("2**63", "int", "`result`: 9223372036854775808 does not fit a 64-bit int"),
        ("10**5000", "int", "`result`: an integer of 16610 bits does not fit a 64-bit int"),
        ("10**400", "float", "`result`: an integer of 1329 bits does not fit a 64-bit float"),
        ("b'x'", "str", "`result`: expected str, the step gave a bytes"),
        ("'\\x00'", "str", "`result`: strings may not contain NUL"),
        ("datetime.datetime(2024, 1, 31)", "datetime", "`result`: expected datetime, the step gave 2024-01-31T00:00:00 without a zone"),
        ("datetime.timedelta(microseconds=1)", "duration", "`result`: the step gave 0:00:00.000001, finer than milliseconds"),
        ("1000", "duration", "`result`: expected duration, the step gave the int 1000"),
        ("datetime.datetime(2024, 1, 31)", "date", "`result`: expected date, the step gave a datetime"),
        ("{1}", {"list": "int"}, "`result`: expected list[int], the step gave a set"),
        ("[1, '2']", {"list": "int"}, "`result[1]`: expected int, the step gave the string '2'"),
        ("'blue'", COLOR, "`result`: 'blue' is not a member of Color (red, green)"),
        ("{}", TRIAL, "`result`: the field `lr` is missing"),
        ("1", {"file": "csv"}, "`result`: expected File[csv] as a pathlib.Path, the step gave a int"),
        ("'nope.csv'", {"file": "csv"}, "`result`: the step wrote nothing at nope.csv"),
        ("'/nowhere/nope.csv'", {"file": "csv"}, "`result`: the step wrote nothing at /nowhere/nope.csv"),
    ],
)
def test_an_output_of_another_type(bench: Bench, expression: str, type_: Json, message: str) -> None:
    failure = bench.fails(lambda: bench.inline(f"import datetime\nreturn {expression}", type_))
    assert (failure.kind, failure.retryable) == ("contract", False)
    assert message in failure.message


@pytest.mark.parametrize(
    "result", ["{'a': 1, 'b': 'x'}", "Both(1, 'x')", "Data(1, 'x')", "(1, 'x')", "collections.OrderedDict(b='x', a=1, more=2)"]
)
def test_several_outputs_by_name(bench: Bench, result: str) -> None:
    code = f"""
        import collections, dataclasses, typing
        Both = typing.NamedTuple("Both", [("a", int), ("b", str)])
        Data = dataclasses.make_dataclass("Data", ["a", "b"])
        return {result}
        """
    assert bench.inline(code, {"named": {"a": "int", "b": "str"}}) == {"a": 1, "b": "x"}


def test_outputs_that_are_missing(bench: Bench) -> None:
    outputs: Json = {"named": {"a": "int", "b": "str"}}
    failures = [bench.fails(lambda code=code: bench.inline(code, outputs)) for code in ("return {'a': 1}", "return 1", "return")]  # type: ignore[misc]
    assert [failure.message for failure in failures] == [
        "the step returned no `b`; it returned `a`",
        "the step has the outputs `a`, `b` and must return them by name, in a dict, NamedTuple or dataclass; it returned the int 1",
        "the step has the outputs `a`, `b` and must return them by name, in a dict, NamedTuple or dataclass; it returned null",
    ]


def test_one_named_output_is_returned_bare(bench: Bench) -> None:
    assert bench.inline("return 1", {"named": {"n": "int"}}) == {"n": 1}


def test_an_output_outside_its_domain(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.inline("return 7", "int", domain={"min": "1", "max": "5"}))
    assert (failure.kind, failure.message) == ("domain", "`result`: 7 is outside 1..5")


def test_files_go_in_and_out_as_paths(bench: Bench) -> None:
    bench.module(
        "work",
        """
        from pathlib import Path

        def f(rows: Path, name: str, tree: Path, made: Path, note: Path = Path("other")):
            assert rows.name == "rows.csv", rows
            assert not rows.stat().st_mode & 0o222, "writable"
            made.write_text(rows.read_text() + name)
            note.write_text("note")
            Path("kept").mkdir()
            Path("kept/x").write_text("x")
            return {"folder": Path("kept"), "listed": [str(path.name) for path in sorted(tree.iterdir())]}
        """,
    )
    tree = bench.folder / "tree"
    tree.mkdir()
    for name in ("b", "a"):
        (tree / name).write_text(name)
    found = bench.python(
        "work:f",
        {"named": {"folder": "dir", "listed": {"list": "str"}, "made": {"file": "csv"}, "note": {"file": None}}},
        inputs={"rows": ({"file": "csv"}, bench.file("1,2")), "name": ("str", "!"), "tree": ("dir", bench.store.put(tree, "dir"))},
    )
    assert found["listed"] == ["a", "b"]
    assert bench.content(found["made"]).read_text() == "1,2!"
    assert bench.content(found["note"]).read_text() == "note"
    assert (bench.content(found["folder"]) / "x").read_text() == "x"


def test_one_output_written_to_its_path(bench: Bench) -> None:
    bench.module("work", "from pathlib import Path\ndef f(result: Path) -> None:\n    result.write_text('x')\n")
    assert bench.content(bench.python("work:f", {"file": None})["result"]).read_text() == "x"


@pytest.mark.parametrize(
    ("function", "kind", "message"),
    [
        ("def f(): pass", "contract", "the function `f` has no parameter `n`, which the step has as an input"),
        ("def f(n, /): pass", "contract", "the function `f` takes `n` by position only; inputs are given by name"),
        ("def f(n, m): pass", "contract", "the function `f` needs the argument `m`, which is not an input of the step"),
        ("def g(n): pass", "contract", "has no function `f`"),
        ("f = 5", "contract", "`work:f` is a int, not a function"),
        ("import nowhere", "exception", "ModuleNotFoundError: No module named 'nowhere' (work.py:1)"),
        ("def f(n):\n    raise ValueError(n)", "exception", "ValueError: 1 (work.py:2)"),
        ("def f(n):\n  x =", "exception", "SyntaxError: invalid syntax"),
    ],
)
def test_functions_that_do_not_fit(bench: Bench, function: str, kind: str, message: str) -> None:
    bench.module("work", function)
    failure = bench.fails(lambda: bench.python("work:f", inputs={"n": ("int", 1)}))
    assert failure.kind == kind
    assert message in failure.message


def test_a_module_that_is_not_there(bench: Bench) -> None:
    failure = bench.fails(lambda: bench.python("nope.deep:f"))
    assert failure.message == f"the module `nope` of `nope.deep:f` was not found in {bench.code}, the installed packages"


@pytest.mark.parametrize(
    "function",
    [
        "async def f(n):\n    return n",
        "def f(**others):\n    return others['n']",
        "f = lambda n: n",
        "class C:\n    def __call__(self, n: int): return n\nf = C()",
    ],
)
def test_functions_of_other_kinds(bench: Bench, function: str) -> None:
    bench.module("work", function)
    assert bench.python("work:f", "int", inputs={"n": ("int", 1)}) == {"result": 1}


def test_an_artifact_passes_through_unchanged(bench: Bench) -> None:
    given = bench.file("x")
    found = bench.inline("return f", {"file": None}, inputs={"f": ({"file": None}, given)})
    assert found == {"result": given}


def test_the_store_failing_is_its_own_kind(bench: Bench) -> None:
    given = bench.file("x")
    assert isinstance(given, dict)
    failure = bench.fails(lambda: bench.inline("pass", inputs={"f": ({"file": None}, {**given, "uri": Path("/nowhere").as_uri()})}))
    assert (failure.kind, failure.message) == (
        "store",
        "file:///nowhere is not in the store: it was deleted, or belongs to another machine",
    )
