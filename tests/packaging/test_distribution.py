"""What ships is complete: the wheel has every package, the grammar, the type markers, the backends and the command."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_has_every_module_of_the_checkout(wheel: zipfile.ZipFile) -> None:
    modules = {path.relative_to(CHECKOUT).as_posix() for path in (CHECKOUT / "mloc").rglob("*.py")}
    modules |= {path.relative_to(CHECKOUT / "backends").as_posix() for path in (CHECKOUT / "backends").rglob("mloc_*/**/*.py")}
    assert modules <= set(wheel.namelist())


def test_the_wheel_has_the_grammar_and_the_type_markers(wheel: zipfile.ZipFile) -> None:
    markers = {f"{package}/py.typed" for package in ("mloc", "mloc_kfp", "mloc_airflow", "mloc_flyte")}
    tables = {f"mloc_{target}/attributes.schema.json" for target in ("kfp", "airflow", "flyte")}
    assert {"mloc/grammar/mlp.lark", *markers, *tables} <= set(wheel.namelist())


def test_the_wheel_has_the_conformance_programs(wheel: zipfile.ZipFile) -> None:
    programs = CHECKOUT / "tests" / "conformance" / "programs"
    files = [path.relative_to(programs).as_posix() for path in programs.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert {f"mloc/testing/programs/{path}" for path in files} <= set(wheel.namelist())
    assert not [name for name in wheel.namelist() if "__pycache__" in name]


def test_the_wheel_names_the_backends_and_the_command(wheel: zipfile.ZipFile) -> None:
    (path,) = (name for name in wheel.namelist() if name.endswith(".dist-info/entry_points.txt"))
    entry_points = configparser.ConfigParser()
    entry_points.read_string(wheel.read(path).decode())
    assert dict(entry_points["mloc.backends"]) == {target: f"mloc_{target}:backend" for target in ("kfp", "airflow", "flyte")}
    assert dict(entry_points["console_scripts"]) == {"mloc": "mloc.cli:main"}
