#!/usr/bin/env python3
"""Measures what a step costs when mloc runs a pipeline itself: a chain of trivial inline steps against a bare interpreter.

Every step is a process of its own, so `python -c pass` is what no runner could go below.
Usage: python benchmarks/steps.py [N]   (default 50)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chains import mlp
from measure import Cost, medians

RUNS = 5


def main(n: int) -> None:
    """Print the costs of the whole run, of a run of one step, of one step more, and of a bare interpreter."""
    with tempfile.TemporaryDirectory(prefix="mloc-bench-") as folder:
        scratch = Path(folder)
        commands = [[sys.executable, "-c", "pass"]]
        for size in (1, n + 1):
            (scratch / f"chain{size}.mlp").write_text(mlp(size), encoding="utf-8")
            commands.append([sys.executable, "-m", "mloc", "run", f"chain{size}.mlp", "--jobs", "1"])
        bare, one, many = medians(commands, scratch, RUNS)
    step = Cost((many.cpu - one.cpu) / n, (many.wall - one.wall) / n)
    print(f"{'':<24} {'processor':>10} {'wall':>8}")
    for name, cost in (
        ("python -c pass", bare),
        ("mloc run, 1 step", one),
        (f"mloc run, {n + 1} steps", many),
        ("each further step", step),
    ):
        print(f"{name:<24} {cost.cpu * 1000:>7.1f} ms {cost.wall * 1000:>5.0f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
