"""A pipeline as an Airflow DAG.

Before: regions of calls, branches and fan-outs. After: task functions and the statements that wire them, where

- a step is a task, a branch a `@task.branch` and a task that merges,
  a fan-out a task that gives the items, a mapped body, and a task that collects;
- within a mapped body, where Airflow can neither branch nor map, a branch is decided and merged by ordinary tasks and every step asks first
  whether its arm was taken; a body that holds a fan-out, or several steps under a limit, runs in one task (`bodies.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import assert_never

from mloc.backend import Attributes
from mloc.emit.python import Code, call, literal
from mloc.frozen import replace
from mloc.ir.model import Branch, Call, FanOut, Pipeline, Region
from mloc.ir.program import OUTPUTS, PARAMETERS, collect_id, key, yield_id
from mloc.ir.walk import calls, closing_exprs, nodes, own_exprs, refs
from mloc.source import Line
from mloc_airflow.attributes import of_task, shared
from mloc_airflow.branches import ANY_ARM, BranchLowering
from mloc_airflow.containers import DECORATORS, PROVIDERS, engine_of, engines_of, of_containers, options
from mloc_airflow.ending import handlers
from mloc_airflow.graph import Argument, Body, Graph, Section, Task, tasks
from mloc_airflow.places import in_venv, note
from mloc_airflow.pods import executor_config, in_pod
from mloc_airflow.schedules import inlets, outlets
from mloc_airflow.settings import VENV_MS, WHOLE_BODY, attempts
from mloc_airflow.tolerance import judge
from mloc_airflow.wiring import Reads, Scope, Wiring, inside, is_fused

_SKIPS_ALLOWED = ("trigger_rule", "TriggerRule.NONE_FAILED")


def lower(pipeline: Pipeline, attributes: Attributes, lines: Mapping[str, Line]) -> Graph:
    """The DAG of a pipeline; `lines` gives the source line of each node by id, "" for the pipeline's own."""
    lowering = _Lowering(pipeline, attributes, lines)
    scope = Scope()
    if pipeline.parameters:
        lowering.parameters(scope)
    lowering.region(pipeline.region, scope)
    outputs = lowering.outputs(scope)
    scope.statements += handlers(lowering.wiring, attributes, pipeline, outputs)
    names = lowering.wiring.names
    function = names.python(pipeline.name, f"{pipeline.name}_dag")
    launched = tuple(
        (launch.name, names.python(f"{function}_{launch.name}"), names.task("only_one") if launch.overlap == "skip" else "")
        for launch in pipeline.launches
    )
    body = names.python(f"tasks_of_{function}") if launched else function
    needs = tuple(PROVIDERS[engine] for engine in sorted(engines_of(pipeline, attributes)))
    return Graph(function, tuple(scope.statements), body, launched, tuple(lowering.tolerated), needs)


class _Lowering:
    def __init__(self, pipeline: Pipeline, attributes: Attributes, lines: Mapping[str, Line]) -> None:
        self.pipeline = pipeline
        self.attributes = attributes
        self.wiring = Wiring(pipeline, lines)
        self.names = self.wiring.names
        self.variables = self.wiring.variables
        self.branches = BranchLowering(self.wiring, self.region)
        self.steps = {step.name: step for step in pipeline.steps}
        self.tolerated: list[str] = []
        self.contained = of_containers(pipeline)

    # ---- the pipeline's own tasks ----------------------------------------------------------------------------------

    def parameters(self, scope: Scope) -> None:
        variable = self.names.python("parameters", "pipeline_parameters")
        function = self.names.python("read_parameters", "read_pipeline_parameters")
        doc = "Check the launch's parameters, before any step starts."
        task_id, line = self.names.task(PARAMETERS), self.wiring.line("")
        result = call("launch_parameters")
        task = Task(task_id, function, variable, doc, line, (), result, options=inlets(self.pipeline))
        self.wiring.bind(task, scope)
        # Known only from here on: the task that reads them waits for nothing.
        self.variables[PARAMETERS] = variable

    def outputs(self, scope: Scope) -> str:
        """The task that gives the pipeline's results: its variable. When no handler follows, its state is the run's."""
        reads = self.wiring.reads((result.value for result in self.pipeline.results), scope)
        function = self.names.python("give_outputs", "give_pipeline_outputs")
        doc = "Give the pipeline's outputs, once every step has succeeded or was not asked for."
        task = Task(
            self.names.task(OUTPUTS),
            function,
            self.names.python("outputs", "pipeline_outputs"),
            doc,
            self.wiring.line(""),
            tuple(reads.arguments.values()),
            call("run", [literal(OUTPUTS), reads.code()]),
        )
        if any(not isinstance(node, Call) for node in self.pipeline.region.nodes):
            task = replace(task, options=(_SKIPS_ALLOWED,))
        self.wiring.bind(task, scope, tuple(self.wiring.open))
        return task.variable

    # ---- regions ---------------------------------------------------------------------------------------------------

    def region(self, region: Region, scope: Scope) -> None:
        for node in region.nodes:
            before = self.wiring.preceding(node, region)
            if not isinstance(node, Call):
                scope.statements.append(Section(_title(node), self.wiring.line(node.id)))
            match node:
                case Call():
                    ends: tuple[str, ...] = (self.call(node, scope, before),)
                case Branch():
                    ends = self.branches.lower(node, scope, before)
                case FanOut():
                    ends = self.fan_out(node, scope, before)
                case _:
                    assert_never(node)
            if not isinstance(node, Call):
                scope.statements.append(Section())
            self.wiring.ends[node.id] = ends

    def call(self, node: Call, scope: Scope, before: Iterable[str], mapped: tuple[str, str] | None = None) -> str:
        limit = None if scope.fan_out is None else scope.fan_out.limit
        said = self.attributes.of(node.id)
        contained = node.step in self.contained
        made = attempts(node.settings, limit is not None, VENV_MS if in_venv(said) and not contained else 0)
        variable, step = self.variables[node.id], self.steps[node.step]
        reads = self.wiring.reads(own_exprs(node), scope)
        task = Task(
            self.wiring.task_ids[node.id],
            self.names.python(node.step, f"{node.step}_{variable}" if variable != node.step else f"run_{node.step}"),
            variable,
            step.doc.strip() or f"The step `{step.name}`.",
            self.wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("run", [literal(node.id), reads.code()], {"retries": "True"} if made.by_runner else {}),
            decorator=DECORATORS[engine_of(said)] if contained else "task",
            options=(
                *made.options,
                *(options(node, said) if contained else _pod(self.attributes, node)),
                *of_task(said),
                *_at_a_time(limit),
                *outlets([node]),
            ),
            notes=" ".join(filter(None, (made.note, "" if contained else note(said)))),
        )
        self.wiring.bind(task, scope, before, mapped)
        return variable

    # ---- fan-outs --------------------------------------------------------------------------------------------------

    def fan_out(self, node: FanOut, scope: Scope, before: Iterable[str]) -> tuple[str, ...]:
        wiring, last = self.wiring, node.id.rpartition(".")[2]
        items = self.names.python(f"{last}_items", f"{node.id}_items")
        self.variables[f"{node.id}.item"] = self.names.python(node.item, f"{last}_{node.item}", f"{node.id}_{node.item}")
        reads = wiring.reads(own_exprs(node), scope)
        task = Task(
            self.names.task(f"{node.id}.items"),
            self.names.python(f"list_{items}"),
            items,
            f"Give the items of `for {node.item} in …`.",
            wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("items", [literal(node.id), reads.code()]),
            returns="list[str]",
        )
        outside = tuple(wiring.open)
        wiring.bind(task, scope, before)
        before_body = len(scope.statements)
        if is_fused(node):
            self.fused_body(node, scope, items)
        elif node.region.nodes:
            self.mapped_body(node, scope, items)
        leaves = wiring.opened_since(outside)
        if node.tolerate is not None:
            steps = tuple(tasks(scope.statements[before_body:]))
            self.tolerated += [step.task_id for step in steps]
            return (judge(wiring, node, scope, items, [step.variable for step in steps], leaves),)
        if node.result is not None:
            return (self.collect(node, scope, items, leaves),)
        if node.id in wiring.ordered:
            return (wiring.join(node.id, f"after_{last}", (items, *leaves), scope),)
        return leaves

    def mapped_body(self, node: FanOut, scope: Scope, items: str) -> None:
        wiring, item = self.wiring, self.variables[f"{node.id}.item"]
        inner = Scope(fan_out=node, rooted=True)
        first = node.region.nodes[0]
        if len(node.region.nodes) == 1 and isinstance(first, Call):
            wiring.ends[first.id] = (self.call(first, inner, (), (item, items)),)
            scope.statements += inner.statements
            return
        wiring.open.pop(items)
        outside = tuple(wiring.open)
        group, function = self.names.group(node.id), self.names.python(f"each_{item}")
        self.region(node.region, inner)
        read = [wiring.variable(ref) for ref in refs(node.result) if ref.node in inside(node)]
        # What judges the items asks every task whether it has succeeded.
        read += [task.variable for task in tasks(inner.statements)] if node.tolerate is not None else []
        returned = tuple(dict.fromkeys((*wiring.opened_since(outside), *read)))
        title = f"The body of `for {node.item} in …`, once for each item."
        scope.statements.append(Body(node.id, function, group, title, item, items, tuple(inner.statements), returned))

    def fused_body(self, node: FanOut, scope: Scope, items: str) -> None:
        """The whole body as one task, in the order of the source."""
        item, last = self.variables[f"{node.id}.item"], node.id.rpartition(".")[2]
        inner = Scope(fan_out=node, rooted=True)
        exprs = [expr for each in nodes(node.region) for expr in (*own_exprs(each), *closing_exprs(each))]
        within = inside(node) | {node.id}
        reads = self.wiring.reads([ref for ref in refs(*exprs, node.result) if ref.node not in within], inner)
        why = "Airflow limits tasks, not items" if node.limit is not None else "Airflow maps no task within a mapped one"
        variable = self.variables[f"{node.id}[]"] = self.names.python(f"{last}_bodies", f"{node.id}_bodies")
        # What is said of some of its steps alone is reported by `review`.
        said = of_task(shared(self.attributes.of(call.id) for call in calls(node.region)))
        task = Task(
            self.names.task(node.id),
            self.names.python(f"each_{item}"),
            variable,
            f"The body of `for {node.item} in …`, once for each item.",
            self.wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("run_body", [literal(node.id), reads.code()]),
            options=(*WHOLE_BODY, *said, *_at_a_time(node.limit), *outlets(calls(node.region))),
            notes=f"{why}: the steps of an item run one after another in this task, each with its own retries.",
        )
        self.wiring.bind(task, inner, (), (item, items))
        scope.statements += inner.statements

    def collect(self, node: FanOut, scope: Scope, items: str, leaves: tuple[str, ...]) -> str:
        """The task that gives the list. It evaluates `yield` for each item, which costs no task of its own."""
        last = node.id.rpartition(".")[2]
        reads, values = self.gathered(node) if is_fused(node) else self.yielded(node, items)
        variable = self.variables[collect_id(node)] = self.names.python(last, f"{last}_list", node.id)
        task = Task(
            self.names.task(collect_id(node)),
            self.names.python(f"collect_{last}", f"collect_{variable}"),
            variable,
            f"Collect what `for {node.item} in …` yields, in the order of the items.",
            self.wiring.line(node.id),
            tuple(reads.arguments.values()),
            call("collect", [literal(collect_id(node)), values]),
            # An empty list skips the body, not what follows: the task of the items has succeeded.
            options=(ANY_ARM,),
        )
        self.wiring.bind(task, scope, (items, *leaves))
        return variable

    def gathered(self, node: FanOut) -> tuple[Reads, Code]:
        bodies = self.variables[f"{node.id}[]"]
        return Reads({bodies: Argument(bodies, bodies, "Sequence[Outputs]")}), call("gathered", [bodies, literal("result")])

    def yielded(self, node: FanOut, items: str) -> tuple[Reads, Code]:
        reads = Reads({items: Argument(items, items, "list[str]")})
        within = inside(node)
        for ref in refs(node.result):
            if ref.node in within:
                variable = self.wiring.variable(ref)
                gathered = f"gathered({variable}, {literal(ref.output)})"
                reads.add(key(ref), gathered, Argument(variable, variable, "Sequence[Outputs]"))
            elif ref.node != node.id:
                self.wiring.read(reads, ref)
        return reads, call("yields", [literal(yield_id(node)), literal(f"{node.id}.item"), items, reads.code()])


def _pod(attributes: Attributes, call: Call) -> tuple[tuple[str, Code], ...]:
    said = attributes.of(call.id)
    return (("executor_config", executor_config(call.settings, said)),) if in_pod(said) else ()


def _at_a_time(limit: int | None) -> tuple[tuple[str, Code], ...]:
    return () if limit is None else (("max_active_tis_per_dagrun", str(limit)),)


def _title(node: Branch | FanOut) -> str:
    if isinstance(node, Branch) and len(node.arms) == 1:
        return "a called pipeline"
    if isinstance(node, Branch):
        return " … ".join(["if", *(["elif"] * (len(node.arms) - 2)), "else"])
    limit = "" if node.limit is None else f" limit {node.limit}"
    tolerate = "" if node.tolerate is None else f" tolerate {node.tolerate.amount}{'pct' if node.tolerate.kind == 'percent' else ''}"
    return f"for {node.item} in …{limit}{tolerate}"
