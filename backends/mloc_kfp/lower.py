"""A pipeline as a PipelineSpec: a region becomes a DAG, a node one task of it or a few."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mloc.backend import Request
from mloc.emit.trace import trace
from mloc.frozen import dataclass
from mloc.ir.called import is_called
from mloc.ir.handlers import RUN_NODE
from mloc.ir.handlers import handlers as handlers_of
from mloc.ir.model import Arm, Branch, Call, FanOut, Merged, Pipeline, Ref, Region
from mloc.ir.program import OUTPUTS, collect_id, key, merge_id, yield_id
from mloc.ir.walk import predecessors, refs
from mloc.types.encode import Json
from mloc_kfp.naming import (
    BODY,
    HANDLERS,
    Names,
    arm_id,
    around_id,
    branches_id,
    handler_id,
    has_handlers,
    loop_id,
    merge_in,
    names_of,
    nothing_id,
)
from mloc_kfp.parts import Parts
from mloc_kfp.scope import Scope
from mloc_kfp.spec import (
    Doc,
    artifact,
    component,
    condition,
    constant,
    definitions,
    describe,
    final_status,
    from_input,
    from_task,
    output,
    output_of_one,
    parameter,
)
from mloc_kfp.traced import SPELLINGS, traced
from mloc_kfp.units import FILLED, FINAL_STATUS, Units

Outputs = Mapping[str, Doc]
STATUS = "mloc-run-status"


@dataclass(frozen=True, slots=True)
class Lowered:
    """The PipelineSpec, and the platform document's executors (empty when none needs one)."""

    spec: Doc
    platform: Doc
    names: Names


def with_handlers(lowering: _Lowering, pipeline: Pipeline, body: Doc) -> Doc:
    """The root of a pipeline with handlers: its body as a DAG, and one that runs when that has ended, however it did."""
    labels, parts, scope = lowering.names.labels, lowering.parts, Scope(lowering.names.keys)
    given = {name: from_input(name) for name in _parameters_of(body.get("inputDefinitions"))}
    label = scope.task(labels[BODY], parts.component(body, labels[BODY]), given, {})
    inner = Scope(lowering.names.keys)
    inputs = lowering.units.parameters(inner, again=True)
    lowering.handlers(inner, pipeline)
    declared: Doc = {"parameters": {**_parameters_of(inputs), STATUS: FINAL_STATUS}}
    exits = parts.component(component(declared, {}, {"dag": {"tasks": inner.tasks}}), labels[HANDLERS])
    sources = given | {STATUS: final_status(label)}
    scope.task(labels[HANDLERS], exits, sources, {}, (label,), triggerPolicy={"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"})
    dag: Doc = {"tasks": scope.tasks}
    if "outputDefinitions" in body:
        dag["outputs"] = {"parameters": {name: output(label, name) for name in _parameters_of(body["outputDefinitions"])}}
    return {**body, "dag": dag}


def _parameters_of(found: Json) -> Doc:
    parameters = found.get("parameters") if isinstance(found, dict) else None
    return parameters if isinstance(parameters, dict) else {}


def lower(request: Request) -> Lowered:
    pipeline = request.pipeline
    names, parts = names_of(pipeline), Parts()
    units = Units.of(request, names, parts)
    lowering = _Lowering(units, names, parts)
    scope = Scope(names.keys)
    inputs = units.parameters(scope)
    lowering.region(scope, pipeline.region)
    outputs: dict[str, Doc] = {}
    dag: Doc = {"tasks": scope.tasks}
    if pipeline.results:
        kinds = {result.name: "STRING" for result in pipeline.results}
        label = units.plain(scope, OUTPUTS, names.labels[OUTPUTS], kinds, _leaves(scope))
        outputs = {name: parameter() for name in kinds}
        dag["outputs"] = {"parameters": {name: output(label, name) for name in outputs}}
    root = component(inputs, definitions(outputs, {}), {"dag": dag})
    if has_handlers(pipeline):
        root = with_handlers(lowering, pipeline, root)
    parts.separate()
    spec: Doc = {
        "pipelineInfo": {"name": names.pipeline, "displayName": pipeline.name, **describe(pipeline.doc)},
        "root": root,
        "components": dict(sorted(parts.components.items())),
        "deploymentSpec": {},
        "schemaVersion": "2.1.0",
        "sdkVersion": f"mloc-{request.mloc_version}",
    }
    units.carry(trace(request, "kfp", traced(spec, names, request), SPELLINGS))
    spec["deploymentSpec"] = {"executors": dict(sorted(parts.executors.items()))}
    return Lowered(spec, parts.platform, names)


@dataclass(frozen=True, slots=True)
class _Lowering:
    units: Units
    names: Names
    parts: Parts

    def region(self, scope: Scope, region: Region) -> None:
        siblings = frozenset(node.id for node in region.nodes)
        for node in region.nodes:
            order = tuple(task for name in predecessors(node, siblings) for task in scope.ends[name])
            match node:
                case Call():
                    scope.ends[node.id] = (self.units.step(scope, node, order),)
                case Branch():
                    self.branch(scope, node, order)
                case FanOut():
                    self.fan_out(scope, node, order)
                case _:
                    assert_never(node)

    def handlers(self, scope: Scope, pipeline: Pipeline) -> None:
        """The DAGs of the handlers, one after the other; that of `on failure` when the run has failed."""
        self.units.run(scope, STATUS)
        before: tuple[str, ...] = ()
        for kind, region in handlers_of(pipeline):
            inner = scope.inner()
            self.region(inner, region)
            if kind == "on_failure":
                before = (self.way(scope, inner, handler_id(kind), f"{RUN_NODE}.status", "failed", {}),)
            else:
                trigger: Json = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
                self.place(scope, inner, handler_id(kind), {}, before, triggerPolicy=trigger)

    def branch(self, scope: Scope, branch: Branch, order: tuple[str, ...]) -> None:
        """A task decides which arm is taken; around the arms stands a DAG that gives what the one that ran gives."""
        if is_called(branch):
            self.called(scope, branch, order)
            return
        decide = self.units.plain(scope, branch.id, self.names.labels[branch.id], {"arm": "STRING"}, order)
        scope.made[f"{branch.id}.arm"] = (decide, "arm")
        ways = scope.inner()
        sources: dict[str, dict[str, str]] = {merged.name: {} for merged in branch.merged}
        for at, arm in enumerate(branch.arms):
            label = self.arm(ways, branch, arm, at)
            if label is not None:
                for merged in branch.merged:
                    sources[merged.name][label] = merged.name
        if not ways.tasks:
            scope.ends[branch.id] = (decide,)
            return
        outputs = {name: output_of_one(tasks) for name, tasks in sources.items()}
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
        self.units.plain(inner, unit, label, names, _leaves(inner), {f"{branch.id}.arm", *read, *items}, given)
        return {name: output(label, name) for name in names}

    def fan_out(self, scope: Scope, fan_out: FanOut, order: tuple[str, ...]) -> None:
        """A task gives the items, a loop runs its DAG for each, and a task in the same DAG as the loop collects."""
        items = self.units.plain(scope, fan_out.id, self.names.labels[fan_out.id], {"items": "LIST", FILLED: "STRING"}, order)
        scope.made |= {f"{fan_out.id}.items": (items, "items"), f"{fan_out.id}.{FILLED}": (items, FILLED)}
        if fan_out.result is None:
            around = scope.inner()
            self.loop(around, fan_out)
            scope.ends[fan_out.id] = (self.place(scope, around, around_id(fan_out), {}, order),)
            return
        ways = scope.inner()
        some, none = self.some(ways, fan_out), self.none(ways, fan_out)
        label = self.place(scope, ways, branches_id(fan_out.id), {"result": output_of_one({some: "result", none: "result"})}, order)
        scope.made[f"{fan_out.id}.result"] = (label, "result")
        scope.ends[fan_out.id] = (label,)

    def some(self, ways: Scope, fan_out: FanOut) -> str:
        inner = ways.inner()
        loop = self.loop(inner, fan_out)
        unit = collect_id(fan_out)
        given = {f"{yield_id(fan_out)}.result": from_task(loop, "result")}
        label = self.units.plain(inner, unit, self.names.labels[unit], {"result": "STRING"}, given=given)
        return self.way(ways, inner, arm_id(fan_out.id, "yes"), f"{fan_out.id}.{FILLED}", "yes", {"result": output(label, "result")})

    def none(self, ways: Scope, fan_out: FanOut) -> str:
        """Kubeflow fails when it is to collect from a loop that made no round."""
        inner = ways.inner()
        given = {f"{yield_id(fan_out)}.result": constant("[]")}
        label = self.names.labels[nothing_id(fan_out)]
        self.units.plain(inner, collect_id(fan_out), label, {"result": "STRING"}, given=given)
        return self.way(ways, inner, arm_id(fan_out.id, "no"), f"{fan_out.id}.{FILLED}", "no", {"result": output(label, "result")})

    def loop(self, scope: Scope, fan_out: FanOut) -> str:
        """The loop itself. Its inputs are those of the DAG around: `kfp.local` gives a loop the item for what comes from a task."""
        body = scope.inner()
        item = f"{fan_out.id}.item"
        body.parameter(item)
        self.region(body, fan_out.region)
        outputs: dict[str, Doc] = {}
        if fan_out.result is not None:
            label = self.names.labels[yield_id(fan_out)]
            self.units.plain(body, yield_id(fan_out), label, {"result": "STRING"}, _leaves(body))
            outputs["result"] = output(label, "result")
        items = scope.parameter(f"{fan_out.id}.items")
        name = self.names.keys[f"{fan_out.id}.items"]
        iterator: dict[str, Json] = {
            "parameterIterator": {"itemInput": self.names.keys[item], "items": {"inputParameter": name}},
        }
        if fan_out.limit is not None:
            iterator["iteratorPolicy"] = {"parallelismLimit": fan_out.limit}
        return self.place(scope, body, loop_id(fan_out), outputs, (), {name: items}, without=item, **iterator)

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
        **more: Json,
    ) -> str:
        """Make a DAG a component, and a task of the DAG around it; `given` are inputs beside those the DAG asks for.

        The value `without` is one that the engine provides.
        """
        label = self.names.labels[task]
        extra = dict(given or {})
        kinds = {name: parameter(self.kind(found)) for found, name in inner.inputs.items()}
        kinds |= {name: parameter("LIST" if "parameterIterator" in more else "STRING") for name in extra}
        artifacts = {name: artifact(self.units.native.get(found, "system.Artifact")) for found, name in inner.artifact_inputs.items()}
        collected = "LIST" if "parameterIterator" in more else "STRING"
        dag: Doc = {"tasks": inner.tasks}
        if outputs:
            dag["outputs"] = {"parameters": dict(outputs)}
        content = component(definitions(kinds, artifacts), definitions({name: parameter(collected) for name in outputs}, {}), {"dag": dag})
        name = self.parts.component(content, label)
        values = {name: scope.parameter(found) for found, name in inner.inputs.items() if found != without} | extra
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
        if not isinstance(value, Ref) or value.type != name.type or key(value) not in inner.made:
            return {}
        found[name.name] = output(*inner.made[key(value)])
    return found


def _leaves(scope: Scope) -> tuple[str, ...]:
    """Every task that ends a node of a DAG: a region gives values only when all in it succeeded."""
    return tuple(dict.fromkeys(task for tasks in scope.ends.values() for task in tasks))
