"""Ctrl-C and its like while something runs: the first asks it to end, the second does not wait."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interrupts(stop: Callable[[bool], None]) -> Iterator[Callable[[], str | None]]:
    """Within the block SIGINT, SIGTERM and SIGHUP call `stop` with whether it is not the first; gives the name of the first one, if any.

    Outside the main thread signals stay as they are: Python lets no other thread handle them.
    """
    seen: list[str] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        seen.append(signal.Signals(number).name)
        stop(len(seen) > 1)

    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    # An ignored signal (nohup) stays ignored.
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    handled = [number for number in _SIGNALS if before[number] is not signal.SIG_IGN]
    for number in handled:
        signal.signal(number, handle)
    try:
        yield lambda: seen[0] if seen else None
    finally:
        for number in handled:
            signal.signal(number, before[number] or signal.SIG_DFL)
