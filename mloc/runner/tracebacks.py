"""What to say about an exception of the user's code: its message with the user's own line, and the full traceback for the log."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType

from .library import FOLDER, library

_RUNNER = os.path.dirname(os.path.abspath(__file__)) + os.sep  # noqa: PTH100  (may lie inside a zip file)
_MOST = 4000


class UserCodeFailed(Exception):
    """The user's code raised or exited; `line` is in the program's source, None when the error is elsewhere."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


def user_failure(error: BaseException, source: str) -> UserCodeFailed:
    """The failure that an exception means; prints the traceback, without our own frames, to stderr."""
    frames = _user_traceback(error.__traceback__)
    library("traceback").print_exception(type(error), error, frames)
    place = _last_place(frames, source)
    if place is None:
        return UserCodeFailed(_message(error))
    file, line = place
    return UserCodeFailed(f"{_message(error)} ({_relative(file)}:{line})", line if file == source else None)


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        shown = "" if error.code is None else repr(error.code)
        return f"SystemExit: the step called sys.exit({shown}) instead of returning"
    try:
        text = str(error)
    except Exception as broken:
        text = f"(its text cannot be shown: {type(broken).__name__})"
    text = text.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    if len(text) > _MOST:
        text = f"{text[:_MOST]}…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _user_traceback(frames: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is not ours, nor Python's importing for us."""
    while frames is not None and (_is_ours(frames) or _is_importing(frames)):
        frames = frames.tb_next
    return frames


def _last_place(frames: TracebackType | None, source: str) -> tuple[str, int] | None:
    """File and line of the last frame in the user's own code; of the first frame where all is in installed packages."""
    places = [(frame.f_code.co_filename, line) for frame, line in library("traceback").walk_tb(frames)]
    mine = [(file, line) for file, line in places if file == source or _is_users(file)]
    if mine:
        return mine[-1]
    return places[0] if places else None


def _is_ours(frames: TracebackType) -> bool:
    return os.path.abspath(frames.tb_frame.f_code.co_filename).startswith(_RUNNER)  # noqa: PTH100


def _is_importing(frames: TracebackType) -> bool:
    file = frames.tb_frame.f_code.co_filename
    return file.startswith("<frozen importlib") or file == os.path.join(FOLDER, "importlib", "__init__.py")


def _is_users(file: str) -> bool:
    installed = {"site-packages", "dist-packages"} & set(Path(file).parts)
    return not (file.startswith(("<", FOLDER, _RUNNER)) or installed)


def _relative(file: str) -> str:
    """A file's path from the folder that it was imported from."""
    homes = [entry + os.sep for entry in sys.path if entry and file.startswith(entry + os.sep)]
    return file[len(max(homes, key=len)) :] if homes else file
