"""Whether another process, whose sets of strings are in another order, says the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping

from tests.fuzz.attempt import checked
from tests.fuzz.programs import ROOT, data_of
from tests.fuzz.properties import Checked

HASH_SEED = "4242"


def digest(found: Checked | tuple[str, str]) -> str:
    """What a process says of a program, in a word; a failure is its name, because a traceback may differ."""
    said = found.said if isinstance(found, Checked) else found[0]
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def differing(seeds: range, digests: Mapping[int, str]) -> list[int]:
    """The seeds of which a process with another order of hashes says something else than `digests`."""
    command = [sys.executable, "-m", "tests.fuzz.repeat", *map(str, (seeds.start, seeds.stop, seeds.step))]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": HASH_SEED}, capture_output=True, text=True, check=True)
    others = dict(line.split() for line in done.stdout.splitlines())
    return [seed for seed in seeds if others[str(seed)] != digests[seed]]


def main(start: str, stop: str, step: str) -> None:
    for seed in range(int(start), int(stop), int(step)):
        print(seed, digest(checked(data_of(seed))))


if __name__ == "__main__":
    main(*sys.argv[1:])
