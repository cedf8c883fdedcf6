"""How many items of a fan-out may fail: the one rule, exact, for the executor and the report."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from mloc.ir.model import FanOut, Pipeline, Tolerate
from mloc.ir.walk import nodes
from mloc.runner.tolerance import tolerates as rule


def tolerates(tolerate: Tolerate | None, failures: int, items: int) -> bool:
    """Whether so many failures of so many items are no failure of the fan-out: failures · 100 ≤ percent · items, exactly."""
    return not failures if tolerate is None else rule(tolerate.kind, tolerate.amount, failures, items)


def untolerated(pipeline: Pipeline, failures: Iterable[str], counts: Mapping[str, int]) -> list[str]:
    """Of the ids of units that failed, those whose failure is one of the run; `counts` are the numbers of items by a fan-out's id."""
    left = list(failures)
    tolerant = [node for node in nodes(pipeline.region) if isinstance(node, FanOut) and node.tolerate is not None]
    # The inner ones first: what they tolerate is no failure of an item around them.
    for fan_out in sorted(tolerant, key=lambda node: -node.id.count("[]")):
        pattern = re.compile(re.escape(fan_out.id).replace(re.escape("[]"), r"\[\d+\]") + r"(?=(\[\d+\])\.)")
        items: dict[str, set[str]] = {}
        for unit_id in left:
            match = pattern.match(unit_id)
            if match is not None:
                items.setdefault(match.group(), set()).add(match.group(1))
        passed = [place for place, failed in items.items() if tolerates(fan_out.tolerate, len(failed), counts.get(place, 0))]
        left = [unit_id for unit_id in left if not any(unit_id.startswith(f"{place}[") for place in passed)]
    return left
