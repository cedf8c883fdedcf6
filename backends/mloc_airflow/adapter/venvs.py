"""Virtual environments with a step's packages, made on first use on a machine and kept there for all runs."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mloc.runner.api import StepFailed
from mloc.runner.jsons import Json, canonical

_READY = "mloc-ready"
_TAIL = 2000


def interpreter(packages: Sequence[str], python: str | None, log: Callable[[str], None]) -> str:
    """The Python of the environment with these packages. Raises StepFailed when it cannot be made."""
    base = _base(python)
    listed: list[Json] = list(packages)
    key = hashlib.sha256(canonical([listed, base, sys.version]).encode()).hexdigest()[:24]
    folder = _root() / key
    made = folder / "bin" / "python"
    if not (folder / _READY).exists():
        with _alone(folder):
            if not (folder / _READY).exists():
                log(f"making the virtual environment {folder} with {', '.join(packages) or 'no packages'}")
                _make(folder, base, packages)
                (folder / _READY).touch()
    return str(made)


def _root() -> Path:
    place = os.environ.get("MLOC_VENVS")
    return Path(place) if place else Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "mloc-venvs"


def _base(python: str | None) -> str:
    """The interpreter to make it from: this one, or one of another version."""
    if python is None or python == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    found = shutil.which(f"python{python}")
    if found is None:
        raise StepFailed("exception", f"the step needs Python {python}, and there is no `python{python}` on the PATH of this worker")
    return found


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process of a machine makes an environment; the others wait for it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise StepFailed("exception", f"virtual environments cannot be kept in {folder.parent}: {error.strerror or error}") from error


def _make(folder: Path, base: str, packages: Sequence[str]) -> None:
    """Make it anew: what another process left unfinished is deleted."""
    shutil.rmtree(folder, ignore_errors=True)
    made = str(folder / "bin" / "python")
    uv = shutil.which("uv")
    if uv is not None:
        _call([uv, "venv", "--quiet", "--python", base, str(folder)], packages)
        install = [uv, "pip", "install", "--quiet", "--python", made]
    else:
        _call([base, "-m", "venv", str(folder)], packages)
        install = [made, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    if packages:
        _call([*install, "--", *packages], packages)


def _call(command: list[str], packages: Sequence[str]) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        said = done.stdout.strip()[-_TAIL:]
        what = f"the virtual environment with {', '.join(packages) or 'no packages'} cannot be made"
        raise StepFailed("exception", f"{what}: {said or f'{command[0]} ended with exit code {done.returncode}'}", log_tail=said)
