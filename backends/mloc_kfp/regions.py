"""The nodes of regions as tasks and DAGs: calls, branches, called pipelines and fan-outs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from mloc.frozen import dataclass
from mloc.ir.called import is_called
from mloc.ir.model import Arm, Branch, Call, FanOut, Merged, Ref, Region, RunContainer
from mloc.ir.program import collect_id, key, merge_id, yield_id
from mloc.ir.walk import predecessors, refs
from mloc.types.encode import Json
from mloc_kfp.contained import contained
from mloc_kfp.naming import (
    Names,
    arm_id,
    around_id,
    branches_id,
    failed_id,
    loop_id,
    merge_in,
    nothing_id,
    state_key,
)
from mloc_kfp.parts import Parts
from mloc_kfp.scope import Scope
from mloc_kfp.spec import Doc, artifact, component, condition, constant, definitions, from_task, output, output_of_one, parameter
from mloc_kfp.units import FILLED, FINAL_STATUS, Units
from mloc_kfp.vendored.lenient import STATE

Outputs = Mapping[str, Doc]


@dataclass(frozen=True, slots=True)
class Regions:
    """Puts the nodes of regions into DAGs."""

    units: Units
    names: Names
    parts: Parts

    def region(self, scope: Scope, region: Region) -> None:
        siblings = frozenset(node.id for node in region.nodes)
        for node in region.nodes:
            order = tuple(task for name in predecessors(node, siblings) for task in scope.ends[name])
            match node:
                case Call():
                    is_contained = isinstance(self.units.steps[node.step].run, RunContainer)
                    label = contained(self.units, scope, node, order) if is_contained else self.units.step(scope, node, order)
                    scope.ends[node.id] = (label,)
                case Branch():
                    self.branch(scope, node, order)
                case FanOut():
                    self.fan_out(scope, node, order)
                case _:
                    assert_never(node)

    def branch(self, scope: Scope, branch: Branch, order: tuple[str, ...]) -> None:
        """A task decides which arm is taken; around the arms stands a DAG that gives what the one that ran gives."""
        if is_called(branch) and not scope.lenient:
            self.called(scope, branch, order)
            return
        decide = self.units.plain(scope, branch.id, self.names.labels[branch.id], {"arm": "STRING"}, order)
        scope.made |= {f"{branch.id}.arm": (decide, "arm"), state_key(branch.id): (decide, STATE)}
        ways, given = scope.inner(), [merged.name for merged in branch.merged]
        labels = [label for at, arm in enumerate(branch.arms) if (label := self.arm(ways, branch, arm, at)) is not None]
        if scope.lenient:
            labels.append(self.failed(ways, branch.id, f"{branch.id}.arm", given))
            given.append(STATE)
        if not ways.tasks:
            scope.ends[branch.id] = (decide,)
            return
        outputs = {name: output_of_one(dict.fromkeys(labels, name)) for name in given}
        label = self.place(scope, ways, branches_id(branch.id), outputs, order)
        scope.made |= {f"{branch.id}.{name}": (label, name) for name in outputs}
        scope.ends[branch.id] = (label,)

    def arm(self, ways: Scope, branch: Branch, arm: Arm, at: int) -> str | None:
        """One way through a branch as a conditional task; None for an arm in which there is nothing."""
        inner = ways.inner()
        self.region(inner, arm.region)
        outputs: dict[str, Doc] = {}
        if branch.merged:
            outputs = _direct(inner, branch.merged, at) or self.merge(inner, branch, arm, at, {})
        elif inner.lenient:
            closing = self.units.closing(inner, self.names.labels[merge_in(branch, arm.label)], (), leaves(inner))
            outputs = {STATE: output(closing, STATE)}
        if not inner.tasks:
            return None
        return self.way(ways, inner, arm_id(branch.id, arm.label), f"{branch.id}.arm", arm.label, outputs)

    def called(self, scope: Scope, branch: Branch, order: tuple[str, ...]) -> None:
        """The region of a called pipeline, which is no choice: a DAG as it is."""
        inner = scope.inner()
        (arm,) = branch.arms
        self.region(inner, arm.region)
        outputs: dict[str, Doc] = {}
        if branch.merged:
            taken = {f"{branch.id}.arm": constant(f'"{arm.label}"')}
            outputs = _direct(inner, branch.merged, 0) or self.merge(inner, branch, arm, 0, taken)
        if not inner.tasks:
            scope.ends[branch.id] = order
            return
        label = self.place(scope, inner, branch.id, outputs, order)
        scope.made |= {f"{branch.id}.{name}": (label, name) for name in outputs}
        scope.ends[branch.id] = (label,)

    def merge(self, inner: Scope, branch: Branch, arm: Arm, at: int, given: Mapping[str, Doc]) -> dict[str, Doc]:
        """The merged names as what a task at the end of the arm gives."""
        unit = merge_id(branch)
        label = self.names.labels[merge_in(branch, arm.label)]
        read = {key(ref) for ref in refs(*(merged.values[at] for merged in branch.merged))}
        # The item of the fan-out around is captured by every unit in it: it says which item this is.
        items = {name for name in self.units.program.unit(unit).captures if self.units.program.is_item(name)}
        names = {merged.name: "STRING" for merged in branch.merged}
        self.units.plain(inner, unit, label, names, leaves(inner), {f"{branch.id}.arm", *read, *items}, given)
        return {name: output(label, name) for name in (*names, *([STATE] if inner.lenient else []))}

    def failed(self, ways: Scope, node: str, channel: str, outputs: Iterable[str]) -> str:
        """The way that is taken when what decides over the ways has failed, or something that it depends on."""
        inner = ways.inner()
        label = self.units.closing(inner, self.names.labels[failed_id(node)], tuple(outputs), state=inner.parameter(state_key(node)))
        return self.way(ways, inner, arm_id(node, "failed"), channel, "failed", {name: output(label, name) for name in (*outputs, STATE)})

    def fan_out(self, scope: Scope, fan_out: FanOut, order: tuple[str, ...]) -> None:
        """A task gives the items, a loop runs its DAG for each, and a task in the same DAG as the loop collects."""
        items = self.units.plain(scope, fan_out.id, self.names.labels[fan_out.id], {"items": "LIST", FILLED: "STRING"}, order)
        scope.made |= {
            f"{fan_out.id}.items": (items, "items"),
            f"{fan_out.id}.{FILLED}": (items, FILLED),
            state_key(fan_out.id): (items, STATE),
        }
        if fan_out.result is None and fan_out.tolerate is None and not scope.lenient:
            around = scope.inner()
            self.loop(around, fan_out)
            scope.ends[fan_out.id] = (self.place(scope, around, around_id(fan_out), {}, order),)
            return
        ways, given = scope.inner(), [] if fan_out.result is None else ["result"]
        labels = [self.some(ways, fan_out), *self.none(ways, fan_out)]
        if scope.lenient:
            labels.append(self.failed(ways, fan_out.id, f"{fan_out.id}.{FILLED}", given))
            given.append(STATE)
        outputs = {name: output_of_one(dict.fromkeys(labels, name)) for name in given}
        label = self.place(scope, ways, branches_id(fan_out.id), outputs, order)
        scope.made |= {f"{fan_out.id}.{name}": (label, name) for name in outputs}
        scope.ends[fan_out.id] = (label,)

    def some(self, ways: Scope, fan_out: FanOut) -> str:
        inner = ways.inner()
        collected, unit = from_task(self.loop(inner, fan_out), "result"), collect_id(fan_out)
        if fan_out.result is None:
            label = self.units.judge(inner, fan_out, self.names.labels[unit], collected)
        else:
            given = {f"{yield_id(fan_out)}.result": collected}
            label = self.units.plain(inner, unit, self.names.labels[unit], {"result": "STRING"}, given=given)
        return self.way(ways, inner, arm_id(fan_out.id, "yes"), f"{fan_out.id}.{FILLED}", "yes", _given(inner, fan_out, label))

    def none(self, ways: Scope, fan_out: FanOut) -> Iterator[str]:
        """Kubeflow fails when it is to collect from a loop that made no round."""
        inner, label = ways.inner(), self.names.labels[nothing_id(fan_out)]
        if fan_out.result is not None:
            given = {f"{yield_id(fan_out)}.result": constant("[]")}
            self.units.plain(inner, collect_id(fan_out), label, {"result": "STRING"}, given=given)
        elif inner.lenient:
            self.units.closing(inner, label, ())
        else:
            return
        yield self.way(ways, inner, arm_id(fan_out.id, "no"), f"{fan_out.id}.{FILLED}", "no", _given(inner, fan_out, label))

    def loop(self, scope: Scope, fan_out: FanOut) -> str:
        """The loop itself. Its inputs are those of the DAG around: `kfp.local` gives a loop the item for what comes from a task."""
        body = scope.inner(lenient=fan_out.tolerate is not None)
        item = f"{fan_out.id}.item"
        body.parameter(item)
        self.region(body, fan_out.region)
        outputs: dict[str, Doc] = {}
        label = self.names.labels[yield_id(fan_out)]
        if fan_out.result is not None:
            self.units.plain(body, yield_id(fan_out), label, {"result": "STRING"}, leaves(body))
        elif body.lenient:
            self.units.closing(body, label, ("result",), leaves(body))
        if label in body.tasks:
            outputs["result"] = output(label, "result")
        items = scope.parameter(f"{fan_out.id}.items")
        name = self.names.keys[f"{fan_out.id}.items"]
        iterator: dict[str, Json] = {
            "parameterIterator": {"itemInput": self.names.keys[item], "items": {"inputParameter": name}},
        }
        if fan_out.limit is not None:
            iterator["iteratorPolicy"] = {"parallelismLimit": fan_out.limit}
        return self.place(scope, body, loop_id(fan_out), outputs, (), {name: items}, item, None, None, **iterator)

    def way(self, ways: Scope, inner: Scope, label: str, channel: str, wire: str, outputs: Outputs) -> str:
        """A DAG that runs when the text of `channel` is this one."""
        name = self.names.keys[channel]
        trigger: Json = {"condition": condition(name, f'"{wire}"')}
        return self.place(ways, inner, label, outputs, (), {name: ways.parameter(channel)}, triggerPolicy=trigger)

    def place(
        self,
        scope: Scope,
        inner: Scope,
        task: str,
        outputs: Outputs,
        order: tuple[str, ...],
        given: Mapping[str, Doc] | None = None,
        without: str = "",
        instead: Mapping[str, Doc] | None = None,
        kinds: Mapping[str, Doc] | None = None,
        **more: Json,
    ) -> str:
        """Make a DAG a component, and a task of the DAG around it; `given` are inputs beside those the DAG asks for.

        The value `without` is one that the engine provides; `instead` says where values come from that this DAG has and is not to give;
        `kinds` are the definitions of given inputs that are no plain ones.
        """
        label = self.names.labels[task]
        extra = dict(given or {})
        declared = {name: parameter(self.kind(found)) for found, name in inner.inputs.items()}
        usual = parameter("LIST" if "parameterIterator" in more else "STRING")
        declared |= {name: FINAL_STATUS if "taskFinalStatus" in source else usual for name, source in extra.items()} | dict(kinds or {})
        artifacts = {name: artifact(self.units.native.get(found, "system.Artifact")) for found, name in inner.artifact_inputs.items()}
        collected = "LIST" if "parameterIterator" in more else "STRING"
        dag: Doc = {"tasks": inner.tasks}
        if outputs:
            dag["outputs"] = {"parameters": dict(outputs)}
        made = definitions({name: parameter(collected) for name in outputs}, {})
        content = component(definitions(declared, artifacts), made, {"dag": dag})
        name = self.parts.component(content, label)
        known = instead or {}
        asked = {name: found for found, name in inner.inputs.items() if found != without}
        values = {name: known[found] if found in known else scope.parameter(found) for name, found in asked.items()} | extra
        files = {name: scope.artifact(found) for found, name in inner.artifact_inputs.items()}
        return scope.task(label, name, values, files, order, **more)

    def kind(self, value: str) -> str:
        node, _, name = value.rpartition(".")
        return "LIST" if name == "items" and self.units.program.is_item(f"{node}.item") else "STRING"


def _direct(inner: Scope, merged: tuple[Merged, ...], at: int) -> dict[str, Doc]:
    """The merged names as outputs of tasks in the arm, when all of them are; else nothing."""
    found: dict[str, Doc] = {}
    for name in merged:
        value = name.values[at]
        if inner.lenient or not isinstance(value, Ref) or value.type != name.type or key(value) not in inner.made:
            return {}
        found[name.name] = output(*inner.made[key(value)])
    return found


def _given(scope: Scope, fan_out: FanOut, label: str) -> dict[str, Doc]:
    """What a way of a fan-out gives, from the task at its end."""
    names = [*([] if fan_out.result is None else ["result"]), *([STATE] if scope.lenient else [])]
    return {name: output(label, name) for name in names}


def leaves(scope: Scope) -> tuple[str, ...]:
    """Every task that ends a node of a DAG: a region gives values only when all in it succeeded."""
    return tuple(dict.fromkeys(task for tasks in scope.ends.values() for task in tasks))
