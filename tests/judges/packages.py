"""Packages bundles for Flyte in this process, by flytekit's own command, and writes packages with something changed in them."""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flytekit import LaunchPlan
from flytekit.clis.sdk_in_container.pyflyte import main
from flytekit.core.context_manager import FlyteEntities


def package(bundle: Path, archive: Path) -> None:
    """`pyflyte package` of the one module of a bundle."""
    (module,) = (path.stem for path in bundle.glob("*.py"))
    command = ["--pkgs", module, "package", "--image", "python:3.11-slim", "--output", str(archive), "--force"]
    with _in(bundle):
        main(command, standalone_mode=False)


@contextmanager
def _in(folder: Path) -> Iterator[None]:
    """A process that works in a folder and has imported nothing from any other: flytekit keeps whatever was ever imported."""
    here, path, entities = Path.cwd(), list(sys.path), list(FlyteEntities.entities)
    environment = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(("MLOC_", "FLYTE_"))}
    FlyteEntities.entities.clear()
    # The default launch plan of a workflow is kept by its name, with the workflow that first had it.
    LaunchPlan.CACHE.clear()
    # Another test of this process may have imported a bundle with modules of the same names.
    _forget(folder)
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)
        sys.path[:] = path
        os.environ.update(environment)
        FlyteEntities.entities[:] = entities
        _forget(folder)


def _forget(folder: Path) -> None:
    own = {entry.stem for entry in folder.iterdir()}
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]


def read(archive: Path) -> dict[str, bytes]:
    """The entries of a package by name."""
    with tarfile.open(archive) as tar:
        streams = ((member.name, tar.extractfile(member)) for member in tar.getmembers())
        return {name: stream.read() for name, stream in streams if stream is not None}


def write(entries: Mapping[str, bytes], archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in entries.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
