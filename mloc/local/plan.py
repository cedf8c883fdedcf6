"""What can run next: the region tree of a pipeline, unfolded as its lengths and decisions become known."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias, assert_never

from mloc.frozen import dataclass, field
from mloc.ir.model import Branch, Call, FanOut, Node, Region
from mloc.ir.program import OUTPUTS, collect_id, merge_id, yield_id
from mloc.ir.tolerance import tolerates
from mloc.ir.walk import nodes, predecessors
from mloc.runner.api import Program, gather
from mloc.runner.jsons import as_array, as_text, parse
from mloc.runner.units import place

Place: TypeAlias = tuple[int, ...]
Outputs: TypeAlias = Mapping[str, str]

_BLOCKED = -1


@dataclass(frozen=True, slots=True)
class Task:
    """One unit at one place of the fan-outs around it, ready to run on the wire texts of its captures.

    `call` is None for a unit that runs no user code. `order` sorts by source, then by index.
    """

    unit: str
    at: Place
    captures: Mapping[str, str] = field(repr=False, compare=False)
    call: Call | None
    order: tuple[int, Place]

    @property
    def id(self) -> str:
        """The id in reports."""
        return place(self.unit, list(self.at))


@dataclass(frozen=True, slots=True)
class _Block:
    """A region as it stands in the program: for each node how many siblings it waits for, and which ones wait for it."""

    nodes: tuple[Node, ...]
    waits: tuple[int, ...]
    followers: tuple[tuple[int, ...], ...]


@dataclass(slots=True)
class _Running:
    """A region that has begun. `open` counts the nodes that have not ended; `ended` is called with whether all succeeded."""

    block: _Block
    at: Place
    ended: Callable[[bool], None]
    waits: list[int]
    open: int
    succeeded: bool = True


@dataclass(slots=True)
class _Items:
    """A fan-out whose items are known."""

    node: FanOut
    around: _Running
    index: int
    envelopes: list[str]
    begun: int = 0
    ended: int = 0
    failures: int = 0
    results: dict[int, str] = field(default_factory=dict)


class Plan:
    """The state of one run, or of one of its handlers. Pure: it is told what ended and answers with the tasks that became ready.

    A region is one node to its siblings: it begins when everything it reads is there, and gives values when all in it succeeded.
    What depends on a failed node never becomes ready; everything else does, later items of a fan-out included.
    """

    def __init__(self, region: Region, program: Program, *, gives_results: bool = True) -> None:
        self._region = region
        self._program = program
        self._gives_results = gives_results
        self._ordinals = {node.id: ordinal for ordinal, node in enumerate(nodes(region))}
        self._blocks: dict[int, _Block] = {}
        self._keys: dict[str, tuple[tuple[str, int], ...]] = {}
        self._values: dict[tuple[str, Place], str] = {}
        self._waiting: dict[tuple[str, Place], Callable[[Outputs | None], None]] = {}
        self._todo: deque[Callable[[], None]] = deque()
        self._ready: list[Task] = []
        self._forgiven = frozenset(
            inner.id for node in nodes(region) if isinstance(node, FanOut) and node.tolerate is not None for inner in nodes(node.region)
        )
        self.has_failed = False
        self.succeeded: bool | None = None

    def begin(self, given: Outputs) -> list[Task]:
        """Start with what is given from outside, by capture key: `$name` for a checked parameter."""
        self._values.update({(key, ()): text for key, text in given.items()})
        self._begin(self._region, (), self._region_of_pipeline_ended)
        return self._advance()

    def finished(self, task: Task, outputs: Outputs | None) -> list[Task]:
        """Say that a task ended, with None for its outputs when it failed; gives the tasks that became ready."""
        self._waiting.pop((task.unit, task.at))(outputs)
        return self._advance()

    def values(self) -> dict[str, str]:
        """What is given and what was made outside of fan-outs so far, by capture key."""
        return {key: text for (key, at), text in self._values.items() if at == ()}

    def _advance(self) -> list[Task]:
        # A queue instead of calls within calls: a region of a thousand nodes, or a thousand empty items, needs no deep stack.
        while self._todo:
            self._todo.popleft()()
        ready, self._ready = self._ready, []
        return ready

    def _emit(self, unit: str, ordinal: int, at: Place, then: Callable[[Outputs | None], None], call: Call | None = None) -> None:
        self._waiting[(unit, at)] = then
        self._ready.append(Task(unit, at, self._captures(unit, at), call, (ordinal, at)))

    def _captures(self, unit: str, at: Place) -> dict[str, str]:
        """What a unit reads; what an untaken arm would have given is absent."""
        keys = self._keys.get(unit)
        if keys is None:
            # A value belongs to as many fan-outs as its node stands in; an item to one more, its own.
            captures = self._program.unit(unit).captures
            keys = self._keys[unit] = tuple((key, key.count("[]") + self._program.is_item(key)) for key in captures)
        found = ((key, self._values.get((key, at[:depth]))) for key, depth in keys)
        return {key: text for key, text in found if text is not None}

    # ---- regions --------------------------------------------------------------------------------------------------

    def _begin(self, region: Region, at: Place, ended: Callable[[bool], None]) -> None:
        block = self._blocks.get(id(region))
        if block is None:
            block = self._blocks[id(region)] = _block(region)
        running = _Running(block, at, ended, list(block.waits), len(block.nodes))
        if not block.nodes:
            self._todo.append(partial(ended, True))
        for index, waits in enumerate(block.waits):
            if waits == 0:
                self._enter(running, index)

    def _enter(self, running: _Running, index: int) -> None:
        node, at = running.block.nodes[index], running.at
        ordinal = self._ordinals[node.id]
        match node:
            case Call():
                self._emit(node.id, ordinal, at, partial(self._called, running, index, node), node)
            case Branch():
                self._emit(node.id, ordinal, at, partial(self._decided, running, index, node))
            case FanOut():
                self._emit(node.id, ordinal, at, partial(self._itemized, running, index, node))
            case _:
                assert_never(node)

    def _node_ended(self, running: _Running, index: int, succeeded: bool) -> None:
        ended = [(index, succeeded)]
        while ended:
            index, succeeded = ended.pop()
            running.open -= 1
            running.succeeded = running.succeeded and succeeded
            # What fails in an item of a fan-out that tolerates failures counts when the fan-out fails of it.
            self.has_failed = self.has_failed or not (succeeded or running.block.nodes[index].id in self._forgiven)
            for follower in running.block.followers[index]:
                if running.waits[follower] == _BLOCKED:
                    continue
                if not succeeded:
                    running.waits[follower] = _BLOCKED
                    ended.append((follower, False))
                    continue
                running.waits[follower] -= 1
                if running.waits[follower] == 0:
                    self._enter(running, follower)
        if running.open == 0:
            self._todo.append(partial(running.ended, running.succeeded))

    def _region_of_pipeline_ended(self, succeeded: bool) -> None:
        if succeeded and self._gives_results:
            self._emit(OUTPUTS, len(self._ordinals), (), self._gave_results)
        else:
            self.succeeded = succeeded

    def _gave_results(self, outputs: Outputs | None) -> None:
        self.succeeded = outputs is not None

    # ---- calls and branches ---------------------------------------------------------------------------------------

    def _keep(self, node: Node, at: Place, outputs: Outputs) -> None:
        for name, text in outputs.items():
            self._values[(f"{node.id}.{name}", at)] = text

    def _called(self, running: _Running, index: int, node: Node, outputs: Outputs | None) -> None:
        """A call, a merge or a collection gave the node's values, or failed."""
        if outputs is not None:
            self._keep(node, running.at, outputs)
        self._node_ended(running, index, outputs is not None)

    def _decided(self, running: _Running, index: int, branch: Branch, outputs: Outputs | None) -> None:
        if outputs is None:
            self._node_ended(running, index, False)
            return
        self._keep(branch, running.at, outputs)
        taken = parse(outputs["arm"])
        arm = next(arm for arm in branch.arms if arm.label == taken)
        self._begin(arm.region, running.at, partial(self._arm_ended, running, index, branch))

    def _arm_ended(self, running: _Running, index: int, branch: Branch, succeeded: bool) -> None:
        if succeeded and branch.merged:
            self._emit(merge_id(branch), self._ordinals[branch.id], running.at, partial(self._called, running, index, branch))
        else:
            self._node_ended(running, index, succeeded)

    # ---- fan-outs -------------------------------------------------------------------------------------------------

    def _itemized(self, running: _Running, index: int, node: FanOut, outputs: Outputs | None) -> None:
        if outputs is None:
            self._node_ended(running, index, False)
            return
        envelopes = [as_text(text, "an item") for text in as_array(parse(outputs["items"]), "the items")]
        self._fill(_Items(node, running, index, envelopes))

    def _fill(self, items: _Items) -> None:
        """Begin items, in order, as far as the limit allows; end the fan-out when all have ended."""
        node, at = items.node, items.around.at
        limit = len(items.envelopes) if node.limit is None else node.limit
        while items.begun < len(items.envelopes) and items.begun - items.ended < limit:
            number = items.begun
            items.begun += 1
            self._values[(f"{node.id}.item", (*at, number))] = items.envelopes[number]
            self._begin(node.region, (*at, number), partial(self._item_region_ended, items, number))
        if items.ended < len(items.envelopes):
            return
        passed = tolerates(node.tolerate, items.failures, len(items.envelopes))
        if not passed or node.result is None:
            self._node_ended(items.around, items.index, passed)
            return
        # Null stands for an item whose failure is tolerated.
        self._values[(f"{yield_id(node)}.result", at)] = gather([items.results.pop(number, "null") for number in range(items.ended)])
        self._emit(collect_id(node), self._ordinals[node.id], at, partial(self._called, items.around, items.index, node))

    def _item_region_ended(self, items: _Items, number: int, succeeded: bool) -> None:
        if not succeeded or items.node.result is None:
            self._item_ended(items, number, {} if succeeded else None)
            return
        then = partial(self._item_ended, items, number)
        self._emit(yield_id(items.node), self._ordinals[items.node.id], (*items.around.at, number), then)

    def _item_ended(self, items: _Items, number: int, outputs: Outputs | None) -> None:
        items.ended += 1
        if outputs is None:
            items.failures += 1
        elif "result" in outputs:
            items.results[number] = outputs["result"]
        self._fill(items)


def _block(region: Region) -> _Block:
    indices = {node.id: index for index, node in enumerate(region.nodes)}
    siblings = frozenset(indices)
    followers: list[list[int]] = [[] for _ in region.nodes]
    waits = []
    for index, node in enumerate(region.nodes):
        before = predecessors(node, siblings)
        waits.append(len(before))
        for name in before:
            followers[indices[name]].append(index)
    return _Block(region.nodes, tuple(waits), tuple(tuple(found) for found in followers))
