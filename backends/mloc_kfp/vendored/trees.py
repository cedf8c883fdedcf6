"""Directory trees as one archive, where Kubeflow's object store would lose a part of them: executable bits, and trees without files."""

from __future__ import annotations

import stat
import tarfile
import uuid
from pathlib import Path

# No tree has this name for its first file: a model or directory of the user's that is an archive itself is not taken for one of ours.
_MARK = ".mloc-tree"


def is_fragile(tree: Path) -> bool:
    """Whether a tree would come back from an object store as another one."""
    files = [path for path in tree.rglob("*") if path.is_file()]
    return not files or any(path.stat().st_mode & stat.S_IXUSR for path in files)


def pack(tree: Path, archive: Path) -> None:
    """Write a tree as an archive."""
    with tarfile.open(archive, "w") as tar:
        tar.addfile(tarfile.TarInfo(_MARK))
        tar.add(tree, arcname="tree")


def is_packed(path: Path) -> bool:
    """Whether this is what `pack` wrote."""
    if not path.is_file() or not tarfile.is_tarfile(path):
        return False
    with tarfile.open(path) as tar:
        first = tar.next()
    return first is not None and first.name == _MARK


def unpack(archive: Path, folder: Path) -> Path:
    """The tree of an archive, below the folder."""
    target = folder / uuid.uuid4().hex
    with tarfile.open(archive) as tar:
        # Pythons before the security releases of 2023 have no filters.
        if hasattr(tarfile, "data_filter"):
            tar.extractall(target, filter="data")
        else:
            tar.extractall(target)
    return target / "tree"
