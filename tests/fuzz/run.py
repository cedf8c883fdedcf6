"""Feeds random and broken programs to the compiler: `python -m tests.fuzz.run -n 1000 --seed 0`.

A failure is written to the output folder as the smallest program that still shows it, under the name of its seed.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from unittest.mock import patch

from tests.fuzz import properties
from tests.fuzz.attempt import checked, failure
from tests.fuzz.programs import ROOT, data_of
from tests.fuzz.properties import Checked
from tests.fuzz.repeat import differing, digest

REPEATED = 10
"""One of how many programs is checked again by a process with another order of hashes."""


def reduced(text: str, fails: Callable[[str], bool], seconds: float = 20.0) -> str:
    """A smaller program that still fails: lines, then characters, are left out while that holds."""
    end = time.monotonic() + seconds
    for split, join in ((lambda t: t.split("\n"), "\n"), (list, "")):
        parts = split(text)
        size = max(1, len(parts) // 2)
        while size and time.monotonic() < end:
            at = 0
            while at < len(parts) and time.monotonic() < end:
                shorter = parts[:at] + parts[at + size :]
                if fails(join.join(shorter)):
                    parts = shorter
                else:
                    at += size
            size //= 2
        text = join.join(parts)
    return text


def run(seeds: range, out: Path) -> int:
    """Check the programs of the seeds and give the number of failures."""
    names: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    digests: dict[int, str] = {}
    worst, start = (0.0, seeds.start), time.monotonic()
    for done, seed in enumerate(seeds, 1):
        data = data_of(seed)
        found = checked(data)
        if isinstance(found, Checked):
            codes.update(found.codes or ["none"])
            worst = max(worst, (found.seconds, seed))
        else:
            names[found[0]] += 1
            if names[found[0]] == 1:
                _save(out, seed, data, found)
        if (seed - seeds.start) % REPEATED == 0:
            digests[seed] = digest(found)
        if done % 1000 == 0:
            print(f"{done} programs, {names.total()} failures, {time.monotonic() - start:.0f} s", flush=True)
    for seed in differing(range(seeds.start, seeds.stop, REPEATED), digests):
        names["another order of hashes says something else"] += 1
        print(f"seed {seed}: another order of hashes says something else")
    _tell(
        seeds,
        names,
        codes,
        f"{time.monotonic() - start:.0f} s, {time.process_time():.0f} s of processor time; slowest: seed {worst[1]}, {worst[0]:.2f} s",
    )
    return names.total()


def _tell(seeds: range, names: Counter[str], codes: Counter[str], times: str) -> None:
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {len(seeds)} programs, {names.total()} failures, {times}")
    print(f"{len(codes) - ('none' in codes)} rules found something; {codes['none']} programs without a finding")
    for name, count in names.most_common():
        print(f"{count:6}  {name}")


def _save(out: Path, seed: int, data: bytes, found: tuple[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name, details = found
    text = data.decode("utf-8", "surrogateescape")

    def fails(candidate: str) -> bool:
        again = failure(candidate)
        return again is not None and again[0] == name

    # Reducing something slow would take hours.
    smallest = text if name in ("slow", "hangs") else reduced(text, fails)
    (out / f"{seed}.mlp").write_bytes(smallest.encode("utf-8", "surrogateescape"))
    (out / f"{seed}.txt").write_text(f"{name}\n\n{details}", encoding="utf-8")
    print(f"seed {seed}: {name}; see {out / str(seed)}.mlp", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="feed random programs to the compiler")
    parser.add_argument("-n", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz", help="where failures go (default: build/fuzz)")
    found = parser.parse_args(argv)
    properties.SECONDS = 1.0
    # Programs leave little behind, and what the compiler itself is made of is looked through at every collection.
    gc.set_threshold(100_000)
    # What is installed stays the same meanwhile, and looking through it takes as long as checking a program.
    with patch("importlib.metadata.entry_points", cache(entry_points)):
        return 1 if run(range(found.seed, found.seed + found.n), found.out) else 0


if __name__ == "__main__":
    sys.exit(main())
