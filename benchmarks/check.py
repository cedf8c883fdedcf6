#!/usr/bin/env python3
"""Compares whole processes: `mloc check` on pipelines as people write them, a bare interpreter, and `import kfp`; then how it grows.

The pipelines are the two examples and the conformance program with most steps. The growing ones are chains of N steps.
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
EXAMPLES = [CHECKOUT / "examples" / "hello" / "hello.mlp", CHECKOUT / "examples" / "flights" / "flights.mlp"]
PROGRAMS = CHECKOUT / "tests" / "conformance" / "programs"
RUNS, RUNS_OF_A_CHAIN = 11, 3


def main(sizes: list[int]) -> None:
    """Print one line for each process, and one for each size."""
    check = [sys.executable, "-m", "mloc", "check"]
    files = [*EXAMPLES, max(PROGRAMS.glob("*.mlp"), key=lambda path: path.read_text(encoding="utf-8").count("\nstep "))]
    commands = {"python -c pass": [sys.executable, "-c", "pass"]}
    commands |= {f"mloc check {path.name}": [*check, str(path)] for path in files}
    commands["mloc check, all three"] = [*check, *map(str, files)]
    if find_spec("kfp") is not None:
        commands['python -c "import kfp"'] = [sys.executable, "-c", "import kfp"]
    with tempfile.TemporaryDirectory(prefix="mloc-bench-") as folder:
        scratch = Path(folder)
        print(f"{'process':<28} {'processor':>10} {'wall':>8}")
        for name, cost in zip(commands, medians(list(commands.values()), scratch, RUNS), strict=True):
            print(f"{name:<28} {cost.cpu * 1000:>7.0f} ms {cost.wall * 1000:>5.0f} ms", flush=True)
        print(f"\n{'steps':>6} {'processor':>10} {'per step':>10}")
        for n in sizes:
            (scratch / "chain.mlp").write_text(mlp(n), encoding="utf-8")
            (cost,) = medians([[*check, "chain.mlp"]], scratch, RUNS_OF_A_CHAIN)
            print(f"{n:>6} {cost.cpu * 1000:>7.0f} ms {cost.cpu / n * 1e6:>7.0f} µs", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [100, 1000, 10_000])
