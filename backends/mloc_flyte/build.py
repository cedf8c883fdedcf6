"""What lowering every node needs: the blocks so far, the program's captures, and the way back to the region a node stands in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from mloc.backend import Request
from mloc.emit.python import literal
from mloc.frozen import replace
from mloc.ir.model import Const, Expr, FanOut, Ref, Region, Widen
from mloc.ir.program import PARAMETERS, key, launch_id
from mloc.ir.walk import every_node, predecessors
from mloc.types.model import NULL, Type, optional

from .attributes import Options, of_every_task, of_step
from .naming import BODY_RESERVED, Names
from .notes import BOARD, noted, state_key
from .plan import TEXT, Block, Invoke, Order, Port, Task
from .scope import Body, Known

LowerRegion: TypeAlias = "Callable[[Build, Region, Body], None]"


class Build:
    """A module under construction. `read` holds every value that some unit reads."""

    def __init__(self, request: Request, main: str, lower_region: LowerRegion) -> None:
        self.request = request
        self.known = Known(request.pipeline, main)
        self.blocks: list[Block] = []
        self._lower_region = lower_region
        units = request.program["units"]
        if not isinstance(units, dict):
            raise TypeError("the program has no units")
        self._units: Mapping[str, object] = units
        # What a schedule computes is computed before the pipeline's own workflow.
        own = units.keys() - {launch_id(launch) for launch in request.pipeline.launches}
        self.read = frozenset(capture for unit in own for capture in self._declared(unit))
        self.noted = noted(request.pipeline, units)
        self._items = frozenset(f"{node.id}.item" for node in every_node(request.pipeline) if isinstance(node, FanOut))

    def region(self, region: Region, body: Body) -> None:
        """Lower the nodes of a region into a body."""
        self._lower_region(self, region, body)

    def inside(self, body: Body, *, in_arm: bool, lenient: bool = False, gates: tuple[str, ...] = ()) -> Body:
        """A body for what stands inside another."""
        return Body(self.known.scope(), self.known, body.in_arm or in_arm, body.lenient or lenient, gates)

    def options(self, call: str, *, lenient: bool) -> Options:
        """What the target is told of a call, as arguments of its task."""
        return of_step(self.request.attributes.of(call), self.request, lenient=lenient)

    def add(self, block: Block) -> None:
        if isinstance(block, Task) and block.kind not in ("step", "each"):
            block = replace(block, options=tuple(of_every_task(self.request.attributes.pipeline).items()))
        if block not in self.blocks:
            self.blocks.append(block)

    def invoke(self, body: Body, task: Task, wanted: str, args: Mapping[str, str] | None = None) -> str:
        """Add a task and a call of it to a body; gives the name the call is bound to."""
        self.add(task)
        named = body.args(task.inputs) if args is None else tuple((port.name, args[port.key]) for port in task.inputs)
        target = body.names.fresh(wanted)
        body.statements.append(Invoke(target, task.name, named))
        return target

    def order(self, body: Body, waits: Sequence[str], reads: Iterable[Port], handle: str) -> None:
        """Make a node wait for siblings whose values its first task does not read."""
        read = {body.values[port.key].node for port in reads}
        for sibling in waits:
            if sibling not in read:
                body.statements.append(Order(body.handles[sibling], handle))
        if not waits and body.start is not None and "$" not in read:
            body.statements.append(Order(body.start, handle))

    def states(self, body: Body, waits: Sequence[str], reads: Iterable[str]) -> tuple[str, ...]:
        """Where failures are values, the keys by which a node learns of siblings whose values it does not read."""
        if not body.lenient:
            return ()
        for sibling in waits:
            body.made(sibling, state_key(sibling), body.handles[sibling])
        read = {body.values[capture].node for capture in reads if capture in body.values}
        return tuple(state_key(sibling) for sibling in waits if sibling not in read) if waits else body.gates

    def ends(self, body: Body, region: Region) -> tuple[str, ...]:
        """The nodes of a region after which nothing in it comes: where they went well, all in it did."""
        siblings = frozenset(node.id for node in region.nodes)
        before = {sibling for node in region.nodes for sibling in predecessors(node, siblings)}
        return tuple(node.id for node in region.nodes if node.id not in before)

    def items_of(self, unit: str) -> tuple[str, ...]:
        """Of the keys that a unit reads, the items of the fan-outs around it: they say where it stands."""
        return tuple(key for key in self._declared(unit) if key in self._items)

    def is_of_handler(self, unit: str) -> bool:
        body = self._units[unit]
        return isinstance(body, dict) and "handler" in body

    def ports(self, captures: Iterable[str], *used: str | None) -> tuple[Port, ...]:
        """The inputs of a function that reads these captures and uses these names itself."""
        names = Names({*BODY_RESERVED, *(name for name in used if name is not None)})
        return tuple(self.known.port(capture, names) for capture in dict.fromkeys(captures))

    def captures(self, unit: str) -> tuple[str, ...]:
        """The keys that a unit is given, from the program: the item of a fan-out is among them where it only gives the place."""
        return self.given(unit, self._declared(unit))

    def given(self, unit: str, keys: Iterable[str]) -> tuple[str, ...]:
        """Of the keys that a unit reads, those that it is given by its inputs: a handler finds what the body has made on the board."""
        wanted = tuple(keys)
        if not self.is_of_handler(unit):
            return (*wanted, BOARD) if self.noted and unit != PARAMETERS else wanted
        given = tuple(each for each in wanted if each not in self.noted)
        return given if given == wanted else (*given, BOARD)

    def _declared(self, unit: str) -> tuple[str, ...]:
        body = self._units[unit]
        pairs = body["captures"] if isinstance(body, dict) else None
        if not isinstance(pairs, list):
            raise TypeError(f"the program says nothing of unit {unit}")
        return tuple(str(pair[0]) for pair in pairs)

    def line(self, node: str) -> str:
        """The place of a node in the program: `flights.mlp:214`; "" when it is not known."""
        return str(self.request.lines.get(node, ""))


def is_plain(expr: Expr) -> bool:
    """Whether an expression only names a value, so that nothing can go wrong with it."""
    return is_plain(expr.value) if isinstance(expr, Widen) else isinstance(expr, (Const, Ref))


def direct_code(expr: Expr, type_: Type, body: Body) -> str | None:
    """The code of a value whose text can be passed on as it is: a constant, or what a node of this body made."""
    while isinstance(expr, Widen) and expr.type == optional(expr.value.type):
        expr = expr.value
    if expr.type != type_ and optional(expr.type) != type_ and expr.type != NULL:
        return None
    if isinstance(expr, Const):
        return literal(expr.text)
    if not isinstance(expr, Ref):
        return None
    value = body.values.get(key(expr))
    return value.code if value is not None and value.node and value.annotation == TEXT else None
