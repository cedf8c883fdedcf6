"""The parts of a Kubeflow PipelineSpec, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from mloc.types.encode import Json
from mloc.types.model import Dir, File, ListOf, MapOf, Metrics, Model, Record, Table, Type
from mloc.types.model import Optional as OptionalType

Doc: TypeAlias = dict[str, Json]

_LONGEST_DESCRIPTION = 1024

# The constant input of every task that runs a unit: which one, and what its other inputs are.
UNIT = "mloc-unit"


def parameter(kind: str = "STRING") -> Doc:
    return {"parameterType": kind}


def artifact(schema: str) -> Doc:
    return {"artifactType": {"schemaTitle": schema, "schemaVersion": "0.0.1"}}


def schema_of(type_: Type) -> str:
    """Kubeflow's schema for an artifact of this type; a value that merely holds artifacts is a folder of them."""
    match type_:
        case OptionalType(item):
            return schema_of(item)
        case Table():
            return "system.Dataset"
        case Model():
            return "system.Model"
        case File() | Dir() | ListOf() | MapOf() | Record() | Metrics():
            return "system.Artifact"
        case _:
            raise AssertionError(f"no artifact: {type_}")


def describe(doc: str) -> Doc:
    """The `description` of anything that can have one; none when there is nothing to say."""
    text = doc.strip()
    if len(text) > _LONGEST_DESCRIPTION:
        text = f"{text[: _LONGEST_DESCRIPTION - 1].rstrip()}…"
    return {"description": text} if text else {}


def definitions(parameters: Mapping[str, Doc], artifacts: Mapping[str, Doc]) -> Doc:
    """`inputDefinitions` or `outputDefinitions`; what is empty is left out."""
    found: Doc = {}
    if parameters:
        found["parameters"] = dict(parameters)
    if artifacts:
        found["artifacts"] = dict(artifacts)
    return found


def component(inputs: Doc, outputs: Doc, body: Doc) -> Doc:
    found: Doc = {}
    if inputs:
        found["inputDefinitions"] = inputs
    if outputs:
        found["outputDefinitions"] = outputs
    return {**found, **body}


def constant(text: str) -> Doc:
    return {"runtimeValue": {"constant": text}}


def from_task(task: str, output: str) -> Doc:
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": output}}


def artifact_from_task(task: str, output: str) -> Doc:
    return {"taskOutputArtifact": {"producerTask": task, "outputArtifactKey": output}}


def from_input(name: str) -> Doc:
    return {"componentInputParameter": name}


def artifact_from_input(name: str) -> Doc:
    return {"componentInputArtifact": name}


def final_status(task: str) -> Doc:
    """How a task of the same DAG ended, for one that runs when it has ended, however it did."""
    return {"taskFinalStatus": {"producerTask": task}}


def producer(source: Json) -> str | None:
    """The task of the same DAG that a task's input comes from."""
    if not isinstance(source, dict):
        return None
    for kind in ("taskOutputParameter", "taskOutputArtifact"):
        found = source.get(kind)
        if isinstance(found, dict):
            return str(found["producerTask"])
    return None


def output(task: str, key: str) -> Doc:
    """An output of a DAG that one of its tasks gives."""
    return {"valueFromParameter": {"producerSubtask": task, "outputParameterKey": key}}


def output_of_one(tasks: Mapping[str, str]) -> Doc:
    """An output of a DAG that whichever of its conditional tasks ran gives: task → output."""
    selectors: list[Json] = [{"producerSubtask": task, "outputParameterKey": key} for task, key in tasks.items()]
    return {"valueFromOneof": {"parameterSelectors": selectors}}


def condition(channel: str, wire: str) -> str:
    """The expression that is true when a text parameter is this JSON text."""
    return f"inputs.parameter_values['{channel}'] == '{wire}'"
