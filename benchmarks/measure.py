"""The processor time of whole processes, which a busy machine disturbs less than the clock on the wall."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor, with those of all child processes, and on the wall."""

    cpu: float
    wall: float


def medians(commands: Sequence[Sequence[str]], cwd: Path, runs: int, codes: Container[int] = (0,)) -> list[Cost]:
    """The medians of each command. They take turns, so that whatever disturbs one disturbs all, after a run that is not counted.

    `codes` are the exit codes with which a command has done its work.
    """
    costs: list[list[Cost]] = [[] for _ in commands]
    for number in range(runs + 1):
        for command, found in zip(commands, costs, strict=True):
            cost = once(command, cwd, codes)
            if number:
                found.append(cost)
    return [Cost(statistics.median(c.cpu for c in found), statistics.median(c.wall for c in found)) for found in costs]


def once(command: Sequence[str], cwd: Path, codes: Container[int] = (0,)) -> Cost:
    """What one run costs; ends this program when the command fails."""
    start = time.perf_counter()
    with (cwd / "said.txt").open("w+b") as said:
        process = subprocess.Popen(command, cwd=cwd, env=_environment(cwd), stdin=subprocess.DEVNULL, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        if process.returncode not in codes:
            said.seek(0)
            sys.exit(f"{' '.join(command)} failed:\n{said.read()[-2000:].decode(errors='replace')}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def _environment(cwd: Path) -> dict[str, str]:
    """As after an installation: everything is compiled, whatever the shell that calls us says about it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONWARNINGS": "ignore", "PYTHONPYCACHEPREFIX": str(cwd / "compiled")}
