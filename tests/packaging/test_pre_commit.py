"""The hooks of `.pre-commit-hooks.yaml`, run by pre-commit itself on a repository of their user's."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mloc.cli import main

pytest.importorskip("pre_commit")
pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
GOOD = """mlp 1

step double(x: int) -> int:
    run inline "return 2 * x"

pipeline p(x: int) -> (y: int):
    y = double(x=x)
    return y=y
"""
BAD = GOOD.replace("double(x=x)", "double(z=1)")


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the hooks as a project would have them, but for who installs mloc: here it is there already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path.parent / "pre-commit"))
    # What a hook of git's own would have left in the environment of this run.
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    subprocess.run(["git", "init", "--quiet"], check=True)
    configure({"mloc-compiled": ["p.mlp", "--target", "kfp", "-o", "deploy/p"]})
    return tmp_path


def configure(args: dict[str, list[str]]) -> None:
    hooks = [{**hook, "language": "system", "entry": here(hook["entry"]), "args": args.get(id_, [])} for id_, hook in HOOKS.items()]
    Path(".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": hooks}]}), encoding="utf-8")


def here(entry: str) -> str:
    command, _, rest = entry.partition(" ")
    assert command == "mloc"
    return f"{shlex.quote(sys.executable)} -m mloc {rest}"


def run(hook: str) -> subprocess.CompletedProcess[str]:
    subprocess.run(["git", "add", "--all"], check=True)
    return subprocess.run([sys.executable, "-m", "pre_commit", "run", hook], capture_output=True, text=True, check=False)


def test_the_hooks_file_is_right() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(CHECKOUT / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True)
    assert HOOKS.keys() == {"mloc-check", "mloc-fmt", "mloc-compiled"}
    assert {hook["language"] for hook in HOOKS.values()} == {"python"}


def test_check() -> None:
    Path("p.mlp").write_text(BAD)
    done = run("mloc-check")
    assert (done.returncode, "error[E0303]" in done.stdout) == (1, True), done.stdout
    Path("p.mlp").write_text(GOOD)
    assert run("mloc-check").returncode == 0


def test_fmt() -> None:
    Path("p.mlp").write_text(GOOD.replace("double(x: int)", "double(  x:int )"))
    done = run("mloc-fmt")
    assert (done.returncode, "files were modified" in done.stdout) == (1, True), done.stdout
    assert Path("p.mlp").read_text() == GOOD
    assert run("mloc-fmt").returncode == 0


def test_other_files_are_no_matter() -> None:
    Path("p.txt").write_text(BAD)
    for hook in ("mloc-check", "mloc-fmt"):
        assert "no files to check" in run(hook).stdout


def test_compiled() -> None:
    Path("p.mlp").write_text(GOOD)
    done = run("mloc-compiled")
    assert (done.returncode, "stale" in done.stdout) == (1, True), done.stdout
    assert main(["compile", "p.mlp", "--target", "kfp", "-o", "deploy/p"]) == 0
    assert run("mloc-compiled").returncode == 0
    Path("p.mlp").write_text(GOOD.replace("2 * x", "3 * x"))
    assert run("mloc-compiled").returncode == 1
