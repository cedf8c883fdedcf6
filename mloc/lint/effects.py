"""Steps that change something outside and steps that read it, with nothing that says which comes first."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import UNORDERED_EFFECTS
from mloc.ir.model import Call, Pipeline, Region
from mloc.ir.walk import predecessors, regions
from mloc.lint.program import Program


def effects_in_order(program: Program, bag: Bag) -> None:
    """W0319: a call that writes, and a later one of the same block that reads and does not wait for it."""
    for pipeline in program.pipelines:
        _region(pipeline, pipeline.region, bag)


def _region(pipeline: Pipeline, region: Region, bag: Bag) -> None:
    siblings = frozenset(node.id for node in region.nodes)
    before: dict[str, frozenset[str]] = {}
    writers: list[Call] = []
    for node in region.nodes:
        direct = predecessors(node, siblings)
        before[node.id] = frozenset(direct).union(*(before.get(id_, frozenset()) for id_ in direct))
        if isinstance(node, Call):
            effects = node.settings.effects or ()
            if "reads" in effects:
                for writer in writers:
                    if writer.id not in before[node.id] and writer.step != node.step:
                        _tell(writer, node, bag)
            if "writes" in effects:
                writers.append(node)
        for inner in regions(node):
            _region(pipeline, inner, bag)


def _tell(writer: Call, reader: Call, bag: Bag) -> None:
    if reader.span is None or writer.span is None:
        return
    bag.report(
        UNORDERED_EFFECTS,
        reader.span,
        f"`{reader.step}` reads and `{writer.step}` writes, and neither waits for the other: the order of lines is not the order of a run",
        secondary=(Label(writer.span, "this writes"),),
        help=f"add `after {writer.id.rpartition('.')[2]}`, or let `{reader.step}` take what `{writer.step}` gives",
    )
