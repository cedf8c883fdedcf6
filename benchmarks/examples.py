#!/usr/bin/env python3
"""Measures, from the outside, how long `mloc` takes on the examples: the median of a few runs of each command.

make bench
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
EXAMPLES = CHECKOUT / "examples"
RUNS = 5


def main() -> int:
    """Print one line for each command; the exit code is 1 when a command fails."""
    with tempfile.TemporaryDirectory(prefix="mloc-bench-") as scratch:
        return max([measure(name, command) for name, command in commands(Path(scratch))])


def commands(scratch: Path) -> list[tuple[str, list[str]]]:
    """What to measure: each program checked, compiled for each target, and the small one run."""
    measured: list[tuple[str, list[str]]] = []
    for program in sorted(EXAMPLES.glob("*/*.mlp")):
        measured.append((f"check {program.name}", ["check", str(program)]))
        for target in ("kfp", "airflow", "flyte"):
            out = str(scratch / program.stem / target)
            measured.append((f"compile {program.name} for {target}", ["compile", str(program), "--target", target, "-o", out]))
    measured.append(("run hello.mlp", ["run", str(EXAMPLES / "hello" / "hello.mlp"), "--report", str(scratch / "report.json")]))
    return measured


def measure(name: str, command: list[str]) -> int:
    """Run a command a few times and print the median of its wall-clock time."""
    mloc = Path(sys.executable).with_name("mloc")
    seconds = []
    for _ in range(RUNS):
        start = time.perf_counter()
        done = subprocess.run([mloc, *command], capture_output=True, text=True, check=False)
        seconds.append(time.perf_counter() - start)
        if done.returncode:
            print(f"{name:40} failed with exit code {done.returncode}: {done.stderr.strip()[-200:]}")
            return 1
    print(f"{name:40} {statistics.median(seconds):6.2f} s   (of {RUNS}: {min(seconds):.2f} to {max(seconds):.2f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
