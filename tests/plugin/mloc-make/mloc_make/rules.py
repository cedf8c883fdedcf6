"""A pipeline as rules: one for every unit of the runner's program, with all that it waits for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mloc.ir.model import Branch, Call, FanOut, Node, Pipeline, Region
from mloc.ir.program import OUTPUTS, PARAMETERS, merge_id
from mloc.ir.walk import captured, own_exprs, refs


@dataclass(frozen=True)
class Rule:
    """`key` is unique in the Makefile; `unit` is what the runner runs, None where there is nothing to run; `needs` are keys."""

    key: str
    unit: str | None
    needs: tuple[str, ...]


def rules(pipeline: Pipeline) -> tuple[Rule, ...]:
    """The rules in the order of the source; those of the parameters come first, those of the outputs last, after everything."""
    inner = tuple(_region(pipeline.region, (PARAMETERS,), _ends(pipeline.region)))
    return (Rule(PARAMETERS, PARAMETERS, ()), *inner, Rule(OUTPUTS, OUTPUTS, tuple(rule.key for rule in inner) or (PARAMETERS,)))


def _ends(region: Region) -> dict[str, str]:
    """For each node the key of the rule that is done when the node is."""
    found: dict[str, str] = {}
    for node in region.nodes:
        found[node.id] = _end(node)
        if isinstance(node, Branch):
            for arm in node.arms:
                found |= _ends(arm.region)
    return found


def _end(node: Node) -> str:
    return merge_id(node) if isinstance(node, Branch) else node.id


def _region(region: Region, start: tuple[str, ...], ends: dict[str, str]) -> Iterator[Rule]:
    for node in region.nodes:
        match node:
            case Call():
                read = [ref.node for ref in refs(*own_exprs(node))]
                yield Rule(node.id, node.id, _keys(start, [*read, *node.after], ends))
            case Branch():
                yield from _branch(node, start, ends)
            case FanOut():
                raise AssertionError("a `for` is refused before anything is emitted")


def _branch(branch: Branch, start: tuple[str, ...], ends: dict[str, str]) -> Iterator[Rule]:
    # A region begins when all that it reads is there, and ends when all in it has ended.
    yield Rule(branch.id, branch.id, _keys(start, [*(ref.node for ref in captured(branch)), *branch.after], ends))
    inner = [rule for arm in branch.arms for rule in _region(arm.region, (branch.id,), ends)]
    yield from inner
    yield Rule(_end(branch), merge_id(branch) if branch.merged else None, (branch.id, *(rule.key for rule in inner)))


def _keys(start: tuple[str, ...], nodes: Sequence[str], ends: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*start, *(ends[node] for node in nodes if node != "$"))))
