"""Python source files, read and parsed once a process."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

from mloc.frozen import dataclass


@dataclass(frozen=True, slots=True)
class PythonFile:
    """A file that parses; `data` are its bytes as they are on disk."""

    path: Path
    data: bytes
    tree: ast.Module


class PythonFileError(Exception):
    """A Python file that cannot be read or does not parse; `line` counts from 1, 0 when no line is to blame."""

    def __init__(self, path: Path, line: int, reason: str) -> None:
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")
        self.path, self.line, self.reason = path, line, reason


_Stamp = tuple[int, int]
_cache: dict[Path, tuple[_Stamp, PythonFile | PythonFileError]] = {}


def read(path: Path) -> PythonFile:
    """The file at `path`, from the process's cache while it has not changed on disk. Raises PythonFileError."""
    try:
        status = path.stat()
        stamp = (status.st_mtime_ns, status.st_size)
        cached = _cache.get(path)
        if cached is None or cached[0] != stamp:
            cached = (stamp, _parse(path, path.read_bytes()))
            _cache[path] = cached
    except OSError as error:
        raise PythonFileError(path, 0, f"cannot be read: {error.strerror}") from None
    if isinstance(cached[1], PythonFileError):
        raise cached[1].with_traceback(None)
    return cached[1]


def _parse(path: Path, data: bytes) -> PythonFile | PythonFileError:
    try:
        with warnings.catch_warnings():
            # A stray escape in the user's code is not ours to print on standard error.
            warnings.simplefilter("ignore")
            return PythonFile(path, data, ast.parse(data))
    except SyntaxError as error:
        return PythonFileError(path, error.lineno or 0, error.msg)
    except ValueError as error:
        return PythonFileError(path, 0, str(error))
    except (RecursionError, MemoryError):
        return PythonFileError(path, 0, "is nested too deeply to be read")
