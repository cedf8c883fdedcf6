"""Finding and ending a process with everything it started, as far as the system lets that be seen."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")


class ProcessTree:
    """The child `leader`, leader of its own session and group, and its descendants.

    One that left the group is known by its parent, its session, its working directory below `scratch`, or by printing to the child's pipe.
    """

    def __init__(self, leader: int, scratch: Path, pipe: int) -> None:
        self._leader = leader
        self._scratch = os.fspath(scratch.resolve())
        self._pipe = f"pipe:[{os.fstat(pipe).st_ino}]"
        self._seen: dict[int, str] = {}

    def is_empty(self) -> bool:
        """Whether nothing of the group is left; descendants outside it are not looked for."""
        try:
            os.killpg(self._leader, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the group and to every descendant seen, now or on an earlier call."""
        self._look()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._leader, number)
        for pid, start in self._seen.items():
            # A process is known by its start too, because ids are used again.
            if _status(pid).start == start:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, number)

    def _look(self) -> None:
        if not _PROC.is_dir():
            return
        statuses = {int(entry.name): _status(int(entry.name)) for entry in _PROC.iterdir() if entry.name.isdigit()}
        family = {self._leader} | {pid for pid, status in statuses.items() if status.session == self._leader}
        family |= {pid for pid in statuses if pid != os.getpid() and self._is_ours(pid)}
        grown = True
        while grown:
            children = {pid for pid, status in statuses.items() if status.parent in family} - family
            family |= children
            grown = bool(children)
        self._seen.update({pid: statuses[pid].start for pid in family if pid in statuses and statuses[pid].start})

    def _is_ours(self, pid: int) -> bool:
        folder = _link(f"/proc/{pid}/cwd")
        if folder == self._scratch or folder.startswith(self._scratch + os.sep):
            return True
        return any(_link(f"/proc/{pid}/fd/{number}") == self._pipe for number in (1, 2))


class _Status:
    """What /proc/<pid>/stat says; the fields of a process that is gone are empty."""

    def __init__(self, parent: int = 0, session: int = 0, start: str = "") -> None:
        self.parent = parent
        self.session = session
        self.start = start


def _status(pid: int) -> _Status:
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return _Status()
    # The command's name stands in parentheses and may hold anything, also a parenthesis.
    fields = text.rpartition(")")[2].split()
    return _Status(int(fields[1]), int(fields[3]), fields[19])


def _link(path: str) -> str:
    try:
        return os.readlink(path)  # noqa: PTH115  (a pipe's link is no path)
    except OSError:
        return ""
