"""What every task, workflow and node of a Flyte module stands for in the program, for `trace.json`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import assert_never

from mloc.emit.trace import Traced

from .plan import Block, Choice, Conditional, Invoke, Loop, MapOver, Module, Order, Statement, Task, Workflow

# A node within others, and the pod of one: `f6x2k9-n10-0-dn3-0-n1-0` is the second node in the fourth item of the eleventh node.
SPELLINGS = (r"(?:.*?-)?(?P<task>d?n\d+(?:-\d+)?(?:-d?n\d+(?:-\d+)?)*)(?:-\d+)*",)

_ATTEMPT = r"(?:-\d+)?"


def traced(plan: Module, module: str) -> Iterator[Traced]:
    """The functions, then the nodes: `n10`, with patterns for the longer names of nodes in nodes."""
    blocks = {block.name: block for block in plan.blocks}
    for block in (*plan.blocks, plan.main):
        mapped = (rf"(?:{re.escape(module)}\.)?map_{re.escape(block.name)}_[0-9a-f]{{32}}-arraynode",)
        patterns = mapped if isinstance(block, Task) and block.kind == "each" else ()
        yield Traced((block.name, f"{module}.{block.name}"), _units(block) or (plan.main.unit,), _role(block), patterns)
    for block in plan.launched:
        yield Traced((block.name, f"{module}.{block.name}"), _units(block), _role(block))
    yield from _nodes(plan.main.statements, "n", "", blocks)


def _nodes(statements: Iterable[Statement], letters: str, path: str, blocks: dict[str, Block]) -> Iterator[Traced]:
    """The nodes of a body, each with those within it. flytekit counts the calls of a body; a conditional is one, and counts its own."""
    place = 0
    for statement in statements:
        match statement:
            case Order():
                continue
            case Invoke():
                yield from _node(statement, f"{letters}{place}", path, blocks)
            case MapOver():
                mapped = rf"{letters}{place}{_ATTEMPT}"
                units = _units(blocks[statement.function])
                yield _entry(f"{letters}{place}", path + mapped, units)
                yield Traced((), units, "", (rf"{path}{mapped}-n(\d+){_ATTEMPT}",))
            case Conditional():
                units = _units(blocks[statement.cases[0][1].function])
                yield _entry(f"{letters}{place}", f"{path}{letters}{place}{_ATTEMPT}", units, "a conditional")
                for number, (_, invoke) in enumerate(statement.cases):
                    yield from _node(invoke, f"n{number}", f"{path}{letters}{place}{_ATTEMPT}-", blocks, units)
            case _:
                assert_never(statement)
        place += 1


def _node(invoke: Invoke, name: str, path: str, blocks: dict[str, Block], around: tuple[str, ...] = ()) -> Iterator[Traced]:
    """`around` are the units of the conditional that an arm stands in, for one that does nothing."""
    block = blocks[invoke.function]
    inside = f"{path}{name}{_ATTEMPT}"
    yield _entry(name, inside, _units(block) or around, _role(block))
    match block:
        case Task():
            pass
        case Workflow(statements=statements, on_failure=handler):
            yield from _nodes(statements, "n", f"{inside}-", blocks)
            if handler is not None:
                yield from _node(Invoke("", handler, ()), "fn0", f"{inside}-", blocks)
        case Loop(body=body):
            # Each item is a node of the dynamic task's.
            yield from _node(Invoke("", body, ()), r"dn(\d+)", f"{inside}-", blocks)
        case Choice(cases=cases):
            for case in cases:
                yield from _nodes(case.statements, "dn", f"{inside}-", blocks)
        case _:
            assert_never(block)


def _entry(name: str, pattern: str, units: tuple[str, ...], role: str = "") -> Traced:
    """A node; only one of the pipeline's own workflow is known by its bare name."""
    return Traced((name,) if pattern == f"{name}{_ATTEMPT}" else (), units, role, (pattern,))


def _units(block: Block) -> tuple[str, ...]:
    if isinstance(block, Task):
        return block.units
    return (block.unit,)


def _role(block: Block) -> str:
    match block:
        case Task():
            return "" if block.units else "a task that does nothing"
        case Workflow():
            return "a workflow"
        case Loop() | Choice():
            return "a dynamic task"
        case _:
            assert_never(block)
