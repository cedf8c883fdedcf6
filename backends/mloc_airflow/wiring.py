"""What the lowering keeps in hand: names, which task gives each value, and which tasks nothing waits for yet."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from mloc.emit.python import Bracket, literal
from mloc.frozen import dataclass, field
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Branch, Call, Expr, FanOut, Node, Pipeline, Ref, Region
from mloc.ir.program import PARAMETERS, collect_id, key, merge_id
from mloc.ir.walk import nodes, predecessors, refs, regions
from mloc.source import Line
from mloc_airflow.graph import Argument, Bind, Join, Order, Statement, Task
from mloc_airflow.names import Names


@dataclass(slots=True)
class Scope:
    """Where statements go.

    `fan_out` is the one whose mapped body this is, `guards` are the branches that steps in it ask, `rooted` says that everything here
    waits for something already, and `made` lists the tasks that a branch of the engine must name to take them.
    """

    statements: list[Statement] = field(default_factory=list)
    fan_out: FanOut | None = None
    guards: tuple[str, ...] = ()
    rooted: bool = False
    made: list[tuple[str, str]] = field(default_factory=list)


@dataclass(slots=True)
class Reads:
    """What a task reads: its arguments by name, and the captures it makes of them."""

    arguments: dict[str, Argument] = field(default_factory=dict)
    captures: dict[str, str] = field(default_factory=dict)

    def add(self, capture: str, source: str, argument: Argument) -> None:
        self.arguments.setdefault(argument.name, argument)
        self.captures.setdefault(capture, source)

    def code(self) -> Bracket:
        return Bracket("{", tuple((f"{literal(name)}: ", source) for name, source in self.captures.items()), "}")


class Wiring:
    """The state of one lowering. `variables` names the Python variable of every unit, and of every `<fan-out>.item`."""

    def __init__(self, pipeline: Pipeline, lines: Mapping[str, Line]) -> None:
        everything = tuple(nodes(pipeline.region))
        self.lines = lines
        self.source = pipeline.source
        self.names = Names()
        self.nodes: dict[str, Node] = {node.id: node for node in everything}
        self.ordered = {name for node in everything for name in node.after}
        self.ends: dict[str, tuple[str, ...]] = {}
        self.open: dict[str, None] = {}
        calls = tuple(_calls_as_tasks(pipeline.region))
        self.task_ids = {node.id: self.names.task(node.id) for node in calls}
        self.variables = {node.id: self.variable_of_node(node.id) for node in calls}

    def variable_of_node(self, node_id: str) -> str:
        return self.names.python(node_id.rpartition(".")[2], node_id)

    def line(self, node_id: str) -> str:
        """The place of a node in the program: `flights.mlp:214`; its file alone when that is all that is known."""
        return str(self.lines.get(node_id, self.source))

    # ---- what tasks read -------------------------------------------------------------------------------------------

    def variable(self, ref: Ref) -> str:
        """The variable of the task that gives a value, or of the item."""
        match self.nodes.get(ref.node):
            case None:
                return self.variables[PARAMETERS]
            case Call():
                return self.variables[ref.node]
            case Branch() as branch:
                return self.variables[merge_id(branch)]
            case FanOut() as fan_out:
                return self.variables[f"{ref.node}.item" if ref.output == "item" else collect_id(fan_out)]

    def is_item(self, ref: Ref) -> bool:
        return ref.output == "item" and isinstance(self.nodes.get(ref.node), FanOut)

    def reads(self, exprs: Iterable[Expr], scope: Scope) -> Reads:
        """The reads of a task that evaluates expressions; in a mapped body also the item, which names the task in reports."""
        found = Reads()
        if scope.fan_out is not None:
            self.read(found, Ref(scope.fan_out.item_type, scope.fan_out.id, "item"))
        for ref in refs(*exprs):
            self.read(found, ref)
        for branch in scope.guards:
            self.read_arm(found, branch)
        return found

    def read(self, found: Reads, ref: Ref) -> None:
        if ref.node == RUN_NODE:
            return  # every task can ask the run itself
        variable = self.variable(ref)
        if self.is_item(ref):
            found.add(key(ref), variable, Argument(variable, variable, "str"))
        else:
            found.add(key(ref), f"{variable}[{literal(ref.output)}]", Argument(variable, variable, "Outputs"))

    def read_arm(self, found: Reads, branch_id: str) -> None:
        """Read the arm of a branch that an ordinary task decided; a called pipeline has one arm, which is known."""
        branch = self.nodes[branch_id]
        if isinstance(branch, Branch) and len(branch.arms) == 1:
            found.captures.setdefault(f"{branch_id}.arm", literal(json.dumps(branch.arms[0].label)))
            return
        variable = self.variables[branch_id]
        found.add(f"{branch_id}.arm", f'{variable}["arm"]', Argument(variable, variable, "Outputs"))

    # ---- what waits for what ---------------------------------------------------------------------------------------

    def bind(self, task: Task, scope: Scope, before: Iterable[str] = (), mapped: tuple[str, str] | None = None) -> None:
        """Add a task that waits for what it reads and for `before`. `mapped` is the item's variable and the one of the items."""
        scope.statements.append(Bind(task, mapped))
        scope.made.append((task.task_id, task.variable))
        self.wait(task.variable, read_by(task.arguments, mapped), before, scope)

    def join(self, node: str, name: str, before: Iterable[str], scope: Scope, skips: bool = True) -> str:
        """Add a task that does nothing but wait, where it `skips` also for tasks that are skipped."""
        variable = self.names.python(name)
        join = Join(node, variable, self.names.task(variable), skips)
        scope.statements.append(join)
        scope.made.append((join.task_id, join.variable))
        self.wait(join.variable, (), before, scope)
        return join.variable

    def wait(self, variable: str, read: Iterable[str], before: Iterable[str], scope: Scope) -> None:
        """Let a task wait for what it reads and for `before`; nothing starts before the parameters are checked."""
        implied = dict.fromkeys(read)
        ordered = [name for name in dict.fromkeys(before) if name not in implied]
        if not ordered and not implied and not scope.rooted and PARAMETERS in self.variables:
            ordered = [self.variables[PARAMETERS]]
        if ordered:
            scope.statements.append(Order(tuple(ordered), (variable,)))
        for name in (*implied, *ordered):
            self.open.pop(name, None)
        self.open[variable] = None

    def opened_since(self, outside: Iterable[str]) -> tuple[str, ...]:
        """The tasks that nothing waits for yet, without those that were so before."""
        known = set(outside)
        return tuple(name for name in self.open if name not in known)

    def preceding(self, node: Node, region: Region) -> tuple[str, ...]:
        """The variables of the tasks that end the nodes which a node of a region waits for."""
        siblings = frozenset(sibling.id for sibling in region.nodes)
        return tuple(variable for name in predecessors(node, siblings) for variable in self.ends[name])


def read_by(arguments: Iterable[Argument], mapped: tuple[str, str] | None = None) -> list[str]:
    """The variables that arguments come from."""
    found = [argument.value.partition("[")[0] for argument in arguments]
    if mapped is None:
        return found
    item, items = mapped
    return [items if name == item else name for name in found]


def is_fused(node: FanOut) -> bool:
    """Whether the body runs as one task: Airflow maps nothing within a mapped body, and limits tasks, not items."""
    inner = tuple(nodes(node.region))
    return any(isinstance(each, FanOut) for each in inner) or (node.limit is not None and len(inner) > 1)


def inside(node: FanOut) -> set[str]:
    """The ids of all that stands in a fan-out."""
    return {each.id for each in nodes(node.region)}


def _calls_as_tasks(region: Region) -> Iterable[Call]:
    """The calls that become tasks of their own."""
    for node in region.nodes:
        if isinstance(node, Call):
            yield node
        elif not (isinstance(node, FanOut) and is_fused(node)):
            for inner in regions(node):
                yield from _calls_as_tasks(inner)
