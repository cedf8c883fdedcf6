#!/usr/bin/env python3
"""Compares whole processes: mloc against the tools of Kubeflow, Flyte and Airflow, on one pipeline of N steps (`chains.py`).

All of a size run with the same interpreter, in turns, and the median processor time counts.

    compile for kfp       `mloc compile --target kfp`    against  the KFP SDK's compiler on a pipeline written for it
    compile for flyte     `mloc compile --target flyte`  against  `pyflyte package` of a module written for it
    package by pyflyte    `pyflyte package` of mloc's module  against  the same of the written one
    read by Airflow       a DagBag of mloc's DAG         against  one of a written DAG
    the same, and empty   a DagBag of mloc's DAG         against  one of a DAG without tasks

Usage: python benchmarks/engines.py [N …]   (default 10 100 1000; needs the three engines installed beside mloc)
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import chains
from measure import medians

RUNS = {10: 3, 100: 3, 1000: 1}
READ = Path(__file__).with_name("read_dags.py")


@dataclass(frozen=True)
class Rivals:
    """Two commands that do the same job, by their places in the list of all."""

    job: str
    ours: str
    theirs: str


RIVALS = (
    Rivals("compile for kfp", "mloc kfp", "sdk"),
    Rivals("compile for flyte", "mloc flyte", "pyflyte written"),
    Rivals("package by pyflyte", "pyflyte mloc", "pyflyte written"),
    Rivals("read by Airflow", "dags mloc", "dags written"),
    Rivals("the same, and empty", "dags mloc", "dags empty"),
)


def main(sizes: list[int]) -> None:
    """Print a table for all sizes."""
    print(f"{'steps':>6}  {'':<20} {'mloc':>9} {'theirs':>9}   theirs / mloc")
    for n in sizes:
        with tempfile.TemporaryDirectory(prefix="mloc-bench-") as folder:
            commands = prepared(n, Path(folder))
            costs = dict(zip(commands, medians(list(commands.values()), Path(folder), RUNS.get(n, 1)), strict=True))
        for rivals in RIVALS:
            if rivals.ours not in costs:
                print(f"{n:>6}  {rivals.job:<20} {'refused: more than the engine stores':>31}", flush=True)
                continue
            ours, theirs = costs[rivals.ours].cpu, costs[rivals.theirs].cpu
            print(f"{n:>6}  {rivals.job:<20} {ours:>8.3f}s {theirs:>8.3f}s {theirs / ours:>10.2f}x", flush=True)


def prepared(n: int, scratch: Path) -> dict[str, list[str]]:
    """The commands of a size; what they read stands in the folder, made by mloc where it has to be."""
    files = {
        "chain.mlp": chains.mlp(n),
        "chain_sdk.py": chains.kfp(n),
        "written/chain.py": chains.flyte(n),
        "dags/chain.py": chains.airflow(n),
        "empty/chain.py": chains.airflow(0),
    }
    for name, text in files.items():
        (scratch / name).parent.mkdir(exist_ok=True)
        (scratch / name).write_text(text, encoding="utf-8")
    python = sys.executable
    bundles = {target: [python, "-m", "mloc", "compile", "chain.mlp", "--target", target, "-o", target] for target in _TARGETS}
    taken = {target for target, command in bundles.items() if is_taken(command, scratch)}
    commands = {
        "mloc kfp": bundles["kfp"],
        "sdk": [python, "chain_sdk.py", "sdk.yaml"],
        "mloc flyte": bundles["flyte"],
        "pyflyte mloc": _package("flyte"),
        "pyflyte written": _package("written"),
        "dags mloc": [python, str(READ), "airflow"],
        "dags written": [python, str(READ), "dags"],
        "dags empty": [python, str(READ), "empty"],
    }
    return {name: command for name, command in commands.items() if _NEEDS.get(name) in {*taken, None}}


def is_taken(command: list[str], scratch: Path) -> bool:
    """Whether mloc compiles the chain for a target: one that is more than the engine stores is refused (E1108)."""
    done = subprocess.run(command, cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode and "E1108" not in done.stderr:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.returncode == 0


_NEEDS = {"mloc kfp": "kfp", "mloc flyte": "flyte", "pyflyte mloc": "flyte", "dags mloc": "airflow"}
_TARGETS = ("kfp", "airflow", "flyte")


def _package(folder: str) -> list[str]:
    """`pyflyte package` of the module `chain` in a folder."""
    start = "import os, sys; os.chdir(sys.argv.pop(1)); from flytekit.clis.sdk_in_container.pyflyte import main; main()"
    options = ["--pkgs", "chain", "package", "--image", "python:3.11-slim", "--output", f"../{folder}.tgz", "--force"]
    return [sys.executable, "-c", start, folder, *options]


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]] or [10, 100, 1000])
