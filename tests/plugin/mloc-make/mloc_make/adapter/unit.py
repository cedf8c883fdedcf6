"""Runs one unit of the pipeline: `python -m PACKAGE.unit UNIT FILE` reads what earlier rules wrote beside FILE, and writes FILE."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from mloc.runner.api import FileStore, Program, Records, StepFailed, load_program, run_unit

_HERE = Path(__file__).parent


def main(unit_id: str, out: Path) -> int:
    program = load_program(_HERE / "program.json")
    try:
        found = run_unit(
            program,
            unit_id,
            _captures(program, unit_id, out.parent),
            store=FileStore.from_environment(),
            records=Records.from_environment(),
            code=[str(_HERE / "code")],
            on_log=lambda line: print(line, flush=True),
        )
    except StepFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    unit = program.unit(unit_id)
    prefix = {"parameters": "$", "merge": f"{unit.body.get('branch')}."}.get(unit.kind, f"{unit_id}.")
    unfinished = out.with_suffix(".tmp")
    unfinished.write_text(json.dumps({f"{prefix}{name}": text for name, text in found.items()}), encoding="ascii")
    unfinished.replace(out)
    return 0


def _captures(program: Program, unit_id: str, folder: Path) -> dict[str, str]:
    """What the unit reads, from the files of the rules before it; of the parameters what was given."""
    unit = program.unit(unit_id)
    if unit.kind == "parameters":
        given = os.environ.get("MLOC_PARAMETERS")
        return {f"${name}": text for name, text in json.loads(Path(given).read_text(encoding="utf-8")).items()} if given else {}
    known: dict[str, str] = {}
    for file in folder.glob("*.json"):
        known |= json.loads(file.read_text(encoding="ascii"))
    wanted = {*unit.captures, *(f"{branch}.arm" for branch, _ in unit.guards)}
    return {key: known[key] for key in wanted if key in known}


if __name__ == "__main__":
    target = Path(sys.argv[2])
    target.parent.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1], target))
