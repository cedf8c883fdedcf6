"""Runs a bundle by make: `python -m mloc_make.launch BUNDLE --params P --records DIR --store DIR --result OUT`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

MISSING = 2


def main(arguments: list[str] | None = None) -> int:
    """Run a bundle and write its result; 0 when the run succeeded, 1 when it failed, 2 when there is no make."""
    parser = argparse.ArgumentParser(prog="python -m mloc_make.launch", description=__doc__)
    parser.add_argument("bundle", type=Path)
    for name in ("params", "records", "store", "result"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    asked = parser.parse_args(arguments)
    if shutil.which("make") is None:
        print("make is not installed", file=sys.stderr)
        return MISSING
    version = subprocess.run(["make", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0].rpartition(" ")[2]
    places = {"MLOC_PARAMETERS": asked.params, "MLOC_RECORDS": asked.records, "MLOC_STORE": asked.store}
    shutil.rmtree(asked.bundle / "run", ignore_errors=True)
    command = ["make", "--keep-going", f"--jobs={os.cpu_count() or 1}", f"PYTHON={sys.executable}"]
    environment = {**os.environ, **{name: str(path.absolute()) for name, path in places.items()}}
    code = subprocess.run(command, cwd=asked.bundle, env=environment, check=False).returncode
    status, error = ("succeeded", None) if code == 0 else ("failed", f"make ended with exit code {code}")
    result = {"status": status, "engine": {"name": "make", "version": version}, "error": error}
    asked.result.write_text(json.dumps(result), encoding="utf-8")
    return min(code, 1)


if __name__ == "__main__":
    sys.exit(main())
