"""Artifacts in the place Flyte keeps raw data in: s3, gs or a folder, by flytekit's own file access."""

from __future__ import annotations

import tarfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from flytekit import FlyteContextManager
from flytekit.exceptions.base import FlyteException

from .runner.jsons import Json
from .runner.store import StoreError, copy_file, copy_tree

# An object store knows no executable bits and no unusual names, so a directory travels as one archive.
_TREE = "tree.tar"
_FILE = "file"


class FlyteStore:
    """A store whose `put` uploads below the raw output prefix of the task that makes it, and whose `get` checks what it fetched."""

    def __init__(self) -> None:
        # Taken now: the runner may call from another thread, where flytekit would answer with its defaults.
        self._access = FlyteContextManager.current_context().file_access

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        with TemporaryDirectory() as scratch:
            try:
                is_tree, upload = path.is_dir(), Path(scratch, "copy")
                digest, size = copy_tree(path, upload) if is_tree else copy_file(path, upload)
                if is_tree:
                    upload = _pack(upload, Path(scratch, _TREE))
                uri: str = self._access.get_random_remote_path(_TREE if is_tree else _FILE)
                self._access.put_data(str(upload), uri)
            except (OSError, FlyteException) as error:
                raise StoreError(f"`{path.name}` cannot be kept: {error}") from error
        return {"uri": uri, "digest": f"sha256:{digest}", "size": size, "type": type_}

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        uri = descriptor.get("uri")
        if not isinstance(uri, str):
            raise StoreError("the descriptor of an artifact has no `uri`")
        copy = folder / uuid.uuid4().hex
        with TemporaryDirectory() as scratch:
            fetched = Path(scratch, "fetched")
            try:
                self._access.get_data(uri, str(fetched))
                digest = _unpack(fetched, copy) if uri.endswith(f"/{_TREE}") else copy_file(fetched, copy)[0]
            except (OSError, tarfile.TarError, FlyteException) as error:
                raise StoreError(f"{uri} cannot be fetched: {error}") from error
        if f"sha256:{digest}" != descriptor.get("digest"):
            raise StoreError(f"{uri} was changed: its content no longer has the digest {descriptor.get('digest')}")
        return copy


def _pack(folder: Path, archive: Path) -> Path:
    with tarfile.open(archive, "w") as tar:
        tar.add(folder, arcname=".")
    return archive


def _unpack(archive: Path, copy: Path) -> str:
    """The tree of an archive as a new folder `copy`; gives its digest."""
    with TemporaryDirectory() as scratch, tarfile.open(archive) as tar:
        tar.extractall(scratch, filter="data")
        return copy_tree(Path(scratch), copy)[0]
