"""One program given to the compiler: what was found, or how the compiler failed; it is given up when it takes too long."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from tests.fuzz.properties import Broken, Checked, check

HANG = 10.0
"""Seconds of processor time after which a program is given up."""


def checked(data: bytes) -> Checked | tuple[str, str]:
    """What was found of a program; or what is wrong with the compiler on it, as a short name and in full."""
    try:
        with _limited():
            return check(data)
    except Broken as error:
        return str(error).split(":")[0], str(error)
    except Exception as error:  # the point of it all
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        return f"{type(error).__name__} at {places[-1]}", traceback.format_exc(limit=-12)


def failure(text: str) -> tuple[str, str] | None:
    """What is wrong with the compiler on a program; None when nothing is."""
    found = checked(text.encode("utf-8", "surrogateescape"))
    return None if isinstance(found, Checked) else found


@contextmanager
def _limited() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Broken("hangs")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
