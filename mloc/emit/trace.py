"""The way back from an engine's tasks to the program: the document `trace.json` of a bundle (format: docs/trace.md)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from mloc.backend import Request
from mloc.frozen import dataclass
from mloc.ir.program import unit_nodes
from mloc.source import Line

SCHEMA = "mloc-trace/1"
FILE = "trace.json"
_LONGEST_NOTE = 90


@dataclass(frozen=True, slots=True)
class Traced:
    """Something that the engine shows, and the units of the program that it stands for.

    The first of the names is its own; it may share the others. `patterns` are regular expressions for names that only the engine knows,
    with a group for the index of each fan-out's item; `role` says what a thing is that runs nothing itself.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    role: str = ""
    patterns: tuple[str, ...] = ()


def trace(request: Request, target: str, traced: Iterable[Traced], spellings: tuple[str, ...] = ()) -> str:
    """The document, an entry a line.

    `spellings` are regular expressions for longer texts that the engine shows, with the groups `task` and, maybe, `index`.
    """
    pipeline = request.pipeline
    head: dict[str, object] = {"schema": SCHEMA, "target": target, "pipeline": pipeline.name}
    head["source"] = {"file": pipeline.source, "sha256": pipeline.source_sha256}
    head["spellings"] = list(spellings)
    rows = [f" {_text(name)}: {_text(value)}" for name, value in head.items()]
    units = (f"  {_text(unit)}: {_text(entry)}" for unit, entry in _units(request).items())
    tasks = (f"  {_text(_entry(each))}" for each in traced)
    rows += [' "units": {\n' + ",\n".join(units) + "\n }", ' "tasks": [\n' + ",\n".join(tasks) + "\n ]"]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def note(line: Line | None) -> str:
    """What a comment says of a line: `flights.mlp:214: winner = best_of(…)`; nothing when the line is not known."""
    if line is None:
        return ""
    text = f"{line}: {' '.join(line.text.split())}"
    return text if len(text) <= _LONGEST_NOTE else f"{text[: _LONGEST_NOTE - 1].rstrip()}…"


def _units(request: Request) -> Mapping[str, object]:
    kinds = request.program["units"]
    if not isinstance(kinds, dict):
        raise TypeError("the program has no units")
    found: dict[str, object] = {}
    for unit, node in unit_nodes(request.pipeline).items():
        line = request.lines.get(node)
        place = {} if line is None else {"file": line.file, "line": line.number, "text": line.text}
        found[unit] = {"node": node, "kind": kinds[unit]["kind"], **place}
    return found


def _entry(traced: Traced) -> dict[str, object]:
    names = list(dict.fromkeys(traced.names))
    more = {"role": traced.role, "patterns": list(traced.patterns)}
    return {"names": names, "units": list(traced.units), **{name: value for name, value in more.items() if value}}


def _text(value: object) -> str:
    return json.dumps(value, allow_nan=False)
