"""The command as its users call it: what it prints where, and how it exits."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from mloc import driver
from mloc.cli import main
from mloc.cli.bundle import MANIFEST
from mloc.diagnostics.rules import RULES
from mloc.version import VERSION

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}

GOOD = """mlp 1

step double(x: int) -> int:
    run inline "return 2 * x"

pipeline twice(x: int in 0..100, _name: str = "a") -> (y: int):
    y = double(x=x)
    return y=y
"""
WRONG = """mlp 1

pipeline p():
    a = missing()
"""
WARNING = GOOD.replace('"return 2 * x"', '"return 2 * x"\n    image "base:latest"')
TWO = GOOD + GOOD[GOOD.index("pipeline") :].replace("twice", "again")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good", GOOD), ("wrong", WRONG), ("warning", WARNING), ("two", TWO)):
        (tmp_path / f"{name}.mlp").write_text(text)
    return tmp_path


# ---- check ----------------------------------------------------------------------------------------------------------


def test_check_of_good_files_is_silent_but_for_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "good.mlp", "two.mlp"]) == 0
    assert capsys.readouterr() == ("", "no errors in 2 files\n")


def test_check_shows_what_is_wrong_in_all_files_sorted(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.mlp", "warning.mlp", "wrong.mlp"]) == 1
    out, err = capsys.readouterr()
    assert out.startswith("warning[W0704]: ")
    assert "\n\nerror[E0101]: `missing` is not defined\n --> wrong.mlp:4:9\n" in out
    assert err == "1 error and 1 warning in 2 files\n"


def test_warnings_alone_are_no_failure() -> None:
    assert main(["check", "warning.mlp"]) == 0


def test_concise(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.mlp", "--output-format", "concise"]) == 1
    assert capsys.readouterr() == ("wrong.mlp:4:9: error[E0101]: `missing` is not defined\n", "")


def test_json_follows_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.mlp", "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    schema = json.loads((ROOT / "mloc" / "schemas" / "diagnostics.schema.json").read_text())
    jsonschema.validate(json.loads(out), schema)
    assert err == ""
    assert main(["check", "good.mlp", "--output-format", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_sarif_and_github(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "wrong.mlp", "--output-format", "sarif"]) == 1
    assert json.loads(capsys.readouterr().out)["runs"][0]["tool"]["driver"]["version"] == VERSION
    assert main(["check", "wrong.mlp", "--output-format", "github"]) == 1
    assert capsys.readouterr().out.startswith("::error file=wrong.mlp,line=4,")


def test_colours_only_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "wrong.mlp"])
    assert "\x1b" not in capsys.readouterr().out
    main(["check", "wrong.mlp", "--color", "always"])
    assert "\x1b[1;31m" in capsys.readouterr().out


def test_a_file_that_cannot_be_read_does_not_hide_the_others(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "binary.mlp").write_bytes(b"mlp 1\n\0")
    (folder / "empty").mkdir()
    assert main(["check", "none.mlp", "wrong.mlp", "empty", "binary.mlp"]) == 2
    out, err = capsys.readouterr()
    assert "E0101" in out
    assert err.startswith("mloc: none.mlp: no such file\nmloc: empty: is a directory, not an .mlp file\nmloc: binary.mlp: is a binary file")
    assert err.endswith("1 error in 1 file\n")


def test_check_starts_without_what_only_other_commands_need() -> None:
    code = "import sys; from mloc.cli import main; main(['check', 'good.mlp']); print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    loaded = set(done.stdout.split())
    unwanted = {
        "jinja2",
        "yaml",
        "jsonschema",
        "importlib.metadata",
        "asyncio",
        "urllib.request",
        "kfp",
        "airflow",
        "flytekit",
        "mloc.local",
    }
    assert not loaded & unwanted


# ---- usage ----------------------------------------------------------------------------------------------------------


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "mloc", "--version"], capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (0, f"mloc {VERSION}\n")


@pytest.mark.parametrize(
    "arguments", [[], ["chek"], ["check"], ["check", "a.mlp", "--output-format", "xml"], ["run", "a.mlp", "--jobs", "0"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert "usage: mloc" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["check"], ["compile"], ["run"], ["graph"], ["explain"]])
def test_help_teaches_by_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main([*command, "--help"])
    assert exit_.value.code == 0
    assert f"examples:\n  mloc {' '.join(command)}" in capsys.readouterr().out


def test_a_bug_of_ours_exits_with_3_and_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(path: str, *_: object, **__: object) -> driver.Analysis:
        raise KeyError(path)

    monkeypatch.setattr("mloc.cli.findings.analyse", broken)
    assert main(["check", "good.mlp"]) == 3
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert f"this is a bug in mloc {VERSION} (KeyError)" in err


def test_a_reader_that_goes_away_is_no_bug() -> None:
    command = [sys.executable, "-m", "mloc", "explain"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 1


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "e0402"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# E0402: column-missing\n")
    assert main(["explain", "column-missing"]) == 0
    assert capsys.readouterr().out == page
    assert main(["explain"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(RULES)


def test_explain_of_an_unknown_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "E4002"]) == 2
    assert main(["explain", "colum-missing"]) == 2
    assert "did you mean `column-missing`?" in capsys.readouterr().err


# ---- compile --------------------------------------------------------------------------------------------------------


def compile_(*arguments: str) -> int:
    return main(["compile", "good.mlp", "--target", "flyte", "-o", "out", *arguments])


def test_compile_writes_a_bundle_that_check_finds_up_to_date(folder: Path) -> None:
    assert compile_("--check") == 1
    assert not (folder / "out").exists()
    assert compile_() == 0
    assert (folder / "out" / "twice.py").exists()
    assert compile_("--check") == compile_("--diff") == 0
    written = (folder / "out" / "twice.py").stat().st_mtime_ns
    assert compile_() == 0
    assert (folder / "out" / "twice.py").stat().st_mtime_ns == written


def test_check_and_diff_say_what_is_stale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compile_()
    bundle = folder / "out" / "twice.py"
    bundle.write_text("# mine\n" + bundle.read_text())
    (folder / "out" / "twice_mloc" / "program.json").unlink()
    capsys.readouterr()
    assert compile_("--check") == 1
    assert capsys.readouterr().err.splitlines()[:2] == ["out/twice_mloc/program.json: missing", "out/twice.py: changed"]
    assert compile_("--diff") == 1
    out = capsys.readouterr().out
    assert "--- a/out/twice.py\n+++ b/out/twice.py\n" in out
    assert "\n-# mine\n" in out
    assert "--- /dev/null\n+++ b/out/twice_mloc/program.json\n" in out
    assert bundle.read_text().startswith("# mine\n")


def test_compile_removes_what_it_wrote_and_nothing_of_the_users(folder: Path) -> None:
    compile_()
    (folder / "out" / "notes.txt").write_text("mine")
    (folder / "out" / "twice_mloc" / "mine.py").write_text("mine")
    edited = folder / "out" / "twice_mloc" / "program.json"
    edited.write_text("mine")
    (folder / "good.mlp").write_text(GOOD.replace("twice", "thrice"))
    assert compile_("--check") == 1
    assert compile_() == 0
    left = {path.relative_to(folder / "out").as_posix() for path in (folder / "out").rglob("*") if path.is_file()}
    assert {path for path in left if not path.startswith("thrice")} == {
        "notes.txt",
        "twice_mloc/mine.py",
        "twice_mloc/program.json",
        MANIFEST,
    }


def test_a_manifest_that_points_elsewhere_removes_nothing(folder: Path) -> None:
    compile_()
    digest = "sha256:" + hashlib.sha256(b"mine").hexdigest()
    (folder / "precious").write_bytes(b"mine")
    (folder / "out" / MANIFEST).write_text(json.dumps({"../precious": digest, str(folder / "precious"): digest}))
    assert compile_() == 0
    assert (folder / "precious").exists()
    (folder / "out" / MANIFEST).write_text("{")
    assert compile_() == 2


def test_where_nothing_can_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").write_text("a file")
    assert compile_() == 2
    assert "mloc: out" in capsys.readouterr().err
    assert list(folder.glob("**/*.mloc-tmp")) == []


def test_the_default_folder(folder: Path) -> None:
    assert main(["compile", "good.mlp", "--target", "flyte"]) == 0
    assert (folder / "build" / "twice" / "flyte" / "twice.py").exists()


def test_the_program_itself_is_a_target(folder: Path) -> None:
    assert main(["compile", "good.mlp", "--target", "ir", "-o", "out"]) == 0
    schema = json.loads((ROOT / "mloc" / "schemas" / "ir.schema.json").read_text())
    jsonschema.validate(json.loads((folder / "out" / "twice.ir.json").read_text()), schema)
    assert main(["compile", "good.mlp", "--target", "ir", "-o", "out", "--check"]) == 0


def test_errors_stop_a_compilation(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "wrong.mlp", "--target", "flyte"]) == 1
    assert "E0101" in capsys.readouterr().err
    assert not (folder / "build").exists()


def test_unknown_targets_and_pipelines(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "good.mlp", "--target", "argo"]) == 2
    assert "unknown target `argo`" in capsys.readouterr().err
    assert main(["compile", "two.mlp", "--target", "flyte"]) == 2
    assert "say which one with --pipeline: `twice`, `again`" in capsys.readouterr().err
    assert main(["compile", "two.mlp", "--target", "flyte", "--pipeline", "agian"]) == 2
    assert "did you mean `again`?" in capsys.readouterr().err
    assert main(["compile", "two.mlp", "--target", "flyte", "--pipeline", "again"]) == 0


def test_what_a_target_cannot_express_exits_with_4(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(analysis: driver.Analysis, pipeline: object, target: str) -> driver.Compilation:
        return driver.Compilation((), None)

    monkeypatch.setattr(driver, "compile", refuse)
    assert compile_() == 4
    assert not (folder / "out").exists()


# ---- graph ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("format_", "begins"), [("mermaid", "---\n"), ("dot", "digraph "), ("svg", "<svg ")])
def test_graph(format_: str, begins: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["graph", "good.mlp", "--format", format_]) == 0
    out = capsys.readouterr().out
    assert out.startswith(begins)
    assert main(["graph", "good.mlp", "--format", format_, "-o", "picture"]) == 0
    assert (folder / "picture").read_text() == out
    assert main(["graph", "wrong.mlp"]) == 1
    assert main(["graph", "good.mlp", "-o", "none/picture"]) == 2
