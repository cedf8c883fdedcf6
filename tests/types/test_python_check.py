"""Whether a step and its Python function fit: every rule fires, and does not where it need not."""

from __future__ import annotations

from pathlib import Path

import pytest
from python_steps import RUN, check, codes, given, output, step, write

from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    RATIO,
    STR,
    Column,
    Dir,
    Domain,
    Enum,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    OneOf,
    Optional,
    Record,
    Row,
    Table,
    Type,
)

HEAD = """\
from __future__ import annotations
import datetime as dt, enum, os, pathlib, typing as t
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union
import numpy as np, pandas as pd, polars as pl, pyarrow as pa
from pydantic import BaseModel, Field
from kinds import Airport, Config, Loose
Rows = pd.DataFrame
Count = NewType("Count", int)
"""
KINDS = """\
import enum
from dataclasses import dataclass, field
from typing import ClassVar, TypedDict
from typing_extensions import NotRequired

class Airport(str, enum.Enum):
    EWR = "ewr"
    JFK = enum.auto()

class Base:
    pass

@dataclass(frozen=True)
class Config(Base):
    KIND: ClassVar[str] = ""
    rounds: int
    tags: list[str] = field(default_factory=list)
    children: list["Config"] = field(default_factory=list)

class Loose(TypedDict, total=False):
    rounds: int
"""
AIRPORT = Enum("Airport", ("EWR", "JFK"))
CONFIG = Record((Field("rounds", INT),), "Config")
TABLE = Table(Row((Column("id", INT),)))


def one_input(tmp_path: Path, annotation: str, type_: Type, domain: Domain | None = None) -> list[str]:
    project = write(tmp_path, {"m.py": f"{HEAD}\ndef f(a: {annotation}) -> None: ...", "kinds.py": KINDS})
    return codes(check(project, step(given("a", type_, domain=domain))))


def one_result(tmp_path: Path, annotation: str, type_: Type, more: str = "") -> list[str]:
    project = write(tmp_path, {"m.py": f"{HEAD}{more}\ndef f() -> {annotation}: ...", "kinds.py": KINDS})
    return codes(check(project, step(result=type_)))


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        ("int", INT),
        ("float", INT),
        ("'int'", INT),
        ("Count", INT),
        ("int | None", INT),
        ("Optional[int]", Optional(INT)),
        ("Union[int, str, None]", Optional(INT)),
        ("None | int", Optional(INT)),
        ("Annotated[int, 'doc']", INT),
        ("t.Any", INT),
        ("object", Optional(INT)),
        ("float", FLOAT),
        ("float", RATIO),
        ("int", BYTES),
        ("bool", BOOL),
        ("str", STR),
        ("dt.date", DATE),
        ("datetime", DATETIME),
        ("timedelta", DURATION),
        ("list", ListOf(INT)),
        ("list[int]", ListOf(INT)),
        ("t.List[int]", ListOf(INT)),
        ("Sequence[float]", ListOf(INT)),
        ("tuple[int, ...]", ListOf(INT)),
        ("set[int]", ListOf(INT)),
        ("list[int | None]", ListOf(Optional(INT))),
        ("dict[str, int]", MapOf(INT)),
        ("Mapping[str, Any]", MapOf(INT)),
        ("Airport", AIRPORT),
        ("str", AIRPORT),
        ("Literal['EWR', 'JFK', 'LGA']", AIRPORT),
        ("Config", CONFIG),
        ("Loose", CONFIG),
        ("dict", CONFIG),
        ("dict[str, Any]", CONFIG),
        ("dict[str, int]", CONFIG),
        ("Config", Record((Field("rounds", INT), Field("more", STR)))),
        ("dict[str, float]", Metrics((Field("auc", FLOAT),))),
        ("pd.DataFrame", TABLE),
        ("Rows", TABLE),
        ("pl.LazyFrame", TABLE),
        ("pa.Table", TABLE),
        ("Path", TABLE),
        ("pathlib.Path", File("csv")),
        ("os.PathLike[str]", File("csv")),
        ("Path | None", Optional(Dir())),
        ("list[Path]", ListOf(File())),
        ("Any", Model("sklearn")),
        ("np.ndarray", Model()),
        ("Path", Model()),
    ],
)
def test_an_annotation_that_takes_the_input(tmp_path: Path, annotation: str, type_: Type) -> None:
    assert one_input(tmp_path, annotation, type_) == []


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        ("str", INT),
        ("int", FLOAT),
        ("int", STR),
        ("str", BOOL),
        ("datetime", DATE),
        ("str", DATETIME),
        ("int", DURATION),
        ("int", Optional(INT)),
        ("list[str]", ListOf(INT)),
        ("int", ListOf(INT)),
        ("tuple[int, int]", ListOf(INT)),
        ("list[int]", ListOf(Optional(INT))),
        ("dict[int, int]", MapOf(INT)),
        ("list[int]", MapOf(INT)),
        ("Airport", STR),
        ("Airport", Enum("Airport", ("EWR", "LGA"))),
        ("Literal['EWR']", AIRPORT),
        ("Literal['a', 'b']", STR),
        ("Config", Record((Field("round", INT),))),
        ("Config", Record((Field("rounds", STR),))),
        ("dict[str, str]", CONFIG),
        ("str", CONFIG),
        ("str", TABLE),
        ("list[dict]", TABLE),
        ("pd.DataFrame", File("csv")),
        ("bytes", File("csv")),
        ("str", Model()),
        ("Path", INT),
        ("complex", INT),
    ],
)
def test_an_annotation_that_does_not_take_the_input(tmp_path: Path, annotation: str, type_: Type) -> None:
    assert one_input(tmp_path, annotation, type_) == ["E0603"]


@pytest.mark.parametrize("annotation", ["np.ndarray", "Nowhere", "pd.Series[int]", "'a b'", "list[np.int64]", "Config.Inner"])
def test_an_annotation_that_cannot_be_resolved_is_a_warning(tmp_path: Path, annotation: str) -> None:
    assert one_input(tmp_path, annotation, ListOf(INT)) == ["W0606"]


def test_a_file_taken_or_returned_as_text_is_a_warning(tmp_path: Path) -> None:
    assert one_input(tmp_path, "str", File("csv")) == ["W0626"]
    assert one_result(tmp_path, "str", File("csv")) == ["W0626"]


def test_a_literal_must_cover_the_domain(tmp_path: Path) -> None:
    domain = OneOf(('"a"', '"b"'))
    assert one_input(tmp_path, "Literal['a', 'b', 'c']", STR, domain) == []
    assert one_input(tmp_path, "Literal['a']", STR, domain) == ["E0603"]


def test_a_type_mismatch_says_everything(tmp_path: Path) -> None:
    project = write(tmp_path, {"pkg/m.py": "\ndef load(limit: str) -> None: ..."})
    (found,) = check(project, step(given("limit", INT)), "pkg.m:load")
    assert found.message == "`pkg.m:load` takes `limit` as `str`, step `s` gives `int`"
    assert found.primary.span == given("limit", INT).span
    assert found.notes == ("pkg/m.py:2: `def load(limit: str) -> None`",)
    assert found.help == "`int` arrives as `int`"


def test_a_none_default_makes_the_annotation_optional(tmp_path: Path) -> None:
    project = write(tmp_path, {"m.py": "def f(a: int = None) -> None: ..."})
    assert codes(check(project, step(given("a", Optional(INT))))) == []


class TestParameters:
    def found(self, tmp_path: Path, parameters: str, *inputs: str) -> list[tuple[str, str | None]]:
        project = write(tmp_path, {"m.py": f"def f({parameters}) -> None: ..."})
        return [(d.rule.code, d.help) for d in check(project, step(*(given(name, INT) for name in inputs)))]

    def test_every_input_has_a_parameter(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "a: int, *, b: int, c: int = 1, **rest: int", "a", "b") == []

    def test_a_misspelt_input_is_one_error(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "seed: int", "sede") == [("E0603", "did you mean `seed`?")]

    def test_an_input_without_a_parameter(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "a: int, other: int = 1", "a", "extra") == [("E0603", "parameters not used: `other`")]

    def test_a_parameter_without_an_input_is_at_the_run_string(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "def f(a: int, b: str) -> None: ..."})
        (found,) = check(project, step(given("a", INT)))
        assert (found.rule.code, found.primary.span, found.primary.message) == ("E0603", RUN, "needs `b: str`")

    def test_positional_only(self, tmp_path: Path) -> None:
        assert self.found(tmp_path, "a: int, /", "a") == [("E0603", "remove the `/` from the function's parameters")]
        assert [code for code, _ in self.found(tmp_path, "a: int, /, b: int", "b")] == ["E0603"]

    def test_keyword_arguments_hide_the_check_only_of_what_goes_into_them(self, tmp_path: Path) -> None:
        assert [code for code, _ in self.found(tmp_path, "**rest: int", "a")] == ["W0605"]
        assert self.found(tmp_path, "*more: int", "a")[0][0] == "E0603"

    def test_a_path_named_as_an_output_is_given(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "from pathlib import Path\ndef f(out: Path, n: 'Path | None' = None) -> None: ..."})
        assert codes(check(project, step(outputs=(output("out", File("csv")),)))) == []

    def test_an_output_taken_without_path_is_pointed_out(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "from pathlib import Path\ndef f(out: str) -> Path: ..."})
        (found,) = check(project, step(outputs=(output("out", File("csv")),)))
        assert (found.rule.code, found.help) == ("E0603", "annotate it to have it filled: `out: Path`")

    @pytest.mark.parametrize(
        ("ours", "theirs", "expected"),
        [
            ("1", "1", []),
            ("1", "2", ["W0610"]),
            ("1", "make()", []),
            ("1", "None", []),
            ("null", "1", []),
            (None, "1", []),
        ],
    )
    def test_defaults(self, tmp_path: Path, ours: str | None, theirs: str, expected: list[str]) -> None:
        project = write(tmp_path, {"m.py": f"def f(a: int = {theirs}) -> None: ..."})
        assert codes(check(project, step(given("a", INT, ours)))) == expected

    def test_the_default_of_an_enum_is_a_member(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "from kinds import Airport\ndef f(a: Airport = Airport.EWR) -> None: ...", "kinds.py": KINDS})
        assert codes(check(project, step(given("a", AIRPORT, '"EWR"')))) == []
        assert codes(check(project, step(given("a", AIRPORT, '"JFK"')))) == ["W0610"]


class TestAnnotations:
    def test_missing_ones_are_said_once_a_module(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "def f(a): return a\ndef g(a: int) -> int: return a"})
        found = check(project, step(given("a", INT), result=INT))
        assert codes(found) == ["W0604"]
        assert found[0].primary.message == "no annotation for `a` and its result"
        assert codes(check(project, step(given("a", INT), result=INT), "m:g")) == []

    def test_an_unknown_decorator_turns_the_check_off(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "from functools import lru_cache\n@task(retries=1)\ndef f(): ...\n@lru_cache\ndef g(): ..."})
        assert codes(check(project, step(given("a", INT)))) == ["W0609"]
        assert codes(check(project, step(given("a", INT)), "m:g")) == ["E0603"]

    def test_a_broken_module_is_one_error(self, tmp_path: Path) -> None:
        assert codes(check(write(tmp_path, {"m.py": "def"}), step())) == ["E0621"]

    def test_classes_are_found_through_imports(self, tmp_path: Path) -> None:
        files = {"m.py": "import pkg.kinds\ndef f(a: pkg.kinds.Airport) -> None: ...", "pkg/kinds.py": KINDS}
        assert codes(check(write(tmp_path, files), step(given("a", Enum("E", ("LGA",)))))) == ["E0603"]


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        ("int", INT),
        ("int", FLOAT),
        ("int", Optional(INT)),
        ("int | None", Optional(INT)),
        ("None", Optional(INT)),
        ("list[int]", ListOf(FLOAT)),
        ("tuple[int, int]", ListOf(INT)),
        ("Airport", AIRPORT),
        ("Literal['EWR']", AIRPORT),
        ("Config", CONFIG),
        ("dict", CONFIG),
        ("Config", Record((Field("rounds", INT), Field("more", INT, "1")))),
        ("pd.DataFrame", TABLE),
        ("pd.DataFrame | pl.DataFrame", TABLE),
        ("Path", File("csv")),
        ("Any", INT),
        ("t.NoReturn", INT),
        ("np.ndarray", Model()),
    ],
)
def test_a_result_that_fits(tmp_path: Path, annotation: str, type_: Type) -> None:
    assert one_result(tmp_path, annotation, type_) == []


@pytest.mark.parametrize(
    ("annotation", "type_"),
    [
        ("str", INT),
        ("float", INT),
        ("bool", INT),
        ("int | None", INT),
        ("int | str", INT),
        ("None", INT),
        ("set[int]", ListOf(INT)),
        ("Airport", Enum("Airport", ("EWR",))),
        ("Config", Record((Field("round", INT),))),
        ("bytes", File("csv")),
        ("str", TABLE),
    ],
)
def test_a_result_that_does_not_fit(tmp_path: Path, annotation: str, type_: Type) -> None:
    assert one_result(tmp_path, annotation, type_) == ["E0608"]


class TestOutputs:
    OUTPUTS = (output("clean", TABLE), output("rejected", INT))

    def found(
        self, tmp_path: Path, returns: str, classes: str = "", body: str = "...", parameters: str = ""
    ) -> list[tuple[str, str | None]]:
        project = write(tmp_path, {"m.py": f"{HEAD}{classes}\ndef f({parameters}){returns}:\n    {body}", "kinds.py": KINDS})
        return [(d.rule.code, d.help) for d in check(project, step(outputs=self.OUTPUTS))]

    @pytest.mark.parametrize(
        "classes",
        [
            "class V(NamedTuple):\n    clean: pd.DataFrame\n    rejected: int\n",
            "@dataclass\nclass V:\n    clean: pd.DataFrame\n    rejected: int\n",
            "class V(TypedDict):\n    clean: pd.DataFrame\n    rejected: int\n",
            "class V(BaseModel):\n    clean: Any\n    rejected: int = Field(ge=0)\n",
            "V = NamedTuple('V', [('clean', pd.DataFrame), ('rejected', int)])\n",
            "import collections\nV = collections.namedtuple('V', 'clean rejected')\n",
            "V = dict\n",
        ],
    )
    def test_by_name(self, tmp_path: Path, classes: str) -> None:
        assert self.found(tmp_path, " -> V", classes) == []

    def test_a_missing_field_names_a_near_one(self, tmp_path: Path) -> None:
        classes = "class V(NamedTuple):\n    clean: pd.DataFrame\n    rejectd: int\n"
        assert self.found(tmp_path, " -> V", classes) == [("E0608", "did you mean `rejectd`?")]

    def test_a_field_of_another_type(self, tmp_path: Path) -> None:
        classes = "class V(NamedTuple):\n    clean: pd.DataFrame\n    rejected: str\n"
        assert [code for code, _ in self.found(tmp_path, " -> V", classes)] == ["E0608"]

    def test_fields_of_an_unknown_base_are_not_missed(self, tmp_path: Path) -> None:
        classes = "from torch import Base\n@dataclass\nclass V(Base):\n    clean: pd.DataFrame\n"
        assert self.found(tmp_path, " -> V", classes) == []

    def test_by_position(self, tmp_path: Path) -> None:
        assert [code for code, _ in self.found(tmp_path, " -> tuple[pd.DataFrame, int]")] == ["W0607"]
        assert [code for code, _ in self.found(tmp_path, " -> tuple[pd.DataFrame]")] == ["E0608"]

    @pytest.mark.parametrize("returns", [" -> None", " -> int", " -> list[int]"])
    def test_what_cannot_be_taken_apart(self, tmp_path: Path, returns: str) -> None:
        assert [code for code, _ in self.found(tmp_path, returns)] == ["E0608"]

    def test_a_dict_without_an_output(self, tmp_path: Path) -> None:
        assert [c for c, _ in self.found(tmp_path, " -> dict[str, Any]", body="return {'clean': 1}")] == ["E0608"]
        assert self.found(tmp_path, " -> dict[str, Any]", body="return {'clean': 1, 'rejected': 2}") == []

    def test_no_return_at_all(self, tmp_path: Path) -> None:
        assert [c for c, _ in self.found(tmp_path, "", body="print(1)")] == ["E0608", "W0604"]
        assert [c for c, _ in self.found(tmp_path, "", body="raise NotImplementedError")] == ["W0604"]

    def test_the_rest_beside_a_sink_comes_by_name(self, tmp_path: Path) -> None:
        classes = "class V(NamedTuple):\n    rejected: int\n"
        assert self.found(tmp_path, " -> V", classes, parameters="clean: Path") == []
        assert [code for code, _ in self.found(tmp_path, " -> int", parameters="clean: Path")] == ["E0608"]

    def test_a_single_named_output_is_bare(self, tmp_path: Path) -> None:
        project = write(
            tmp_path, {"m.py": f"{HEAD}\nclass V(NamedTuple):\n    n: int\ndef f() -> V: ...\ndef g() -> int: ...", "kinds.py": KINDS}
        )
        signature = step(outputs=(output("n", INT),))
        assert [d.help for d in check(project, signature)] == ["return `int`"]
        assert check(project, signature, "m:g") == ()

    def test_without_outputs_anything_may_be_returned(self, tmp_path: Path) -> None:
        assert check(write(tmp_path, {"m.py": "def f() -> int: ..."}), step()) == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return '/tmp/data.csv'", ["W0627"]),
        ("p = Path('a') / 'b'\n    return str(p)", ["W0627"]),
        ("return 's3://bucket/data.csv'", []),
        ("return name", []),
    ],
)
def test_a_local_path_as_text(tmp_path: Path, body: str, expected: list[str]) -> None:
    project = write(tmp_path, {"m.py": f"{HEAD}\ndef f() -> str:\n    {body}", "kinds.py": KINDS})
    assert codes(check(project, step(outputs=(output("path", STR),)))) == expected


class TestImports:
    def test_a_module_that_nobody_has(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"m.py": "from data_config import SIZE\ndef f() -> None: ..."})
        (found,) = check(project, step())
        assert (found.rule.code, found.primary.span) == ("W0624", RUN)
        assert "`m.py:1` imports `data_config`" in found.message

    @pytest.mark.parametrize(("text", "shown"), [("from . import helper", "`.`"), ("from ..gone import x", "`..gone`")])
    def test_a_relative_import_that_leads_out(self, tmp_path: Path, text: str, shown: str) -> None:
        found = check(write(tmp_path, {"m.py": f"{text}\ndef f() -> None: ..."}), step())
        assert [d.rule.code for d in found] == ["W0624"]
        assert f"imports {shown}, which leads out" in found[0].message
        assert "``" not in (found[0].help or "")

    def test_a_missing_part_of_a_package_of_the_project(self, tmp_path: Path) -> None:
        files = {"pkg/__init__.py": "", "pkg/m.py": "from . import helper\nfrom .gone import x\ndef f() -> None: ..."}
        found = check(write(tmp_path, files), step(), "pkg.m:f")
        assert [d.rule.code for d in found] == ["W0624"]
        assert "`pkg.gone`" in found[0].message

    @pytest.mark.parametrize(
        "text",
        [
            "import json, sklearn.svm",
            "try:\n    import speedups\nexcept ImportError:\n    speedups = None",
            "def g():\n    import speedups",
            "import acme_config",
        ],
    )
    def test_what_is_there_or_need_not_be(self, tmp_path: Path, text: str) -> None:
        toml = '[project]\nname = "p"\ndependencies = ["acme-config>=1"]\n'
        project = write(tmp_path, {"pyproject.toml": toml, "m.py": f"{text}\ndef f() -> None: ..."})
        assert check(project, step()) == ()

    def test_a_package_that_hides_a_declared_one(self, tmp_path: Path) -> None:
        files = {"datasets.py": "def f() -> None: ..."}
        assert check(write(tmp_path, files), step(), "datasets:f") == ()
        declared = write(tmp_path, {**files, "requirements.txt": "# data\ndatasets==3.0\n"})
        assert codes(check(declared, step(), "datasets:f")) == ["W0625"]

    def test_a_module_that_hides_a_standard_one(self, tmp_path: Path) -> None:
        project = write(tmp_path, {"queue.py": "def f() -> None: ...", "acme_queue.py": "def f() -> None: ..."})
        (found,) = check(project, step(), "queue:f")
        assert (found.rule.code, "`queue` shadows" in found.message) == ("W0625", True)
        assert check(project, step(), "acme_queue:f") == ()
