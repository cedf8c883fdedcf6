"""Branches and called pipelines as tasks.

Before: a branch whose arms are regions. After, by where it stands:

- elsewhere, a `@task.branch`, the tasks of its arms, and a task that merges, which runs whatever arm was taken;
- in a mapped body, a task that decides, the tasks of all arms, which ask for the decision, and a task that merges.

A branch of one arm is a called pipeline: nothing is decided, and what it captures is waited for at its gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from mloc.emit.python import Bracket, Code, call, literal
from mloc.frozen import replace
from mloc.ir.model import Branch, Call, Region
from mloc.ir.program import key, merge_id
from mloc.ir.walk import closing_exprs, nodes, own_exprs, refs
from mloc_airflow.graph import Argument, Arms, Bind, Order, Task
from mloc_airflow.wiring import Scope, Wiring, read_by

ANY_ARM = ("trigger_rule", "TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS")

# The tasks that end a node, by their variables.
Ends = tuple[str, ...]


class BranchLowering:
    """`region` lowers what stands in an arm."""

    def __init__(self, wiring: Wiring, region: Callable[[Region, Scope], None]) -> None:
        self.wiring = wiring
        self.names = wiring.names
        self.region = region

    def lower(self, node: Branch, scope: Scope, before: Iterable[str]) -> Ends:
        if len(node.arms) == 1:
            return self.called(node, scope, before)
        return self.taken(node, scope, before) if scope.fan_out is None else self.asked(node, scope, before)

    def taken(self, node: Branch, scope: Scope, before: Iterable[str]) -> Ends:
        """A branch that the engine takes: what stands in other arms is skipped."""
        wiring = self.wiring
        variable = wiring.variables[node.id] = wiring.variable_of_node(node.id)
        task_id = self.names.task(node.id)
        reads = wiring.reads(own_exprs(node), scope)
        head = Scope(rooted=scope.rooted)
        wiring.wait(variable, read_by(reads.arguments.values()), before, head)

        outside = tuple(wiring.open)
        tail, arms = Scope(rooted=True), {arm.label: Scope(rooted=True) for arm in node.arms}
        for arm in node.arms:
            self.region(arm.region, arms[arm.label])
            self.add_arm(node, f"{node.id}_{arm.label}", f"The steps of `{arm.label}`.", arms[arm.label], tail)
        after = Scope(rooted=True)
        ends = self.close(node, after, wiring.opened_since(outside), variable)

        choices = {label: [made_id for made_id, _ in (*arm.made, *after.made)] for label, arm in arms.items()}
        task = Task(
            task_id,
            self.names.python(f"decide_{variable}"),
            variable,
            "Choose the arm to take.",
            wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("decide", [literal(node.id), reads.code(), _choices(choices)]),
            returns="list[str]",
            decorator="task.branch",
        )
        # The task that merges waits for the decision by reading it.
        linked = [*(made for arm in arms.values() for made in arm.made), *(() if node.merged else after.made)]
        links = [Order((variable,), tuple(name for _, name in linked))] if linked else []
        if linked or node.merged:
            wiring.open.pop(variable, None)
        scope.statements += [Bind(task), *head.statements, *tail.statements, *after.statements, *links]
        scope.made += [(task_id, variable), *after.made]
        return ends or (variable,)

    def asked(self, node: Branch, scope: Scope, before: Iterable[str]) -> Ends:
        """A branch in a mapped body: everything in it runs, and what stands in other arms gives null."""
        wiring = self.wiring
        variable = wiring.variables[node.id] = wiring.variable_of_node(node.id)
        reads = wiring.reads(own_exprs(node), scope)
        doc = "Choose the arm to take; in a mapped body its steps ask for it."
        task = Task(
            self.names.task(node.id),
            self.names.python(f"decide_{variable}"),
            variable,
            doc,
            wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("run", [literal(node.id), reads.code()]),
        )
        outside = tuple(wiring.open)
        wiring.bind(task, scope, before)
        for arm in node.arms:
            inner = replace(scope, statements=[], guards=(*scope.guards, node.id))
            self.region(arm.region, inner)
            self.add_arm(node, f"{node.id}_{arm.label}", f"The steps of `{arm.label}`.", inner, scope)
        return self.close(node, scope, wiring.opened_since(outside), variable)

    def called(self, node: Branch, scope: Scope, before: Iterable[str]) -> Ends:
        """A called pipeline. Where it captures the values of steps, they are all waited for before any of its steps starts."""
        wiring, (arm,) = self.wiring, node.arms
        name = node.id.rpartition(".")[2]
        outside, waits_for = tuple(wiring.open), tuple(before)
        inner = replace(scope, statements=[], guards=(*scope.guards, node.id), made=[])
        gate: Ends = ()
        if waits_for or _may_skip(arm.region, scope):
            # Its success also tells those who wait for the pipeline that it was entered, when all that ends it was skipped.
            gate = (wiring.join(node.id, f"before_{name}", waits_for, scope, skips=False),)
            inner.rooted = True
        self.region(arm.region, inner)
        self.add_arm(node, node.id, "The steps of a called pipeline.", inner, scope)
        leaves = tuple(variable for variable in wiring.opened_since(outside) if variable not in gate)
        if gate and inner.made:
            scope.statements.append(Order(gate, tuple(variable for _, variable in inner.made)))
            wiring.open.pop(gate[0], None)
        scope.made += inner.made
        return self.close(node, scope, (*gate, *leaves) if _may_skip(arm.region, scope) else leaves, name) or gate

    def add_arm(self, node: Branch, name: str, title: str, inner: Scope, scope: Scope) -> None:
        if inner.statements:
            scope.statements.append(Arms(node.id, self.names.group(name), title, tuple(inner.statements)))

    def close(self, node: Branch, scope: Scope, leaves: Ends, name: str) -> Ends:
        """The task after a branch, where one is needed: it waits for all in the arms; else what ends the arms."""
        if node.merged:
            return (self.merge(node, scope, leaves, name),)
        if node.id in self.wiring.ordered and scope.fan_out is None:
            return (self.wiring.join(node.id, f"after_{name}", leaves, scope),)
        return leaves

    def merge(self, node: Branch, scope: Scope, leaves: Ends, name: str) -> str:
        """The task that gives the merged names. Where the engine took the branch, tasks of other arms gave nothing."""
        engine_decided = len(node.arms) > 1 and scope.fan_out is None
        inside = {each.id for arm in node.arms for each in nodes(arm.region)}
        reads = self.wiring.reads((), scope)
        if engine_decided:
            reads.add(f"{node.id}.arm", "arm", Argument("arm", f'{name}["arm"]', "str"))
        else:
            self.wiring.read_arm(reads, node.id)
        for ref in refs(*closing_exprs(node)):
            if engine_decided and ref.node in inside:
                variable = self.wiring.variable(ref)
                reads.add(key(ref), f"output({variable}, {literal(ref.output)})", Argument(variable, variable, "Outputs | None"))
            else:
                self.wiring.read(reads, ref)
        only = (node.merged[0].name,) if len(node.merged) == 1 and len(node.arms) > 1 else (name,) if len(node.arms) == 1 else ()
        variable = self.wiring.variables[merge_id(node)] = self.names.python(*only, f"{name}_merged", f"{merge_id(node)}d")
        names = ", ".join(f"`{merged.name}`" for merged in node.merged)
        task = Task(
            self.names.task(merge_id(node)),
            self.names.python(f"merge_{name}", f"merge_{variable}"),
            variable,
            f"Give {names} as the arm that was taken has it." if len(node.arms) > 1 else f"Give {names} of a called pipeline.",
            self.wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("run", [literal(merge_id(node)), reads.code()]),
            options=(ANY_ARM,) if engine_decided or any(_may_skip(arm.region, scope) for arm in node.arms) else (),
        )
        self.wiring.bind(task, scope, leaves)
        return variable


def _may_skip(region: Region, scope: Scope) -> bool:
    """Whether Airflow may skip tasks of a region that was entered: in other arms, or for want of items. In a mapped body it skips none."""
    return scope.fan_out is None and any(not isinstance(node, Call) for node in nodes(region))


def _choices(choices: Mapping[str, list[str]]) -> Code:
    entries = ((f"{literal(label)}: ", Bracket("[", tuple(("", literal(name)) for name in names), "]")) for label, names in choices.items())
    return Bracket("{", tuple(entries), "}")
