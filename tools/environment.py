#!/usr/bin/env python3
"""Makes the Python environment that a lock file describes, and prints the path of its interpreter.

    python3.11 tools/environment.py engines tests/requirements/engines.lock

Two layers, because installing an engine takes a minute and a checkout changes all day:

* the *packages*: a venv with exactly the locked packages, named by the hash of the lock and of the Python it was made with,
  below `${MLOC_CACHE:-~/.cache/mloc}/venvs/`, shared by all checkouts of this user, never changed once complete;
* the *checkout*: a thin venv below `.venv/`, which sees the packages through a `.pth` file and holds this checkout of mloc,
  installed editable, with its entry points. So two checkouts share packages and never see each other's code.

Standard library only. Safe to run twice at the same time: each layer has a file lock, and one without its mark of completion is made anew.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)


def main() -> int:
    """Make both layers, or find them made; the interpreter's path is the only line on standard output."""
    parser = argparse.ArgumentParser(description="Make the environment of a lock file; print the path of its Python.")
    parser.add_argument("name", help="what to call it: .venv/NAME")
    parser.add_argument("lock", type=Path, help="a requirements file with exact versions")
    arguments = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        return refuse(f"Python {OLDEST_PYTHON[0]}.{OLDEST_PYTHON[1]} or newer is needed, this is {sys.version.split()[0]}")
    if not arguments.lock.is_file():
        return refuse(f"there is no lock file {arguments.lock}")
    try:
        packages = make_packages(arguments.name, arguments.lock)
        print(make_checkout(arguments.name, packages) / "bin" / "python")
    except subprocess.CalledProcessError as failure:
        return refuse(f"this command failed with exit code {failure.returncode}: {' '.join(map(str, failure.cmd))}")
    return 0


def make_packages(name: str, lock: Path) -> Path:
    """The shared venv with the locked packages."""
    key = digest(lock.read_bytes(), sys.version.encode(), sys.base_prefix.encode())
    folder = cache() / "venvs" / f"{name}-{key}"
    with held(folder.with_name(folder.name + ".lock")):
        if (folder / ".complete").exists():
            return folder
        say(f"installing {lock} (once for this user; a minute or two)")
        venv.create(folder, clear=True, symlinks=True, with_pip=True)
        pip(folder, "install", "--requirement", lock)
        pip(folder, "check")
        (folder / ".complete").touch()
    return folder


def make_checkout(name: str, packages: Path) -> Path:
    """The thin venv of this checkout, on top of the packages."""
    folder = CHECKOUT / ".venv" / name
    made_from = digest(
        str(folder).encode(), str(packages).encode(), (CHECKOUT / "pyproject.toml").read_bytes(), Path(__file__).read_bytes()
    )
    mark = folder / ".complete"
    with held(folder.with_name(folder.name + ".lock")):
        if mark.exists() and mark.read_text() == made_from:
            return folder
        say(f"installing this checkout into {folder.relative_to(CHECKOUT)}")
        venv.create(folder, clear=True, symlinks=True, with_pip=False)
        # `addsitedir` rather than a bare path, so that the packages' own .pth files count too.
        (site_packages(folder) / "packages.pth").write_text(f"import site; site.addsitedir({str(site_packages(packages))!r})\n")
        link_scripts(packages / "bin", folder / "bin")
        pip(folder, "install", "--no-deps", "--no-build-isolation", "--editable", CHECKOUT)
        mark.write_text(made_from)
    return folder


def link_scripts(packages: Path, checkout: Path) -> None:
    """Offer the packages' commands in the checkout's venv, the Python ones under its interpreter, so that they find mloc too."""
    shebang = f"#!{packages}/python".encode()
    for script in sorted(packages.iterdir()):
        mine = checkout / script.name
        if script.is_dir() or mine.exists() or script.name.lower().startswith(("python", "activate")):
            continue
        text = script.read_bytes()
        first, newline, rest = text.partition(b"\n")
        if first.startswith(shebang):
            mine.write_bytes(f"#!{checkout}/python".encode() + newline + rest)
            shutil.copymode(script, mine)
        else:
            mine.symlink_to(script)


def site_packages(folder: Path) -> Path:
    return folder / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


def cache() -> Path:
    return Path(os.environ.get("MLOC_CACHE") or Path.home() / ".cache" / "mloc").resolve()


def digest(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()[:16]


@contextlib.contextmanager
def held(lock: Path) -> Iterator[None]:
    """Only one process at a time makes what the lock stands for; the others wait, and then find it made."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def pip(folder: Path, *arguments: str | Path) -> None:
    """Run a venv's pip, what it prints going to standard error, without a Python environment of the caller's leaking in."""
    command = (folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments)
    clean = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}}
    subprocess.run([str(word) for word in command], check=True, stdout=sys.stderr, env=clean)


def say(text: str) -> None:
    print(f"environment: {text}", file=sys.stderr, flush=True)


def refuse(reason: str) -> int:
    say(reason)
    return 2


if __name__ == "__main__":
    sys.exit(main())
