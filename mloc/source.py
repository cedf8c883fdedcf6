"""Source text and places in it; the only room that knows what a line is."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from mloc.frozen import dataclass, field


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of character offsets in a file. `file` is the path as the user wrote it."""

    file: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Position:
    """A place as people count it: line and column from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a program for people who may not have the file: its name, the number from 1, and what stands there."""

    file: str
    number: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's text, with its line table."""

    path: str
    text: str
    _starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        find, at = self.text.find, -1
        while (at := find("\n", at + 1)) >= 0:
            starts.append(at + 1)
        object.__setattr__(self, "_starts", tuple(starts))

    def position(self, offset: int) -> Position:
        """The line and column of a character offset."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self._starts[number - 1]
        end = self._starts[number] if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def line_start(self, number: int) -> int:
        """The offset of a line's first character."""
        return self._starts[number - 1]

    @property
    def line_count(self) -> int:
        return len(self._starts)


class SourceError(Exception):
    """A source file that cannot be read as text; the message is for the user and names the file."""


def load(path: str) -> SourceFile:
    """Read a file. Raises SourceError with the reason when it is missing, a directory, unreadable, too big or not UTF-8 text."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise SourceError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise SourceError(f"{path}: is a directory, not an .mlp file") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read: {error.strerror}") from None
    except ValueError:
        raise SourceError(f"{path!r}: is not a usable path") from None
    return decode(path, data)


def absolute(path: str) -> str:
    """The path from the root, without links."""
    return os.path.realpath(path)


def beside(path: str, root: Path) -> Iterator[SourceFile]:
    """The other programs of a project's folder, by absolute path; those that cannot be read are left out.

    Where nothing says how far the project goes, `root` is the program's own folder, and no folder below it is entered.
    """
    own = absolute(path)
    deep = (root / "pyproject.toml").is_file()
    for folder, folders, files in os.walk(os.path.realpath(root)):
        folders[:] = sorted(f for f in folders if deep and not f.startswith(".") and f not in ("node_modules", "venv"))
        for name in sorted(files):
            file = os.path.join(folder, name)
            if name.endswith(".mlp") and file != own:
                try:
                    yield load(file)
                except SourceError:
                    continue


def decode(path: str, data: bytes) -> SourceFile:
    """A file of these bytes. Raises SourceError when they are not UTF-8 text."""
    if b"\0" in data:
        raise SourceError(f"{path}: is a binary file (NUL byte at offset {data.index(0)}), not .mlp text")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    return SourceFile(path, text)
