"""Feeds random and broken programs to the compiler: `python -m tests.fuzz.run -n 1000 --seed 0`.

A failure is written to the output folder as the smallest program that still shows it, under the name of its seed.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

from tests.fuzz import properties
from tests.fuzz.generate import program
from tests.fuzz.mutate import mutated
from tests.fuzz.properties import Broken, check

ROOT = Path(__file__).parents[2]
HANG = 10.0
"""Seconds of processor time after which a program is given up."""


def corpus() -> dict[str, str]:
    """The programs that are mutated: those of the examples, the conformance suite and the golden files, by path."""
    paths = [*ROOT.glob("examples/**/*.mlp"), *ROOT.glob("tests/conformance/programs/*.mlp"), *ROOT.glob("golden/**/*.mlp")]
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in sorted(paths)}


def programs() -> list[str]:
    """What is mutated: most often a program that was right, since most of the golden ones are wrong already."""
    known = corpus()
    return [text for path, text in known.items() for _ in range(1 if path.startswith("golden") else 5)]


LIBRARY = {
    "lib.mlp": """mlp 1

record Row:
    id: int
    name: str = "n"

const LIMIT = 3

step load(n: int = 1) -> (value: int, rows: Table{id: int}):
    run inline "return {}"
"""
}
"""The files beside every program."""


def text_of(seed: int, known: Sequence[str]) -> str:
    """The program of a seed: of three in a row one is right by the grammar, one is such a one broken, one is a known one broken."""
    if seed % 3 == 0:
        return program(seed)
    if seed % 3 == 1:
        return mutated(program(seed), seed)
    return mutated(Random(seed).choice(known), seed)


def failure(text: str) -> tuple[str, str] | None:
    """What is wrong with the compiler on a program, as a short name and in full; None when nothing is."""
    try:
        with _limited():
            check(text, LIBRARY)
    except Broken as error:
        return str(error).split(":")[0], str(error)
    except Exception as error:  # the point of it all
        places = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
        return f"{type(error).__name__} at {places[-1]}", traceback.format_exc(limit=-12)
    return None


@contextmanager
def _limited() -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise Broken("hangs")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


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
    known = programs()
    names: Counter[str] = Counter()
    start = time.monotonic()
    for done, seed in enumerate(seeds, 1):
        text = text_of(seed, known)
        found = failure(text)
        if found is not None:
            names[found[0]] += 1
            if names[found[0]] == 1:
                _save(out, seed, text, found)
        if done % 1000 == 0:
            print(f"{done} programs, {names.total()} failures, {time.monotonic() - start:.0f} s", flush=True)
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {len(seeds)} programs, {names.total()} failures, {time.monotonic() - start:.0f} s")
    for name, count in names.most_common():
        print(f"{count:6}  {name}")
    return names.total()


def _save(out: Path, seed: int, text: str, found: tuple[str, str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    name, details = found

    def fails(candidate: str) -> bool:
        again = failure(candidate)
        return again is not None and again[0] == name

    # Reducing something slow would take hours.
    smallest = text if name in ("slow", "hangs") else reduced(text, fails)
    (out / f"{seed}.mlp").write_text(smallest, encoding="utf-8", newline="")
    (out / f"{seed}.txt").write_text(f"{name}\n\n{details}", encoding="utf-8")
    print(f"seed {seed}: {name}; see {out / str(seed)}.mlp", flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="feed random programs to the compiler")
    parser.add_argument("-n", type=int, default=1000, help="how many (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz", help="where failures go (default: build/fuzz)")
    found = parser.parse_args(argv)
    properties.SECONDS = 1.0
    return 1 if run(range(found.seed, found.seed + found.n), found.out) else 0


if __name__ == "__main__":
    sys.exit(main())
