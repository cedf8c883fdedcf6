"""`mloc run`: values are read by their types, refused before anything starts, and the outcome is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mloc.cli import main
from mloc.cli.codes import UsageError
from mloc.cli.parameters import parameters
from mloc.driver import analyse
from mloc.ir.model import Pipeline
from mloc.runner.store import FileStore

PROGRAM = """mlp 1

enum Color: red, green

step show(text: str, n: int) -> str:
    run inline "return text * n"

step fail(n: int) -> int:
    run inline "raise ValueError('on purpose')"

pipeline all_types(
    n: int in 0..10,
    x: float = 1.5,
    flag: bool = false,
    text: str = "a",
    day: date = date("2024-01-31"),
    color: Color = Color.red,
    maybe: int? = null,
    ns: list[int] = [],
    table: map[str, int] = {},
    file: File? = null,
    wait: duration = 1s,
) -> (shown: str):
    shown = show(text=text, n=n)
    return shown=shown

pipeline failing() -> (n: int):
    n = fail(n=1)
    return n=n
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.mlp").write_text(PROGRAM)


def pipeline() -> Pipeline:
    return analyse("p.mlp").pipelines[0]


def given(*settings: str, file: Path | None = None) -> dict[str, str]:
    """What the values become on the wire, without the one that every call gives."""
    found = parameters(pipeline(), ["n=1", *settings], file, FileStore("store"))
    assert found.pop("n") == "1"
    return found


def refused(*settings: str, file: Path | None = None) -> str:
    with pytest.raises(UsageError) as error:
        parameters(pipeline(), settings, file, FileStore("store"))
    return str(error.value)


@pytest.mark.parametrize(
    ("setting", "name", "wire"),
    [
        ("x=2", "x", "2.0"),
        ("x=.5", "x", "0.5"),
        ("x=-inf", "x", '"f:-inf"'),
        ("flag=true", "flag", "true"),
        ("text=true", "text", '"true"'),
        ("text=", "text", '""'),
        ("text=a=b", "text", '"a=b"'),
        ('text="q"', "text", '"\\"q\\""'),
        ("text=null", "text", '"null"'),
        ("day=2024-02-29", "day", '"2024-02-29"'),
        ("color=green", "color", '"green"'),
        ("maybe=null", "maybe", "null"),
        ("maybe=7", "maybe", "7"),
        ("ns=[1, 2]", "ns", "[1,2]"),
        ('table={"b": 1, "a": 2}', "table", '{"a":2,"b":1}'),
        ("wait=1500ms", "wait", "1500"),
    ],
)
def test_values_are_read_by_their_types(setting: str, name: str, wire: str) -> None:
    assert given(setting) == {name: wire}


def test_a_file_is_put_into_the_store(tmp_path: Path) -> None:
    Path("data.csv").write_text("a,b\n")
    descriptor = json.loads(given("file=data.csv")["file"])
    assert descriptor["size"] == 4
    assert descriptor["uri"].startswith((tmp_path / "store").as_uri())
    assert "there is no file or folder 'none.csv'" in refused("n=1", "file=none.csv")


def test_a_file_of_values_which_settings_win_over() -> None:
    Path("params.json").write_text('{"text": "from the file", "x": 0.5, "maybe": null}')
    assert given("x=2", file=Path("params.json")) == {"text": '"from the file"', "x": "2.0", "maybe": "null"}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("n=11", "`n`: 11 is outside 0..10"),
        ("n=many", "`n`: expected int, not 'many' (write a number)"),
        ("n=1.5", "`n`: expected int, not the float 1.5"),
        ("flag=yes", "`flag`: expected bool, not 'yes' (write true or false)"),
        ("day=2024-02-30", "is not a date"),
        ("color=blue", "(red, green)"),
        ("ns=[1,", "`ns`: expected list[int], written as JSON"),
        ("txt=a", "`all_types` has no parameter `txt`; did you mean `text`?"),
        ("zzz=a", "`all_types` has no parameter `zzz`; it has `n`, `x`"),
        ("text", "write it as NAME=VALUE"),
    ],
)
def test_wrong_values_are_refused(setting: str, said: str) -> None:
    assert said in refused(setting, *([] if setting.startswith("n=") else ["n=1"]))


def test_everything_wrong_is_said_at_once() -> None:
    said = refused("x=a", "txt=a").splitlines()
    assert said[0] == "nothing was started:"
    assert len(said) == 4
    assert "`n` has no default and needs a value: --set n=… (int)" in said[3]


def test_wrong_files_of_values() -> None:
    assert "none.json: No such file" in refused(file=Path("none.json"))
    Path("list.json").write_text("[1]")
    assert "a JSON object of parameter names and values" in refused(file=Path("list.json"))


def test_a_run_that_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["run", "p.mlp", "--pipeline", "all_types", "--set", "n=2", "--set", "text=ab", "--report", "out/report.json"]
    assert main(arguments) == 0
    out, err = capsys.readouterr()
    assert out == 'shown = "abab"\n'
    assert "mloc: `all_types` succeeded" in err
    report = json.loads(Path("out/report.json").read_text())
    assert report["status"] == "succeeded"
    assert report["outputs"] == {"shown": "abab"}
    assert Path(".mloc", "runs", report["run"], "report.json").exists()


def test_a_run_that_fails(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "p.mlp", "--pipeline", "failing", "--store", "s"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "mloc: `failing` failed in `n`: " in err
    assert "on purpose" in err


def test_a_refused_launch_starts_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "p.mlp", "--pipeline", "all_types", "--set", "n=11"]) == 2
    assert capsys.readouterr().err.endswith("mloc: `n`: 11 is outside 0..10\n")
    assert not Path(".mloc").exists()


def test_engines_that_are_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    for engine in ("argo", "ir"):
        assert main(["run", "p.mlp", "--pipeline", "failing", "--engine", engine]) == 2
        assert f"unknown target `{engine}`" in capsys.readouterr().err
    assert main(["run", "p.mlp", "--pipeline", "failing", "--engine", "flyte", "--jobs", "2"]) == 2
    assert "--jobs is for the native engine" in capsys.readouterr().err


CACHED = """mlp 1

step one(n: int) -> int:
    run inline "return n"
    cache

pipeline p() -> (n: int):
    a = one(n=1)
    return n=a
"""


def test_kept_results(capsys: pytest.CaptureFixture[str]) -> None:
    Path("c.mlp").write_text(CACHED)
    assert main(["run", "c.mlp", "--no-cache"]) == 0
    assert not Path(".mloc/cache").exists()
    for arguments, told in (
        ([], "a has to run: nothing is kept of it yet"),
        ([], "a cached (as in run "),
        (["--refresh", "one"], "a has to run: it was asked to run again"),
        (["--no-cache"], "a started"),
    ):
        capsys.readouterr()
        assert main(["run", "c.mlp", *arguments]) == 0
        assert told in capsys.readouterr().err
    for arguments, told in (
        (["--refresh", "onee"], "did you mean `one`?"),
        (["--refresh", "one", "--engine", "kfp"], "are for the native engine"),
        (["--no-cache", "--engine", "kfp"], "are for the native engine"),
    ):
        assert main(["run", "c.mlp", *arguments]) == 2
        assert told in capsys.readouterr().err


def test_a_target_that_runs_cached_steps_every_time(capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, unless its block asks for the engine's own cache."""
    for block, warned in (('    version "2.15"\n', True), ("    engine_cache true\n", False)):
        Path("c.mlp").write_text(f"{CACHED}\ntarget kfp:\n{block}")
        assert main(["check", "c.mlp"]) == 0
        assert ("W0803" in capsys.readouterr().out) is warned
