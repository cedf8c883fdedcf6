"""A backend in a distribution of its own: built, installed beside mloc's wheel, found by its entry point, held to the same programs."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import lark
import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
PLUGIN = Path(__file__).parent / "mloc-make"
LOOPING = """mlp 1

step show(n: int) -> int:
    run inline "return n"

pipeline p(ns: list[int] = [1, 2]) -> (all: list[int]):
    all = for n in ns limit 2:
        shown = show(n=n)
        yield shown
    return all=all
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with both wheels; what mloc depends on is seen from where it is here."""
    folder = tmp_path_factory.mktemp("plugin")
    for source in (CHECKOUT, PLUGIN):
        build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder / "wheels")]
        subprocess.run(build, cwd=source, check=True, capture_output=True)
    venv.create(folder / "venv", symlinks=True, with_pip=False)
    made = folder / "venv" / "bin" / "python"
    wheels = sorted(str(path) for path in (folder / "wheels").glob("*.whl"))
    pip = [sys.executable, "-m", "pip", "--python", str(made), "install", "--quiet", "--no-deps", "--no-index", *wheels]
    subprocess.run(pip, check=True, capture_output=True)
    paths = {"base": str(folder / "venv"), "platbase": str(folder / "venv")}
    site = Path(sysconfig.get_path("purelib", "venv", paths))
    # After the environment's own packages, so that mloc is the wheel's.
    (site / "packages.pth").write_text(f"import site; site.addsitedir({str(Path(lark.__file__).parents[1])!r})\n")
    return made


def run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(python), "-m", *words], cwd=folder, capture_output=True, text=True, check=False)


def test_it_passes_the_conformance_programs(python: Path, tmp_path: Path) -> None:
    # In a folder of its own: what it needs of mloc is in the wheel.
    (tmp_path / "conformance.py").write_text((PLUGIN / "conformance.py").read_text(encoding="utf-8"))
    done = run(python, tmp_path, "pytest", "-q", "-p", "no:cacheprovider", "conformance.py")
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_target_is_one_of_all(python: Path, tmp_path: Path) -> None:
    hello = (CHECKOUT / "tests" / "conformance" / "programs" / "straight.mlp").read_text(encoding="utf-8")
    (tmp_path / "p.mlp").write_text(hello)
    done = run(python, tmp_path, "mloc", "verify", "p.mlp", "--engines", "make", "--set", "n=3", "--output-format", "json")
    assert done.returncode == 0, done.stdout + done.stderr
    native, make = json.loads(done.stdout)["engines"]
    assert (native["outcome"], make["outcome"], make["report"]["engine"]["name"]) == ("reference", "same", "make")
    listed = run(python, tmp_path, "mloc", "check", "--all-targets", "p.mlp")
    assert listed.stdout.splitlines()[0].split() == ["p.mlp", "line", "airflow", "flyte", "kfp", "make"]


def test_what_it_refuses_is_told_with_its_place(python: Path, tmp_path: Path) -> None:
    (tmp_path / "p.mlp").write_text(LOOPING)
    done = run(python, tmp_path, "mloc", "compile", "p.mlp", "--target", "make")
    assert done.returncode == 4
    assert done.stderr.startswith("error[E1120]: target `make` cannot express for: its rules are fixed before it runs")
    assert "--> p.mlp:7:5" in done.stderr
    assert done.stderr.count("E1120") == 1


def test_a_bundle_runs_without_mloc(python: Path, tmp_path: Path) -> None:
    (tmp_path / "p.mlp").write_text((CHECKOUT / "tests" / "conformance" / "programs" / "straight.mlp").read_text(encoding="utf-8"))
    assert run(python, tmp_path, "mloc", "compile", "p.mlp", "--target", "make", "-o", "out").returncode == 0
    for file in (tmp_path / "out").rglob("*.py"):
        assert "import mloc" not in file.read_text(encoding="utf-8").replace("import mloc_", "")
    environment = {"PATH": "/usr/bin:/bin", "MLOC_STORE": str(tmp_path / "store")}
    bare = ["make", "--keep-going", f"PYTHON={sys.executable} -S -E"]
    done = subprocess.run(bare, cwd=tmp_path / "out", env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = json.loads((tmp_path / "out" / "run" / "outputs.json").read_text())
    assert outputs == {"$outputs.text": '"42 rows"', "$outputs.size": "42", "$outputs.doubled": "42"}


def test_what_a_block_says_to_it(python: Path, tmp_path: Path) -> None:
    """The table of attributes is in its own distribution, and is held against programs as those of mloc's targets are."""
    program = (
        LOOPING[: LOOPING.index("pipeline")]
        + "pipeline p() -> (a: int, b: int):\n    a = show(n=1)\n    b = show(n=2)\n    return a=a, b=b\n"
    )
    (tmp_path / "p.mlp").write_text(program + '\ntarget make:\n    step b:\n        python "python3.12"\n')
    assert run(python, tmp_path, "mloc", "compile", "p.mlp", "--target", "make", "-o", "out").returncode == 0
    recipes = [line.split()[0] for line in (tmp_path / "out" / "Makefile").read_text().splitlines() if line.startswith("\t@")]
    assert sorted(set(recipes)) == ["@$(PYTHON)", "@python3.12"]
    assert recipes.count("@python3.12") == 1
    (tmp_path / "p.mlp").write_text(program + '\ntarget make:\n    step b:\n        pyhton "python3.12"\n        pool "gpu"\n')
    done = run(python, tmp_path, "mloc", "check", "p.mlp")
    assert done.returncode == 1
    assert "did you mean `python`?" in done.stdout
    assert "`pool` is an attribute of target `airflow`" in done.stdout
