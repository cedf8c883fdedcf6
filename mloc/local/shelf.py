"""Small texts by name, in a folder or at a URL: each is there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from mloc.runner import remote
from mloc.runner.store import StoreError, file_path, reason


class Shelf(Protocol):
    """Where texts are kept."""

    def read(self, name: str) -> str | None:
        """A text, None when it is not there. Raises StoreError, and ValueError for what is no text of ours."""

    def write(self, name: str, text: str, *, replace: bool) -> None:
        """Keep an ASCII text; unless `replace`, one that is there stays. Raises StoreError."""


class Folder:
    """A shelf in a folder. Many processes may use it at once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, name: str) -> str | None:
        try:
            return (self._root / name).read_text(encoding="ascii")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(reason(error)) from error

    def write(self, name: str, text: str, *, replace: bool) -> None:
        path = self._root / name
        unfinished = path.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(text, encoding="ascii")
            if replace:
                unfinished.replace(path)
            else:
                with suppress(FileExistsError):
                    os.link(unfinished, path)
        except OSError as error:
            raise StoreError(f"{path} cannot be written: {reason(error)}") from error
        finally:
            unfinished.unlink(missing_ok=True)


class Bucket:
    """A shelf at a URL. Many machines may use it at once."""

    def __init__(self, root: str) -> None:
        self._root = root

    def read(self, name: str) -> str | None:
        data = remote.read(f"{self._root}/{name}")
        return None if data is None else data.decode("ascii")

    def write(self, name: str, text: str, *, replace: bool) -> None:
        remote.write(f"{self._root}/{name}", text.encode("ascii"), replace=replace)


def is_there(uri: str) -> bool:
    """Whether the artifact of a URI is where it was kept."""
    try:
        return remote.size(uri) is not None if remote.is_remote(uri) else file_path(uri).exists()
    except StoreError:
        return False
