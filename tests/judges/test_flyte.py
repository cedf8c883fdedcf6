"""Flyte's own compiler takes what mloc emits once flytekit has packaged it, and would refuse what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("flytekit")

from flyteidl.admin import launch_plan_pb2, task_pb2, workflow_pb2
from flyteidl.core import dynamic_job_pb2, tasks_pb2, types_pb2

from tests.flyte.bundles import write
from tests.flyte.programs import compiled
from tests.judges import bundles, packages
from tests.judges.bundles import NAMES, artifacts, emitted
from tests.judges.judging import Verdict, ask

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("judges-flyte")]

# What flytekit says and this release of Flyte's compiler has no place for: whether a task makes a deck, how an array is run.
UNREAD = {"flyteidl.core.TaskMetadata", "flyteidl.core.ArrayNode"}

WHOLE = """mlp 1
step one(s: str) -> (out: str):
    run inline "return s"

step add(n: int) -> (sum: int):
    run inline "return n + 1"
    resources cpu=1, memory=1GiB

pipeline whole(n: int = 3, s: str = "a") -> (sum: int, texts: list[str]):
    first = add(n=n)
    if first.sum > 2:
        second = one(s=s)
        said = second.out
    else:
        said = "small"
    texts = for x in ["a", "b"]:
        each = one(s=x) after said
        yield each.out
    return sum=first.sum, texts=texts
"""


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """All bundles packaged and judged at once."""
    folder = tmp_path_factory.mktemp("packages")
    for name, files in emitted("flyte").items():
        bundle = tmp_path_factory.mktemp("bundle")
        bundles.write(files, bundle)
        packages.package(bundle, folder / f"{name}.tgz")
    return ask("flyte", folder)


@pytest.mark.parametrize("name", NAMES)
def test_flyte_takes_it(name: str, verdicts: dict[str, Verdict]) -> None:
    if name not in verdicts:
        assert artifacts(name, "flyte") is None
        return
    assert verdicts[name].refusals == ()
    assert verdicts[name].measured["tasks"] > 1
    assert verdicts[name].measured["plans"] > 0
    assert set(verdicts[name].measured["unread"]) <= UNREAD


@dataclass
class Package:
    """What was packaged, to be broken: by the name within the module `whole`."""

    tasks: dict[str, Any] = field(default_factory=dict)
    workflows: dict[str, Any] = field(default_factory=dict)
    plans: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, archive: Path) -> Package:
        found = cls()
        kinds = {
            "1": (found.tasks, task_pb2.TaskSpec),
            "2": (found.workflows, workflow_pb2.WorkflowSpec),
            "3": (found.plans, launch_plan_pb2.LaunchPlan),
        }
        for name, data in packages.read(archive).items():
            title, _, kind = name.removesuffix(".pb").rpartition("_")
            place, message = kinds[kind]
            place[title.rpartition(".")[2]] = message.FromString(data)
        return found

    def write(self, archive: Path) -> None:
        numbered = {"1": self.tasks, "2": self.workflows, "3": self.plans}
        entries = {f"{name}_{kind}.pb": found.SerializeToString() for kind, place in numbered.items() for name, found in place.items()}
        packages.write(entries, archive)

    def write_job(self, folder: Path, name: str) -> None:
        """The same work, as a dynamic task would ask for it."""
        whole = self.workflows["whole"]
        template, tasks = whole.template, [found.template for found in self.tasks.values()]
        job = dynamic_job_pb2.DynamicJobSpec(
            nodes=template.nodes, outputs=template.outputs, tasks=tasks, subworkflows=whole.sub_workflows, min_successes=1
        )
        (folder / f"{name}.job.pb").write_bytes(job.SerializeToString())
        asker = tasks_pb2.TaskTemplate(id=template.id, interface=template.interface)
        (folder / f"{name}.task.pb").write_bytes(asker.SerializeToString())

    def node(self, title: str) -> Any:  # noqa: ANN401 -- flyteidl has no types
        (found,) = (node for node in self.workflows["whole"].template.nodes if node.metadata.name == title)
        return found


def _cycle(found: Package) -> None:
    found.node("add").upstream_node_ids.append(found.node("outputs").id)


def _no_task(found: Package) -> None:
    del found.tasks["add"]


def _no_workflow(found: Package) -> None:
    del found.workflows["whole"].sub_workflows[:]


def _no_producer(found: Package) -> None:
    found.node("add").inputs[0].binding.promise.node_id = "n99"


def _no_output(found: Package) -> None:
    found.node("add").inputs[0].binding.promise.var = "none"


def _not_bound(found: Package) -> None:
    del found.node("add").inputs[:]


def _not_made(found: Package) -> None:
    del found.workflows["whole"].template.outputs[:]


def _wrong_type(found: Package) -> None:
    found.tasks["add"].template.interface.inputs.variables["n"].type.CopyFrom(types_pb2.LiteralType(simple=types_pb2.INTEGER))


def _wrong_item(found: Package) -> None:
    made = found.tasks["items_of_texts"].template.interface.outputs.variables["o0"].type
    made.collection_type.CopyFrom(types_pb2.LiteralType(simple=types_pb2.FLOAT))


def _wrong_comparison(found: Package) -> None:
    found.node("if#1").branch_node.if_else.case.condition.comparison.right_value.primitive.integer = 3


def _twice(found: Package) -> None:
    found.node("add").id = found.node("parameters").id


def _no_quantity(found: Package) -> None:
    found.tasks["add"].template.container.resources.requests[1].value = "much"


def _no_image(found: Package) -> None:
    found.tasks["add"].template.container.image = ""


def _no_command(found: Package) -> None:
    del found.tasks["add"].template.container.args[:]


def _large(found: Package) -> None:
    found.tasks["add"].template.container.args.append("x" * 1600 * 1024)
    found.workflows["whole"].template.nodes[1].metadata.name = "x" * 1600 * 1024


def _wrong_default(found: Package) -> None:
    found.plans["whole"].spec.default_inputs.parameters["n"].default.scalar.primitive.string_value = "three"


def _no_input(found: Package) -> None:
    del found.plans["whole"].spec.default_inputs.parameters["n"]


def _no_plan(found: Package) -> None:
    found.plans["whole"].spec.workflow_id.name = "whole.none"


FAULTS: dict[str, tuple[Callable[[Package], None], str, str]] = {
    "cycle": (_cycle, "workflow", "CycleDetected"),
    "no-task": (_no_task, "workflow", "TaskReferenceNotFound"),
    "no-workflow": (_no_workflow, "workflow", "WorkflowReferenceNotFound"),
    "no-producer": (_no_producer, "workflow", "Referenced node [n99] not found"),
    "no-output": (_no_output, "workflow", "VariableNameNotFound"),
    "not-bound": (_not_bound, "workflow", "ParameterNotBound"),
    "not-made": (_not_made, "workflow", "ParameterNotBound"),
    "wrong-type": (_wrong_type, "workflow", "MismatchingTypes"),
    "wrong-item": (_wrong_item, "workflow", "MismatchingTypes"),
    "wrong-comparison": (_wrong_comparison, "workflow", "MismatchingTypes"),
    "twice": (_twice, "workflow", "UnreachableNodes"),
    "no-quantity": (_no_quantity, "task", "UnrecognizedValue"),
    "no-image": (_no_image, "task", "image"),
    "no-command": (_no_command, "task", "command"),
    "large": (_large, "size", "etcd takes 1572864"),
    "wrong-default": (_wrong_default, "plan", "the default of n has another type"),
    "no-input": (_no_input, "plan", "the input n is not there"),
    "no-plan": (_no_plan, "plan", "there is no workflow whole.none"),
}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """One package, sound and with each fault, judged at once."""
    folder, program = tmp_path_factory.mktemp("faults"), tmp_path_factory.mktemp("program")
    packages.package(write(compiled(WHOLE, program), program / "bundle"), folder / "sound.tgz")
    for name, (change, _, _) in FAULTS.items():
        broken = Package.read(folder / "sound.tgz")
        change(broken)
        broken.write(folder / f"{name}.tgz")
        broken.write_job(folder, f"{name}-job")
    sound = Package.read(folder / "sound.tgz")
    sound.write(folder / "copied.tgz")
    sound.write_job(folder, "sound-job")
    return ask("flyte", folder)


@pytest.mark.parametrize("name", ["sound", "copied", "sound-job"])
def test_without_a_fault_there_is_nothing_to_refuse(name: str, planted: dict[str, Verdict]) -> None:
    assert planted[name].refusals == ()


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_refused(name: str, planted: dict[str, Verdict]) -> None:
    _, judge, said = FAULTS[name]
    assert planted[name].refuses(judge, said), planted[name].refusals


@pytest.mark.parametrize("name", [name for name, (_, judge, _) in FAULTS.items() if judge != "plan"])
def test_a_planted_fault_in_the_work_of_a_dynamic_task_is_refused(name: str, planted: dict[str, Verdict]) -> None:
    _, judge, said = FAULTS[name]
    assert planted[f"{name}-job"].refuses(judge, said), planted[f"{name}-job"].refusals


HANDLED = """mlp 1
step one(s: str) -> (out: str):
    run inline "return s"

pipeline whole(s: str = "a") -> (out: str):
    first = one(s=s)
    return out=first.out

    on failure:
        one(s=s)
"""


def test_a_fault_of_a_failure_node_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    folder.mkdir()
    packages.package(write(compiled(HANDLED, tmp_path), tmp_path / "bundle"), folder / "sound.tgz")
    broken = Package.read(folder / "sound.tgz")
    del broken.workflows["whole_body"].template.failure_node.inputs[:]
    broken.write(folder / "not-bound.tgz")
    broken = Package.read(folder / "sound.tgz")
    (of_handler,) = (task for task in broken.tasks if task.endswith("on_failure_one"))
    del broken.tasks[of_handler]
    broken.write(folder / "no-task.tgz")
    verdicts = ask("flyte", folder)
    assert verdicts["sound"].refusals == ()
    assert verdicts["not-bound"].refuses("workflow", "ParameterNotBound")
    assert verdicts["no-task"].refuses("workflow", "TaskReferenceNotFound")
