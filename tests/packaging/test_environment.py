"""The two layers of `tools/environment.py`: packages are shared, checkouts are not, and what is incomplete is made anew."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def environment() -> ModuleType:
    spec = importlib.util.spec_from_file_location("environment", CHECKOUT / "tools" / "environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "empty.lock"
    path.write_text("# nothing\n")
    return path


def test_packages_are_made_once(environment: ModuleType, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOC_CACHE", str(lock.parent / "cache"))
    first = environment.make_packages("small", lock)
    (first / "witness").touch()
    assert environment.make_packages("small", lock) == first
    assert (first / "witness").exists()


def test_packages_without_their_mark_are_made_anew(environment: ModuleType, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOC_CACHE", str(lock.parent / "cache"))
    folder = environment.make_packages("small", lock)
    (folder / "witness").touch()
    (folder / ".complete").unlink()
    assert environment.make_packages("small", lock) == folder
    assert not (folder / "witness").exists()


def test_another_lock_gives_another_folder(environment: ModuleType, lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLOC_CACHE", str(lock.parent / "cache"))
    first = environment.make_packages("small", lock)
    lock.write_text("# nothing, said differently\n")
    assert environment.make_packages("small", lock) != first


def test_commands_run_under_the_python_of_the_checkout(environment: ModuleType, tmp_path: Path) -> None:
    packages, checkout = tmp_path / "packages", tmp_path / "checkout"
    packages.mkdir()
    checkout.mkdir()
    (packages / "tool").write_bytes(f"#!{packages}/python\nprint('hello')\n".encode())
    (packages / "tool").chmod(0o755)
    (packages / "binary").write_bytes(b"\x7fELF")
    (packages / "__pycache__").mkdir()
    (checkout / "python").symlink_to(sys.executable)
    environment.link_scripts(packages, checkout)
    assert (checkout / "binary").readlink() == packages / "binary"
    assert os.access(checkout / "tool", os.X_OK)
    assert (checkout / "tool").read_text().startswith(f"#!{checkout}/python\n")


def test_a_missing_lock_is_refused(environment: ModuleType, tmp_path: Path) -> None:
    command = [sys.executable, str(CHECKOUT / "tools" / "environment.py"), "small", str(tmp_path / "absent.lock")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no lock file" in done.stderr
