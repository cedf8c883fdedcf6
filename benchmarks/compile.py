#!/usr/bin/env python3
"""Compares whole processes: `mloc compile --target kfp` against the KFP SDK's own compiler on a pipeline of the same shape.

The shape is a chain of N steps with a second, constant argument, the shortest program of N tasks that both can write.
Both start from a source file and end with a YAML file; both run with the same interpreter, in turns, and the median processor time counts.
Usage: python benchmarks/compile.py [N …]   (default 10 100 1000; needs kfp installed beside mloc)
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measure import medians

RUNS = {10: 9, 100: 7, 1000: 3}


def mlp(n: int) -> str:
    """The chain as an .mlp file."""
    lines = ["mlp 1", "", "step inc(x: int, y: int = 1) -> int:", '    run inline "return x + y"', "", "pipeline chain(n: int = 0) -> int:"]
    lines.append("    s0 = inc(x=n)")
    lines += [f"    s{i} = inc(x=s{i - 1}, y={i})" for i in range(1, n)]
    return "\n".join([*lines, f"    return s{n - 1}", ""])


def sdk(n: int) -> str:
    """The same chain for the KFP SDK, with the call that compiles it."""
    lines = [
        "from kfp import compiler, dsl",
        "",
        "@dsl.component(base_image='python:3.11-slim')",
        "def inc(x: int, y: int = 1) -> int:",
        "    return x + y",
        "",
        "@dsl.pipeline(name='chain')",
        "def chain(n: int = 0) -> int:",
        "    s0 = inc(x=n)",
    ]
    lines += [f"    s{i} = inc(x=s{i - 1}.output, y={i})" for i in range(1, n)]
    return "\n".join([*lines, f"    return s{n - 1}.output", "", "import sys", "compiler.Compiler().compile(chain, sys.argv[1])", ""])


def main(sizes: list[int]) -> None:
    """Print one line for each size."""
    mloc = [sys.executable, "-m", "mloc"]
    with tempfile.TemporaryDirectory(prefix="mloc-bench-") as folder:
        scratch = Path(folder)
        print(f"{'steps':>6} {'mloc':>9} {'KFP SDK':>9} {'ratio':>7}   sizes of the YAML: mloc, SDK")
        for n in sizes:
            (scratch / "chain.mlp").write_text(mlp(n), encoding="utf-8")
            (scratch / "chain_sdk.py").write_text(sdk(n), encoding="utf-8")
            ours = [*mloc, "compile", "chain.mlp", "--target", "kfp", "-o", "out"]
            a, b = (cost.cpu for cost in medians([ours, [sys.executable, "chain_sdk.py", "sdk.yaml"]], scratch, RUNS.get(n, 3)))
            sizes_kib = [(scratch / f).stat().st_size / 1024 for f in ("out/chain.yaml", "sdk.yaml")]
            print(f"{n:>6} {a:>8.3f}s {b:>8.3f}s {b / a:>6.1f}x   {sizes_kib[0]:.0f} KiB, {sizes_kib[1]:.0f} KiB", flush=True)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10, 100, 1000])
