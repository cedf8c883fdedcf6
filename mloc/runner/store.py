"""Stores of artifacts: the protocol that engines adapt their own to, and a content-addressed folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from .jsons import Json, canonical

FOLDER_VARIABLE = "MLOC_STORE"

_BLOCK = 1 << 20


class StoreError(Exception):
    """An artifact could not be kept or fetched; the message is for the user."""


class Store(Protocol):
    """Where artifacts live. `put` keeps a file or a directory tree and describes it; `get` gives a copy of one in a folder."""

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        """The descriptor `{uri, digest, size, type}` of what is at a path. Raises StoreError."""

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        """The path, in the folder, of a copy that the caller may change or delete. Raises StoreError."""


class FileStore:
    """Artifacts in a folder, by content: `objects/<2>/<62>` is a file or a directory tree and never changes.

    Many processes may use one root at once. `get` takes any `file://` URI, and checks the digest of what it copies.
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).absolute()

    @classmethod
    def from_environment(cls) -> FileStore:
        """The store that MLOC_STORE names, as a path or a file:// URI. Raises StoreError when it is not set."""
        place = os.environ.get(FOLDER_VARIABLE)
        if not place:
            raise StoreError(f"the environment variable {FOLDER_VARIABLE} does not name a store")
        return cls(file_path(place) if place.startswith("file:") else place)

    def put(self, path: Path, type_: Json) -> dict[str, Json]:
        try:
            return self._put(path, type_)
        except OSError as error:
            raise StoreError(f"`{path.name}` cannot be kept in the store {self.root}: {reason(error)}") from error

    def _put(self, path: Path, type_: Json) -> dict[str, Json]:
        unfinished = self.root / "unfinished" / os.urandom(16).hex()
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        try:
            digest, size = copy_tree(path, unfinished) if path.is_dir() else copy_file(path, unfinished)
            _make_read_only(unfinished)
            target = self.root / "objects" / digest[:2] / digest[2:]
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                _move(unfinished, target)
        finally:
            _discard(unfinished)
        return {"uri": target.as_uri(), "digest": f"sha256:{digest}", "size": size, "type": type_}

    def get(self, descriptor: Mapping[str, Json], folder: Path) -> Path:
        uri = descriptor.get("uri")
        if not isinstance(uri, str):
            raise StoreError("the descriptor of an artifact has no `uri`")
        source, copy = file_path(uri), folder / os.urandom(16).hex()
        try:
            digest, _ = copy_tree(source, copy) if source.is_dir() else copy_file(source, copy)
        except FileNotFoundError:
            raise StoreError(f"{uri} is not in the store: it was deleted, or belongs to another machine") from None
        except OSError as error:
            raise StoreError(f"{uri} cannot be fetched: {reason(error)}") from error
        if f"sha256:{digest}" != descriptor.get("digest"):
            raise StoreError(f"{uri} was changed: its content no longer has the digest {descriptor.get('digest')}")
        return copy


def file_path(uri: str) -> Path:
    """The local path of a `file://` URI. Raises StoreError for any other."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        raise StoreError(f"{uri} is not a file:// URI: this store keeps local files only")
    return Path(unquote(parts.path))


def reason(error: OSError) -> str:
    """What went wrong with a file, in words for the user (`No space left on device`)."""
    where = f": {error.filename}" if error.filename else ""
    return f"{error.strerror or error}{where}"


def copy_file(source: Path, target: Path) -> tuple[str, int]:
    """Copy a file's content; gives its SHA-256 in hex and its size in bytes. Raises OSError for anything but a regular file."""
    if not stat.S_ISREG(source.stat().st_mode):
        raise OSError(f"{source.name} is neither a file nor a directory")
    with source.open("rb") as reading, target.open("xb") as writing:
        return _pour(reading, writing)


def _pour(reading: BinaryIO, writing: BinaryIO) -> tuple[str, int]:
    import hashlib  # here and below: not for a child without artifacts

    digest, size = hashlib.sha256(), 0
    for block in iter(lambda: reading.read(_BLOCK), b""):
        digest.update(block)
        writing.write(block)
        size += len(block)
    return digest.hexdigest(), size


def copy_tree(source: Path, target: Path) -> tuple[str, int]:
    """Copy the files of a directory tree with their names and executable bits; gives its Merkle digest and the sum of sizes.

    Links to files are copied as files. Empty directories do not survive. Raises OSError for links to directories and special files.
    """
    import hashlib

    target.mkdir()
    entries: list[Json] = []
    total = 0
    for path in sorted(_files(source), key=lambda found: found.relative_to(source).as_posix()):
        relative = path.relative_to(source)
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True)
        digest, size = copy_file(path, copy)
        executable = bool(path.stat().st_mode & stat.S_IXUSR)
        copy.chmod(0o755 if executable else 0o644)
        name = os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")
        entries.append([name, executable, f"sha256:{digest}"])
        total += size
    # The prefix keeps a tree apart from a file that has the manifest as its content.
    return hashlib.sha256(b"mloc-dir/1\0" + canonical(entries).encode()).hexdigest(), total


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if not path.is_dir():
            yield path
        elif path.is_symlink():
            raise OSError(f"{path.name} is a link to a directory, which an artifact cannot hold")
        else:
            yield from _files(path)


def _make_read_only(path: Path) -> None:
    for file in _files(path) if path.is_dir() else [path]:
        file.chmod(file.stat().st_mode & ~0o222)


def _move(unfinished: Path, target: Path) -> None:
    try:
        unfinished.rename(target)
    except OSError:
        # Another process put the same tree there first; a tree cannot be renamed over one.
        if not target.exists():
            raise


def _discard(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
