"""Compares random programs on the engines: `python -m tests.differential.run -n 100 --seed 0 --engines kfp,flyte,airflow`.

A difference is written to the output folder as the smallest program that still shows it, under its seed.
"""

from __future__ import annotations

import argparse
import json
import os
import queue
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mloc.ir.model import Pipeline
from tests.differential.compare import HANDLERS, differences, disorder
from tests.differential.engines import ENGINES, analysed
from tests.differential.generate import program
from tests.differential.profile import SECRET, SECRET_NAME
from tests.differential.shrink import shrunk
from tests.differential.tree import Program, render

ROOT = Path(__file__).parents[2]
SECONDS = {"native": 120.0, "kfp": 240.0, "flyte": 120.0, "airflow": 400.0}
"""After so long a run is given up."""
REFUSALS = frozenset({"E1108", "E1120"})
"""What a target may say: that a bundle is too large for it, or that it cannot express a construct. Another refusal is a difference."""
_RUNS_PER_PROCESS = 150


class Engine:
    """A process that runs programs on one engine; it is replaced when it hangs, and from time to time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[bytes] | None = None
        self._runs = 0

    def observe(self, made: Program) -> dict[str, Any]:
        if self._process is None or self._runs >= _RUNS_PER_PROCESS:
            self.stop()
            self._start()
        process = self._process
        assert process is not None
        assert process.stdin is not None
        self._runs += 1
        try:
            process.stdin.write(json.dumps({"text": render(made), "given": dict(made.given)}).encode() + b"\n")
            process.stdin.flush()
            line = self._answer(process)
        except BrokenPipeError:
            line = b""
        if not line:
            self.stop()
            return {"crash": f"no answer from {self.name}: it hung for {SECONDS[self.name]:.0f} s, or died"}
        found: dict[str, Any] = json.loads(line)
        return found

    def _answer(self, process: subprocess.Popen[bytes]) -> bytes:
        assert process.stdout is not None
        end, data = time.monotonic() + SECONDS[self.name], b""
        while not data.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, end - time.monotonic()))
            more = os.read(process.stdout.fileno(), 1 << 16) if ready else b""
            if not more:
                return b""
            data += more
        return data

    def _start(self) -> None:
        command = [sys.executable, "-m", "tests.differential.worker", self.name]
        fast = Path("/dev/shm")
        environment = {**os.environ, **({"TMPDIR": str(fast)} if fast.is_dir() else {}), "PYTHONPATH": str(ROOT), SECRET_NAME: SECRET}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._runs = 0

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None


class Bench:
    """The engines that programs are compared on; `native` is always among them."""

    def __init__(self, engines: Sequence[str]) -> None:
        self.engines = [name for name in ENGINES if name in engines and name != "native"]
        self._idle: dict[str, queue.SimpleQueue[Engine]] = {}
        for name in ("native", *self.engines):
            self._idle[name] = queue.SimpleQueue()
            self._idle[name].put(Engine(name))

    def observe(self, name: str, made: Program) -> dict[str, Any]:
        engine = self._idle[name].get()
        try:
            return engine.observe(made)
        finally:
            self._idle[name].put(engine)

    def stop(self) -> None:
        for idle in self._idle.values():
            idle.get().stop()


@contextmanager
def bench(engines: Sequence[str]) -> Iterator[Bench]:
    made = Bench(engines)
    try:
        yield made
    finally:
        made.stop()


def checked(made: Program) -> Pipeline | str:
    """The pipeline of a program, or why it is no program."""
    with tempfile.TemporaryDirectory(prefix="mloc-differential-") as folder:
        analysis = analysed(render(made), Path(folder))
    if analysis.has_errors:
        return "; ".join(f"{d.rule.code} {d.message}" for d in analysis.diagnostics if d.rule.severity == "error")
    return analysis.pipelines[-1]


def judged(engine: str, pipeline: Pipeline, native: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The differences between two observations of a program, one of which may be that it could not be run."""
    if "crash" in native:
        return [f"native crash: {native['crash']}"]
    if "refused" in other:
        return [] if REFUSALS.issuperset(other["refused"]) else [f"refused: {other['said']}"]
    return differences(pipeline, native, other, engine)


def compare(made: Program, place: Bench, counts: Counter[str]) -> dict[str, list[str]]:
    """The differences of a program by engine."""
    try:
        pipeline = checked(made)
    except Exception as error:
        return {"compiler": [f"crash: {type(error).__name__}: {error}"]}
    if isinstance(pipeline, str):
        # Most of these give a constant that is outside the domain of an input.
        counts["rejected"] += 1
        return {}
    with ThreadPoolExecutor(len(place.engines) + 1) as pool:
        futures: dict[str, Future[dict[str, Any]]] = {name: pool.submit(place.observe, name, made) for name in ("native", *place.engines)}
        seen = {name: future.result() for name, future in futures.items()}
    native = seen.pop("native")
    counts["native"] += 1
    counts[f"native {native['report']['status']}" if "report" in native else "native crash"] += 1
    found = {"native": disorder(pipeline, native["report"])} if "report" in native else {}
    counts.update(_shown(native["report"]) if "report" in native else ())
    for name, other in seen.items():
        counts[f"{name} refused" if "refused" in other else name] += 1
        found[name] = judged(name, pipeline, native, other)
    return {name: texts for name, texts in found.items() if texts}


def _shown(report: Mapping[str, Any]) -> Iterator[str]:
    """What a run shows beside its status, to see that programs do not merely have the construct."""
    ran = {id_: step["status"] for id_, step in report["steps"].items() if step["started"] is not None}
    body = [status for id_, status in ran.items() if not id_.startswith(HANDLERS)]
    if report["status"] == "succeeded" and "failed" in body:
        yield "native tolerated failures"
    if len(body) < len(ran):
        yield "native ran handlers"


def run(seeds: range, engines: Sequence[str], out: Path, *, seconds: float = 120.0, jobs: int = 1) -> tuple[Counter[str], int]:
    """Compare the programs of the seeds; gives how many ran where, and the number of programs with differences."""
    counts: Counter[str] = Counter()
    failed = 0
    start = time.monotonic()
    with bench(engines) as place, ThreadPoolExecutor(jobs) as pool:
        for done, (seed, made, found) in enumerate(pool.map(lambda seed: _one(seed, place, counts), seeds), 1):
            if found:
                failed += 1
                _save(out, seed, made, found, place, seconds)
            if done % 100 == 0:
                print(f"{done} programs, {failed} with differences, {time.monotonic() - start:.0f} s", flush=True)
    shown = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {shown}; {failed} programs with differences, {time.monotonic() - start:.0f} s")
    return counts, failed


def _one(seed: int, place: Bench, counts: Counter[str]) -> tuple[int, Program, dict[str, list[str]]]:
    made = program(seed)
    return seed, made, compare(made, place, counts)


def _save(out: Path, seed: int, made: Program, found: Mapping[str, list[str]], place: Bench, seconds: float) -> None:
    """Write the program, as small as it may be, with what differs."""
    engine = next(iter(found))
    first = found[engine][0]
    smallest = made if seconds <= 0 else shrunk(made, lambda smaller: _shows(smaller, engine, _kind(first), place), seconds)
    again = compare(smallest, place, Counter())
    lines = [f"# seed {seed}"]
    lines += [f"# {name}: {text}" for name, texts in (again or found).items() for text in "\n".join(texts).split("\n")]
    lines += [f"# {name} = {text}" for name, text in smallest.given]
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{seed}.mlp").write_text(render(smallest) + "\n" + "\n".join(lines) + "\n", encoding="utf-8", newline="")
    print(f"seed {seed}: {engine}: {first[:300]}\n    {out / f'{seed}.mlp'}", flush=True)


def _kind(difference: str) -> str:
    return difference.split(":")[0].split(" ")[0]


def _shows(made: Program, engine: str, kind: str, place: Bench) -> bool:
    """Whether a program shows a difference of the kind on the engine."""
    try:
        pipeline = checked(made)
    except Exception:
        return engine == "compiler"
    if isinstance(pipeline, str):
        return False
    native = place.observe("native", made)
    if engine == "native":
        return "crash" in native or bool(disorder(pipeline, native["report"]))
    return engine in place.engines and any(_kind(text) == kind for text in judged(engine, pipeline, native, place.observe(engine, made)))


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="compare random programs on the engines")
    parser.add_argument("-n", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--engines", default="kfp,flyte,airflow", help="which ones, beside the native executor (default: all)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "differential", help="where differences go")
    parser.add_argument("--shrink", type=float, default=120.0, help="seconds to make a program smaller (default: 120)")
    parser.add_argument("--jobs", type=int, default=2, help="programs that are under way at a time (default: 2)")
    given = parser.parse_args(argv)
    seeds = range(given.seed, given.seed + given.n)
    _, failed = run(seeds, given.engines.split(","), given.out, seconds=given.shrink, jobs=given.jobs)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
