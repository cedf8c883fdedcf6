"""Container steps: a task that computes the command line, the container of the user's, and a task that reads what it left."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.ir.model import Call, Resources
from mloc_kfp.containers import DEFAULT_IMAGE, contained_executor, environment
from mloc_kfp.kubernetes import platform
from mloc_kfp.naming import command_id, outputs_id
from mloc_kfp.scope import Scope
from mloc_kfp.spec import UNIT, Doc, artifact, artifact_from_task, component, constant, definitions, parameter
from mloc_kfp.units import Body, Units, argument_names, caching, call_text
from mloc_kfp.vendored.handover import COMMAND, FIRST, LAST, LEFT

_FILES: Doc = artifact("system.Artifact")


def contained(units: Units, scope: Scope, call: Call, order: Iterable[str]) -> str:
    """The tasks of a call of a container step; gives the label of the last, which makes the outputs."""
    before, after = units.names.labels[command_id(call.id)], units.names.labels[outputs_id(call.id)]
    secrets, cached = units.secrets(call.settings), units.request.attributes.of(call.id).get("engine_cache") is True
    # Both move the files of the step, and see its secrets only to keep them out of what is shown.
    runs_in = units.executor("mloc", units.image, Resources(disk=call.settings.resources.disk), units.shared(), secrets)
    captures = list(units.program.unit(call.id).captures)
    first = Body({}, {COMMAND: _FILES}, runs_in, before, False)
    inputs = argument_names(call, captures)
    units.task(scope, call.id, before, first, inputs, order, fetches=True, cached=cached, more={"part": FIRST})
    _container(units, scope, call, before, cached)
    items = {key: name for key, name in inputs.items() if units.program.is_item(key)}
    left = {LEFT: artifact_from_task(units.names.labels[call.id], LEFT)}
    units.task(scope, call.id, after, units.body(call, after, runs_in), items, (before,), cached=cached, more={"part": LAST}, brought=left)
    units.gives(scope, call, after)
    return after


def _container(units: Units, scope: Scope, call: Call, before: str, cached: bool) -> None:
    """The task in the step's own image. It reads no parameter: the one that there is says whose it is."""
    settings, label, said = call.settings, units.names.labels[call.id], units.request.attributes.of(call.id)
    image, resources = settings.image or DEFAULT_IMAGE, settings.resources
    content = contained_executor(image, resources, environment(resources), said, units.request.attributes.version)
    runs_in = units.parts.executor(content, platform(resources, said, units.secrets(settings)), units.step_labels[call.step])
    inside, outside = definitions({UNIT: parameter()}, {COMMAND: _FILES}), definitions({}, {LEFT: _FILES})
    name = units.parts.component(component(inside, outside, {"executorLabel": runs_in}), label, shared=False)
    given = {UNIT: constant(call_text(call.id, {}, {"part": "container"}))}
    # Kubeflow would keep a failure that is a value as it keeps results.
    more = caching(cached and not scope.lenient)
    scope.task(label, name, given, {COMMAND: artifact_from_task(before, COMMAND)}, (), **more)
