"""Prints what target blocks say, and reads it back: a line for every attribute, below its target."""

from __future__ import annotations

import json
from collections.abc import Iterator

from mloc.ir.model import Target, TargetAttribute
from mloc.ir.text.cursor import Cursor
from mloc.ir.text.words import name


def target_lines(targets: tuple[Target, ...], indent: str) -> Iterator[str]:
    """`target kfp`, and below `node_selector = {…}` for the pipeline or `%trials[].fit retry.count = 2` for a call."""
    for target in targets:
        yield f"target {name(target.name)}"
        for attribute in target.attributes:
            place = f"%{attribute.path} " if attribute.path else ""
            yield f"{indent}{place}{'.'.join(name(part) for part in attribute.name.split('.'))} = {attribute.value}"


def parse_attribute(line: Cursor) -> TargetAttribute:
    """One attribute, which takes the whole line."""
    path = line.id() if line.accept("%") else ""
    label = line.name()
    while line.touching("."):
        label += f".{line.name()}"
    line.expect("=")
    value = line.json()
    line.end()
    return TargetAttribute(path, label, json.dumps(json.loads(value), sort_keys=True, separators=(",", ":")))
