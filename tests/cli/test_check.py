"""`mloc check` with a configuration, with a baseline, and mending files."""

from __future__ import annotations

import dataclasses
import json
import stat
from pathlib import Path

import pytest

from mloc.backend import Feature, Refusal, load
from mloc.cli import main

CACHED = 'mlp 1\n\nstep train(x: int) -> float:\n    run inline "return 1.0"\n    image "base:latest"\n'
MISSPELT = (
    CACHED.replace('    image "base:latest"\n', "").replace("x: int", "rows: int")
    + "\npipeline p():\n    a = train(row=1)\n    b = train(rowz=2)\n"
)

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cached.mlp").write_text(CACHED)
    (tmp_path / "misspelt.mlp").write_text(MISSPELT)
    return tmp_path


def settings(text: str) -> None:
    Path("pyproject.toml").write_text(f"[tool.mloc]\n{text}\n")


# ---- the configuration and the options ------------------------------------------------------------------------------


def test_warnings_can_be_denied_and_ignored(capsys: Capture) -> None:
    assert main(["check", "cached.mlp"]) == 0
    assert main(["check", "cached.mlp", "--deny-warnings"]) == 1
    out, err = capsys.readouterr()
    assert "error[W0704]" in out
    assert err.endswith("1 error in 1 file\n")
    assert main(["check", "cached.mlp", "--deny-warnings", "--ignore", "W06,W0704"]) == 0
    settings('deny = ["W07"]')
    assert main(["check", "cached.mlp"]) == 1
    assert main(["check", "cached.mlp", "--select", "W06"]) == 0


def test_a_denied_warning_keeps_a_program_from_running(capsys: Capture) -> None:
    settings('deny = ["W07"]')
    Path("run.mlp").write_text(CACHED + "\npipeline p():\n    a = train(x=1)\n")
    assert main(["graph", "run.mlp"]) == 1
    assert "error[W0704]" in capsys.readouterr().err


def test_a_suppressed_error_that_leaves_holes_keeps_a_program_from_running(capsys: Capture) -> None:
    Path("holes.mlp").write_text("mlp 1\n\npipeline p():\n    missing()  # mloc: ignore[E0101]\n")
    assert main(["check", "holes.mlp"]) == 0
    assert main(["graph", "holes.mlp"]) == 1
    assert "error[E0101]" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_unknown_codes_are_wrong_usage(option: str, capsys: Capture) -> None:
    assert main(["check", "cached.mlp", option, "W07,W99"]) == 2
    assert f"{option}: `W99` is not a code" in capsys.readouterr().err


def test_a_broken_configuration_is_wrong_usage_for_every_command(capsys: Capture) -> None:
    settings("ignor = []")
    for command in (["check"], ["graph"], ["compile", "--target", "ir"]):
        assert main([*command, "cached.mlp"]) == 2
        assert "pyproject.toml:2: `[tool.mloc]` has no setting `ignor`; did you mean `ignore`?" in capsys.readouterr().err


def test_targets_are_asked(capsys: Capture) -> None:
    settings('targets = ["kfp", "nowhere"]')
    assert main(["check", "cached.mlp"]) == 2
    assert "unknown target `nowhere`" in capsys.readouterr().err
    settings('targets = ["kfp"]')
    assert main(["check", "cached.mlp"]) == 0
    assert main(["check", "cached.mlp", "--target", "nowhere"]) == 2
    assert "unknown target `nowhere`" in capsys.readouterr().err
    heavy = CACHED.replace('image "base:latest"', "resources memory=8GiB") + "\npipeline p():\n    a = train(x=1)\n"
    Path("heavy.mlp").write_text(heavy)
    assert main(["check", "heavy.mlp"]) == 0
    assert "W1118" not in capsys.readouterr().out
    assert main(["check", "heavy.mlp", "--target", "flyte,airflow"]) == 0
    assert "warning[W1118]" in capsys.readouterr().out


def test_what_a_target_of_the_project_cannot_express_is_found(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    refusing = dataclasses.replace(load("kfp"), refused={Feature.RETRY: Refusal("it never tries again", "try in the step")})
    monkeypatch.setattr("mloc.driver.load", lambda _: refusing)
    settings('targets = ["kfp"]')
    text = CACHED.replace('image "base:latest"', "retry 2") + "\npipeline p():\n    train(x=1)\n"
    Path("retried.mlp").write_text(text)
    assert main(["check", "retried.mlp"]) == 1
    assert "error[E1120]: target `kfp` cannot express" in capsys.readouterr().out
    assert main(["graph", "retried.mlp"]) == 0  # which is about no target
    Path("retried.mlp").write_text(text.replace("retry 2", "retry 2  # mloc: ignore[E1120] until the engine can"))
    assert main(["check", "retried.mlp", "--deny-warnings"]) == 0


def test_the_programs_below_a_folder(capsys: Capture) -> None:
    for path in ("sub/deep/a.mlp", "sub/b.mlp", "sub/.hidden/c.mlp", "sub/d.txt"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(CACHED)
    assert main(["check", "sub", "sub/b.mlp", "--output-format", "concise"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == ["sub/b.mlp", "sub/deep/a.mlp"]


# ---- baselines ------------------------------------------------------------------------------------------------------


def test_known_findings_are_not_reported_wherever_they_move(folder: Path, capsys: Capture) -> None:
    assert main(["check", "cached.mlp", "misspelt.mlp", "--write-baseline", "known.json"]) == 0
    assert "3 findings remembered" in capsys.readouterr().err
    document = json.loads(Path("known.json").read_text())
    assert next((f["file"], f["code"], f["count"]) for f in document["findings"]) == ("cached.mlp", "W0704", 1)
    settings('baseline = "known.json"')
    Path("cached.mlp").write_text(CACHED.replace("mlp 1\n", "mlp 1\n\n\n\n"))
    assert main(["check", "cached.mlp", "misspelt.mlp", "--deny-warnings"]) == 0
    assert main(["check", str(folder / "cached.mlp"), "--check-baseline"]) == 0
    Path("cached.mlp").write_text(CACHED + CACHED.replace("mlp 1\n", "").replace("train", "test").replace("base", "other"))
    assert main(["check", "cached.mlp", "--output-format", "concise"]) == 0
    assert capsys.readouterr().out.count("W0704") == 1


def test_what_is_no_longer_found_is_told(capsys: Capture) -> None:
    assert main(["check", "cached.mlp", "misspelt.mlp", "--write-baseline", "known.json"]) == 0
    settings('baseline = "known.json"')
    Path("cached.mlp").write_text(CACHED.replace('    image "base:latest"\n', ""))
    assert main(["check", "cached.mlp"]) == 0
    capsys.readouterr()
    assert main(["check", "cached.mlp", "--check-baseline"]) == 1
    assert "known.json: no longer found: cached.mlp: W0704: the image" in capsys.readouterr().err
    Path("misspelt.mlp").unlink()
    assert main(["check", "cached.mlp", "--check-baseline"]) == 1
    assert capsys.readouterr().err.count("no longer found: misspelt.mlp: E0303") == 2


def test_baselines_that_cannot_be_used(capsys: Capture) -> None:
    assert main(["check", "cached.mlp", "--check-baseline"]) == 2
    settings('baseline = "known.json"')
    assert main(["check", "cached.mlp"]) == 2
    for text in ("", "[]", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{"file": 1}]}'):
        Path("known.json").write_text(text)
        assert main(["check", "cached.mlp"]) == 2
        assert "known.json: " in capsys.readouterr().err


def test_errors_of_syntax_are_not_remembered() -> None:
    Path("broken.mlp").write_text("mlp 1\n\nstep (\n")
    assert main(["check", "broken.mlp", "--write-baseline", "known.json"]) == 0
    settings('baseline = "known.json"')
    assert main(["check", "broken.mlp"]) == 1


# ---- mending --------------------------------------------------------------------------------------------------------


def test_fix_mends_the_file_and_shows_what_is_left(capsys: Capture) -> None:
    Path("misspelt.mlp").write_text(MISSPELT + "    c = nothing()\n")
    Path("misspelt.mlp").chmod(0o640)
    assert main(["check", "--fix", "misspelt.mlp"]) == 1
    assert Path("misspelt.mlp").read_text() == MISSPELT.replace("row=", "rows=").replace("rowz=", "rows=") + "    c = nothing()\n"
    out, err = capsys.readouterr()
    assert "misspelt.mlp:7: fixed E0303: `train` has no input `row`" in err
    assert "error[E0101]" in out
    assert "E0303" not in out
    assert stat.S_IMODE(Path("misspelt.mlp").stat().st_mode) == 0o640
    assert not list(Path().glob(".*"))


def test_diff_shows_and_writes_nothing(capsys: Capture) -> None:
    assert main(["check", "--diff", "misspelt.mlp"]) == 1
    out = capsys.readouterr().out
    assert "-    a = train(row=1)\n" in out
    assert "+    a = train(rows=1)\n" in out
    assert Path("misspelt.mlp").read_text() == MISSPELT
    assert main(["check", "--diff", "cached.mlp"]) == 0


def test_a_fix_uncovers_the_next_one() -> None:
    Path("old.mlp").write_text(MISSPELT.removeprefix("mlp 1\n\n").replace("    a =", "\ta ="))
    assert main(["check", "--fix", "old.mlp"]) == 0
    assert Path("old.mlp").read_text().startswith("mlp 1\n")
    assert "    a = train(rows=1)" in Path("old.mlp").read_text()


def test_byte_order_marks_line_ends_and_links_stay(folder: Path) -> None:
    (folder / "real").mkdir()
    real, link = folder / "real" / "p.mlp", folder / "link.mlp"
    real.write_bytes(b"\xef\xbb\xbf" + MISSPELT.replace("\n", "\r\n").encode())
    link.symlink_to(real)
    assert main(["check", "--fix", "link.mlp"]) == 0
    assert link.is_symlink()
    assert real.read_bytes() == b"\xef\xbb\xbf" + MISSPELT.replace("row=", "rows=").replace("rowz=", "rows=").replace("\n", "\r\n").encode()


def test_imported_files_that_are_not_named_are_left_alone() -> None:
    Path("main.mlp").write_text('mlp 1\n\nimport "misspelt.mlp" as other\n')
    assert main(["check", "--fix", "main.mlp"]) == 1
    assert Path("misspelt.mlp").read_text() == MISSPELT


def test_a_file_that_cannot_be_written_changes_none(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    def copymode(source: Path, _: Path) -> None:
        if source.name == "other.mlp":
            raise OSError(28, "no space left", str(source))

    monkeypatch.setattr("mloc.cli.fixing.shutil.copymode", copymode)
    Path("other.mlp").write_text(MISSPELT)
    assert main(["check", "--fix", "misspelt.mlp", "other.mlp"]) == 2
    assert "other.mlp: cannot be written: no space left" in capsys.readouterr().err
    assert Path("misspelt.mlp").read_text() == Path("other.mlp").read_text() == MISSPELT
    assert not list(Path().glob(".*"))
