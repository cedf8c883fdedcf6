"""Artifacts at a URL, by content, as the store of a folder keeps them; and the store that a text names."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from . import remote
from .jsons import Json
from .store import FOLDER_VARIABLE, FileStore, Store, StoreError, copy_file, copy_tree, file_path

# An object store knows no executable bits, no empty trees and not every name: a tree travels as one archive.
_TREE = ".tree.tar"
_MARK = "mloc-store.json"


class RemoteStore:
    """Artifacts at a URL: `objects/<2>/<62>` is a file, `objects/<2>/<62>.tree.tar` a directory tree, and never changes.

    Many machines may use one root at once: an object is there whole or not at all, and all who write one write the same.
    `get` also takes the URIs of other stores, and checks the digest of what it copies.
    """

    def __init__(self, root: str) -> None:
        """Raises StoreError for a URL that is none of a store."""
        self.root = store_url(root)

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        with TemporaryDirectory(prefix="mloc-") as folder:
            # What is sent is a copy, so that it is what the digest says, whatever becomes of the original meanwhile.
            copy, is_tree = Path(folder, "copy"), path.is_dir()
            try:
                digest, size = copy_tree(path, copy) if is_tree else copy_file(path, copy)
                sent = _pack(copy, Path(folder, "packed")) if is_tree else copy
                length = sent.stat().st_size
            except OSError as error:
                raise StoreError(f"`{path.name}` cannot be read: {error}") from error
            uri = f"{self.root}/objects/{digest[:2]}/{digest[2:]}{_TREE if is_tree else ''}"
            if remote.size(uri) != length:
                remote.upload(sent, uri)
        return {"uri": uri, "digest": f"sha256:{digest}", "size": size, "type": type_}

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        uri = descriptor.get("uri")
        if not isinstance(uri, str):
            raise StoreError("the descriptor of an artifact has no `uri`")
        if not remote.is_remote(uri):
            return FileStore(folder).get(descriptor, folder)
        copy = folder / os.urandom(16).hex()
        with TemporaryDirectory(prefix="mloc-") as scratch:
            fetched = Path(scratch, "fetched")
            _fetch(uri, fetched)
            try:
                digest = _unpack(fetched, copy) if uri.endswith(_TREE) else copy_file(fetched, copy)[0]
            except OSError as error:
                raise StoreError(f"{uri} cannot be fetched: {error}") from error
        if f"sha256:{digest}" != descriptor.get("digest"):
            raise StoreError(f"{uri} was changed: its content no longer has the digest {descriptor.get('digest')}")
        return copy

    def probe(self) -> None:
        """Make sure that the store can be written, before anything is started. Raises StoreError."""
        remote.write(f"{self.root}/{_MARK}", b'{"schema":"mloc-store/1"}', replace=False)


def open_store(place: str) -> FileStore | RemoteStore:
    """The store that a path, a `file://` URL or the URL of a bucket names. Raises StoreError."""
    if remote.is_remote(place):
        return RemoteStore(place)
    return FileStore(file_path(place) if place.startswith("file:") else place)


def store_from_environment() -> FileStore | RemoteStore:
    """The store that MLOC_STORE names. Raises StoreError when it is not set."""
    return open_store(os.environ[FOLDER_VARIABLE]) if os.environ.get(FOLDER_VARIABLE) else FileStore.from_environment()


def put_given(text: str, type_: Json, store: Store) -> dict[str, Json]:
    """The descriptor of what a path or URL of the user's names, which is copied into the store. Raises StoreError."""
    if not remote.is_remote(text):
        return store.put(file_path(text) if text.startswith("file:") else Path(text), type_)
    is_model = isinstance(type_, dict) and "model" in type_
    with TemporaryDirectory(prefix="mloc-") as folder:
        copy = Path(folder, text.rstrip("/").rpartition("/")[2] or "given")
        remote.download(text, copy, tree=None if is_model else type_ == "dir")
        if not copy.exists():
            raise StoreError(f"{text}: there is no such folder")
        return store.put(copy, type_)


def store_url(text: str) -> str:
    """The URL of a store without its last slash. Raises StoreError, in whose text nothing is shown that may be a secret."""
    scheme, _, rest = text.partition("://")
    known = ", ".join(f"{name}://" for name in remote.PACKAGES)
    if scheme not in remote.PACKAGES:
        raise StoreError(f"{scheme}:// is no store: a store is a folder, or file://, {known}")
    parts = urlsplit(text)
    at = parts.netloc.rpartition("@")[0]
    if ":" in at or (at and scheme != "abfs") or re.search(r"[?#]", rest):
        wanted = f"{scheme}://BUCKET/PREFIX, and set the variables of its library"
        raise StoreError(f"the URL of a store holds no credentials, no `?` and no `#`: write {wanted}")
    if not parts.netloc:
        raise StoreError(f"{text} names no bucket: {scheme}://BUCKET/PREFIX")
    return text.rstrip("/")


def _fetch(uri: str, target: Path) -> None:
    if remote.size(uri) is None:
        raise StoreError(f"{uri} is not in the store: it was deleted, or belongs to another store")
    remote.download(uri, target)


def _pack(folder: Path, archive: Path) -> Path:
    """Write a tree as an archive that depends on its content alone."""
    import tarfile  # here and below: few artifacts are trees

    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            about = tar.gettarinfo(path, path.relative_to(folder).as_posix())
            about.mtime, about.uid, about.gid, about.uname, about.gname = 0, 0, 0, "", ""
            with path.open("rb") as content:
                tar.addfile(about, content)
    return archive


def _unpack(archive: Path, copy: Path) -> str:
    """The tree of an archive as a new folder; gives its digest. Raises OSError."""
    import tarfile

    try:
        with TemporaryDirectory(prefix="mloc-") as scratch, tarfile.open(archive) as tar:
            # Pythons before the security releases of 2023 have no filters.
            if hasattr(tarfile, "data_filter"):
                tar.extractall(scratch, filter="data")
            else:
                tar.extractall(scratch)
            return copy_tree(Path(scratch), copy)[0]
    except tarfile.TarError as error:
        raise OSError(f"its archive is damaged: {error}") from error
