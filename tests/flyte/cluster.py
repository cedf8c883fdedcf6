"""Runs a packaged bundle as a Flyte cluster would: the serialized graph decides what runs, and every task runs by its container command.

Nodes that are ready are taken in the reverse of their order in the graph, so that an order the graph does not hold is not kept by luck.
After a failure the nodes that do not depend on it still run (FAIL_AFTER_EXECUTABLE_NODES_COMPLETE). A node of a sub-workflow, a
branch, a dynamic task or an array is one node: what depends on it waits for all of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import condition_pb2, dynamic_job_pb2, errors_pb2, literals_pb2, tasks_pb2
from flyteidl.core import workflow_pb2 as core_workflow_pb2
from flytekit import LaunchPlan
from flytekit.bin.entrypoint import execute_task_cmd, map_execute_task_cmd

Literals = dict[str, literals_pb2.Literal]

_COMMANDS = {"pyflyte-execute": execute_task_cmd, "pyflyte-map-execute": map_execute_task_cmd}
_START = "start-node"


class NodeFailed(Exception):
    """A node, or something in it, failed; the message is that of the first."""


@dataclass
class Package:
    """What `pyflyte package` wrote."""

    tasks: dict[str, tasks_pb2.TaskTemplate] = field(default_factory=dict)
    workflows: dict[str, core_workflow_pb2.WorkflowTemplate] = field(default_factory=dict)
    plans: dict[str, launch_plan_pb2.LaunchPlan] = field(default_factory=dict)


def package(bundle: Path, module: str, archive: Path) -> Package:
    """Package a bundle by flytekit's own command and read the protobufs back."""
    command = ["pyflyte", "--pkgs", module, "package", "--image", "python:3.11-slim", "--output", str(archive), "--force"]
    executable = Path(sys.executable).parent / command[0]
    done = subprocess.run(
        [str(executable), *command[1:]], cwd=bundle, capture_output=True, text=True, env=_plain_environment(), check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = Package()
    with tarfile.open(archive) as tar:
        for member in tar.getmembers():
            stream = tar.extractfile(member)
            assert stream is not None
            _read(found, member.name, stream.read())
    return found


def _read(found: Package, name: str, data: bytes) -> None:
    kind = name.rsplit("_", 1)[1]
    if kind == "1.pb":
        task = task_pb2.TaskSpec.FromString(data).template
        found.tasks[task.id.name] = task
    elif kind == "2.pb":
        workflow = workflow_pb2.WorkflowSpec.FromString(data).template
        found.workflows[workflow.id.name] = workflow
    elif kind == "3.pb":
        plan = launch_plan_pb2.LaunchPlan.FromString(data)
        found.plans[plan.id.name] = plan


def _plain_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("MLOC_", "FLYTE_"))}


@dataclass
class Cluster:
    """Runs workflows of a package; `executed` are the names of the tasks in the order they ran, `jobs` what dynamic tasks asked for."""

    package: Package
    bundle: Path
    scratch: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    executed: list[str] = field(default_factory=list)
    jobs: list[tuple[tasks_pb2.TaskTemplate, bytes]] = field(default_factory=list)
    count: int = 0

    def launch(self, workflow: str, inputs: Literals) -> Literals:
        """Run a workflow with the defaults of its launch plan. Raises NodeFailed."""
        plan = self.package.plans[workflow]
        defaults = {name: parameter.default for name, parameter in plan.spec.default_inputs.parameters.items() if not parameter.required}
        return self.workflow(self.package.workflows[workflow], {**defaults, **inputs}, self.package.tasks, self.package.workflows)

    def workflow(
        self,
        template: core_workflow_pb2.WorkflowTemplate,
        inputs: Literals,
        tasks: Mapping[str, tasks_pb2.TaskTemplate],
        workflows: Mapping[str, core_workflow_pb2.WorkflowTemplate],
    ) -> Literals:
        known = _Known(self, tasks, workflows)
        try:
            return self.graph(template.nodes, template.outputs, inputs, known)
        except NodeFailed:
            # A failure of the failure node masks the one that it is there for.
            if template.HasField("failure_node"):
                known.node(template.failure_node, {_START: inputs})
            raise

    def graph(
        self,
        nodes: Iterable[core_workflow_pb2.Node],
        outputs: Iterable[literals_pb2.Binding],
        inputs: Literals,
        known: _Known,
    ) -> Literals:
        waiting = {node.id: node for node in nodes if node.id not in (_START, "end-node")}
        ended: dict[str, Literals] = {_START: inputs}
        failures: list[NodeFailed] = []
        while True:
            ready = [node for node in waiting.values() if _needs(node) <= ended.keys()]
            if not ready:
                break
            node = ready[-1]
            del waiting[node.id]
            try:
                ended[node.id] = known.node(node, ended)
            except NodeFailed as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        assert not waiting, f"nodes that can never run: {sorted(waiting)}"
        return {binding.var: _resolve(binding.binding, ended) for binding in outputs}

    def task(self, template: tasks_pb2.TaskTemplate, inputs: Literals, extra: Mapping[str, str] | None = None) -> Literals | bytes:
        """Run a task's container command; gives its outputs, or the bytes of the futures of a dynamic task."""
        self.executed.append(template.id.name.rsplit(".", 1)[-1])
        self.count += 1
        folder = self.scratch / f"task-{self.count}"
        folder.mkdir()
        (folder / "inputs.pb").write_bytes(literals_pb2.LiteralMap(literals=inputs).SerializeToString())
        places = {
            "{{.input}}": folder / "inputs.pb",
            "{{.outputPrefix}}": folder / "out",
            "{{.rawOutputDataPrefix}}": folder / "raw",
            "{{.checkpointOutputPrefix}}": folder / "checkpoint",
            "{{.prevCheckpointPrefix}}": "",
        }
        command, *arguments = (str(places.get(argument, argument)) for argument in template.container.args)
        environment = {pair.key: pair.value for pair in template.container.env}
        with _surroundings(self.bundle, {**environment, **self.environment, **(extra or {})}):
            _COMMANDS[command].main(args=arguments, standalone_mode=False)
        return _result(folder / "out")


def _result(folder: Path) -> Literals | bytes:
    error = folder / "error.pb"
    if error.exists():
        raise NodeFailed(errors_pb2.ErrorDocument.FromString(error.read_bytes()).error.message)
    futures = folder / "futures.pb"
    if futures.exists():
        return futures.read_bytes()
    return dict(literals_pb2.LiteralMap.FromString((folder / "outputs.pb").read_bytes()).literals)


@contextmanager
def _surroundings(bundle: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """A task's process, as far as it matters: its environment, and a module of its own (flytekit compiles a dynamic task once in each)."""
    before = dict(os.environ)
    own = {path.stem for path in bundle.iterdir()}
    for name in [name for name in sys.modules if name.split(".")[0] in own]:
        del sys.modules[name]
    LaunchPlan.CACHE.clear()
    os.environ.update(environment)
    sys.path.insert(0, str(bundle))
    try:
        yield
    finally:
        sys.path.remove(str(bundle))
        os.environ.clear()
        os.environ.update(before)


def _needs(node: core_workflow_pb2.Node) -> set[str]:
    found = set(node.upstream_node_ids)
    for binding in node.inputs:
        found |= _promised(binding.binding)
    if node.WhichOneof("target") == "branch_node":
        for inner in _branch_nodes(node.branch_node.if_else):
            found |= _needs(inner)
    return found


def _promised(data: literals_pb2.BindingData) -> set[str]:
    match data.WhichOneof("value"):
        case "promise":
            return {data.promise.node_id or _START}
        case "collection":
            return {node for binding in data.collection.bindings for node in _promised(binding)}
        case _:
            return set()


def _branch_nodes(block: core_workflow_pb2.IfElseBlock) -> list[core_workflow_pb2.Node]:
    return [block.case.then_node, *(case.then_node for case in block.other), block.else_node]


def _resolve(data: literals_pb2.BindingData, ended: Mapping[str, Literals]) -> literals_pb2.Literal:
    match data.WhichOneof("value"):
        case "scalar":
            return literals_pb2.Literal(scalar=data.scalar)
        case "promise":
            return ended[data.promise.node_id or _START][data.promise.var]
        case "collection":
            items = [_resolve(binding, ended) for binding in data.collection.bindings]
            return literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=items))
        case other:
            raise AssertionError(f"a binding of kind {other}")


@dataclass
class _Known:
    """The tasks and workflows that nodes refer to."""

    cluster: Cluster
    tasks: Mapping[str, tasks_pb2.TaskTemplate]
    workflows: Mapping[str, core_workflow_pb2.WorkflowTemplate]

    def node(self, node: core_workflow_pb2.Node, ended: Mapping[str, Literals]) -> Literals:
        inputs = {binding.var: _resolve(binding.binding, ended) for binding in node.inputs}
        match node.WhichOneof("target"):
            case "task_node":
                return self.task(node.task_node.reference_id.name, inputs)
            case "workflow_node":
                template = self.workflows[node.workflow_node.sub_workflow_ref.name]
                return self.cluster.workflow(template, inputs, self.tasks, self.workflows)
            case "branch_node":
                return self.node(_taken(node.branch_node.if_else, inputs), ended)
            case "array_node":
                return self.array(node.array_node, inputs)
            case other:
                raise AssertionError(f"a node of kind {other}")

    def task(self, name: str, inputs: Literals) -> Literals:
        result = self.cluster.task(self.tasks[name], inputs)
        if not isinstance(result, bytes):
            return result
        self.cluster.jobs.append((self.tasks[name], result))
        spec = dynamic_job_pb2.DynamicJobSpec.FromString(result)
        tasks = {task.id.name: task for task in spec.tasks}
        inner = _Known(self.cluster, tasks, {workflow.id.name: workflow for workflow in spec.subworkflows})
        return self.cluster.graph(spec.nodes, spec.outputs, inputs, inner)

    def array(self, array: core_workflow_pb2.ArrayNode, inputs: Literals) -> Literals:
        template = self.tasks[array.node.task_node.reference_id.name]
        bound = set(array.bound_inputs)
        (mapped,) = (name for name, value in inputs.items() if value.WhichOneof("value") == "collection" and name not in bound)
        found: list[literals_pb2.Literal] = []
        failures: list[NodeFailed] = []
        for index in range(len(inputs[mapped].collection.literals)):
            place = {"BATCH_JOB_ARRAY_INDEX_VAR_NAME": "FLYTE_K8S_ARRAY_INDEX", "FLYTE_K8S_ARRAY_INDEX": str(index)}
            try:
                result = self.cluster.task(template, inputs, place)
            except NodeFailed as failure:
                failures.append(failure)
                continue
            assert not isinstance(result, bytes)
            found.append(result["o0"])
        if failures:
            raise failures[0]
        return {"o0": literals_pb2.Literal(collection=literals_pb2.LiteralCollection(literals=found))}


def _taken(block: core_workflow_pb2.IfElseBlock, inputs: Literals) -> core_workflow_pb2.Node:
    for case in (block.case, *block.other):
        comparison = case.condition.comparison
        assert comparison.operator == condition_pb2.ComparisonExpression.EQ
        left = inputs[comparison.left_value.var].scalar.primitive
        if left == comparison.right_value.primitive:
            return case.then_node
    return block.else_node
