"""One DAG being built: what its tasks make, and what it has to be given from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mloc.frozen import dataclass, field
from mloc.types.encode import Json
from mloc_kfp.spec import (
    Doc,
    artifact_from_input,
    artifact_from_task,
    from_input,
    from_task,
    producer,
)

# The artifact with the runner, the program and the user's code; no value has this key.
BUNDLE = "mloc-bundle"


@dataclass(slots=True)
class Scope:
    """A DAG. A value asked for that no task here makes becomes an input of the DAG, for whoever places it to provide.

    `inputs` and `artifact_inputs` map the keys of values to input names; `made` and `artifacts_made` to the task and output that give them;
    `ends` maps a node's id to the tasks that have ended when the node has. In a `lenient` one no task fails: each says in its output
    `mloc-state` what became of it, and is given the states of the tasks that it waits for.
    """

    keys: Mapping[str, str]
    inputs: dict[str, str] = field(default_factory=dict)
    artifact_inputs: dict[str, str] = field(default_factory=dict)
    made: dict[str, tuple[str, str]] = field(default_factory=dict)
    artifacts_made: dict[str, tuple[str, str]] = field(default_factory=dict)
    ends: dict[str, tuple[str, ...]] = field(default_factory=dict)
    tasks: dict[str, Json] = field(default_factory=dict)
    lenient: bool = False

    def inner(self, *, lenient: bool = False) -> Scope:
        """An empty DAG that will stand in this one."""
        return Scope(self.keys, lenient=self.lenient or lenient)

    def parameter(self, key: str) -> Doc:
        """Where a task here gets a value from."""
        if key in self.made:
            return from_task(*self.made[key])
        return from_input(self.inputs.setdefault(key, self.keys[key]))

    def artifact(self, key: str) -> Doc:
        """Where a task here gets the artifact of a value from."""
        if key in self.artifacts_made:
            return artifact_from_task(*self.artifacts_made[key])
        return artifact_from_input(self.artifact_inputs.setdefault(key, BUNDLE if key == BUNDLE else f"{self.keys[key]}-artifact"))

    def task(
        self,
        label: str,
        component: str,
        parameters: Mapping[str, Doc],
        artifacts: Mapping[str, Doc],
        order: Iterable[str] = (),
        **more: Json,
    ) -> str:
        """Add a task that waits for the producers of its inputs and for `order`; gives its label."""
        sources: list[Json] = [*parameters.values(), *artifacts.values()]
        needed = dict.fromkeys([*(maker for source in sources if (maker := producer(source)) is not None), *order])
        inputs: Doc = {}
        if parameters:
            inputs["parameters"] = dict(parameters)
        if artifacts:
            inputs["artifacts"] = dict(artifacts)
        task: Doc = {"taskInfo": {"name": label}, "componentRef": {"name": component}, "cachingOptions": {}}
        if inputs:
            task["inputs"] = inputs
        if needed:
            task["dependentTasks"] = list(needed)
        self.tasks[label] = {**task, **more}
        return label
