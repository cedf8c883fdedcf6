#!/usr/bin/env python3
"""Compares whole processes: `mloc check` on pipelines as people write them, a bare interpreter, and `import kfp`; then how it grows.

The pipelines are the two examples and the three of tests/pipelines. The growing ones, also formatted, are chains of N steps.
Usage: python benchmarks/check.py [N …]   (default 100 1000 10000; without kfp beside mloc its line is left out)
"""

from __future__ import annotations

import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from chains import mlp
from measure import medians

CHECKOUT = Path(__file__).resolve().parent.parent
MLOC = str(Path(sys.executable).with_name("mloc"))
EXAMPLES = [CHECKOUT / "examples" / name / f"{name}.mlp" for name in ("hello", "flights")]
PIPELINES = [CHECKOUT / "tests" / "pipelines" / name / f"{name}.mlp" for name in ("churn", "sweep", "score")]
RUNS, RUNS_OF_A_CHAIN = 11, 3
FOUND = (0, 1)
"""A pipeline may say something that one of its targets refuses; reading it takes as long."""


def main(sizes: list[int]) -> None:
    """Print one line for each process, and one for each size."""
    bare = [sys.executable, "-c", "pass"]
    commands = {"python -c pass": bare}
    for path in [*EXAMPLES, *PIPELINES]:
        lines = path.read_text(encoding="utf-8").count("\n")
        commands[f"mloc check {path.name}, {lines} lines"] = [MLOC, "check", str(path)]
    commands["mloc check, the last three"] = [MLOC, "check", *map(str, PIPELINES)]
    if find_spec("kfp") is not None:
        commands['python -c "import kfp"'] = [sys.executable, "-c", "import kfp"]
    with tempfile.TemporaryDirectory(prefix="mloc-bench-") as folder:
        scratch = Path(folder)
        costs = medians(list(commands.values()), scratch, RUNS, codes=FOUND)
        print(f"{'process':<34} {'processor':>10} {'wall':>8} {'bare starts':>12}")
        for name, cost in zip(commands, costs, strict=True):
            starts = cost.cpu / costs[0].cpu
            print(f"{name:<34} {cost.cpu * 1000:>7.0f} ms {cost.wall * 1000:>5.0f} ms {starts:>11.1f}×", flush=True)
        print(f"\n{'steps':>6} {'check':>10} {'per step':>10} {'fmt':>10} {'per step':>10}")
        for n in sizes:
            (scratch / "chain.mlp").write_text(mlp(n), encoding="utf-8")
            costs = medians([[MLOC, "check", "chain.mlp"], [MLOC, "fmt", "--check", "chain.mlp"]], scratch, RUNS_OF_A_CHAIN)
            print(f"{n:>6} " + " ".join(f"{cost.cpu * 1000:>7.0f} ms {cost.cpu / n * 1e6:>7.0f} µs" for cost in costs), flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1000, 10_000])
