"""A pipeline with handlers: its body and its handlers are DAGs in which failures are values, and the last task fails where there was one.

Kubeflow's own exit task is the exit hook of what it follows: it does not run behind what was skipped, its failure is not the run's, and
it can read nothing that a failed task has made. It is used for what is no value: a body that Kubernetes has ended.
"""

from __future__ import annotations

from mloc.frozen import dataclass
from mloc.ir.handlers import handlers
from mloc.ir.model import Pipeline, Region
from mloc.ir.program import OUTPUTS
from mloc.runner.jsons import canonical
from mloc.targets.versions import at_least
from mloc.types.encode import Json
from mloc_kfp.naming import BODY, ERROR, HANDLERS, LOST, RUN, STATUS, VERDICT, branches_id, end_id, handler_id
from mloc_kfp.regions import Regions, leaves
from mloc_kfp.scope import Scope
from mloc_kfp.spec import Doc, constant, final_status, from_input, from_task, output
from mloc_kfp.units import RUN_STATUS
from mloc_kfp.vendored.lenient import AFTER, RUN_UNIT, STATE, VERDICT_UNIT

# Servers before it do not take pipelines in which a task asks for the status of another.
_FINAL_STATUS_SINCE = "2.14"
_WHY_LOST = "a task of the run was ended by Kubernetes, or could not be started: see the run in Kubeflow"
_LOST: Json = {"step": None, "message": _WHY_LOST, "line": None}


@dataclass(frozen=True, slots=True)
class _Handlers:
    """The regions of the handlers as DAGs that are not placed yet."""

    on_failure: Scope | None
    final: Scope | None
    end: str

    def reads(self) -> set[str]:
        """The keys of the values that they ask for."""
        return {key for scope in (self.on_failure, self.final) if scope is not None for key in scope.inputs}


def body_and_handlers(regions: Regions, root: Scope, pipeline: Pipeline, inputs: Doc) -> dict[str, Doc]:
    """Put both into the pipeline's DAG, behind the tasks that are there; gives the outputs of the DAG. `inputs` are its definitions."""
    labels = regions.names.labels
    body = root.inner(lenient=True)
    regions.region(body, pipeline.region)
    ended = _ended(regions, body, pipeline)
    parts = _parts(regions, root, pipeline)
    seen = {key: f"seen-{regions.names.keys[key]}" for key in sorted(parts.reads()) if key in body.made}
    outputs = {result.name: output(ended, result.name) for result in pipeline.results}
    outputs |= {name: output(*body.made[key]) for key, name in seen.items()} | {STATE: output(ended, STATE)}
    before = tuple(root.tasks)
    label = regions.place(root, body, BODY, outputs, before)
    root.made |= {key: (label, name) for key, name in seen.items()}
    said = regions.units.about(root, RUN_UNIT, labels[RUN], {"state": from_task(label, STATE)}, ("status", "error"))
    root.made |= {STATUS: (said, "status"), ERROR: (said, "error")}
    last, states = _run(regions, root, parts), [from_task(label, STATE)]
    if parts.final is not None:
        states.append(from_task(last, STATE))
    given = {f"{AFTER}{number}": state for number, state in enumerate(states)}
    regions.units.about(root, VERDICT_UNIT, labels[VERDICT], given, (), (last,))
    if at_least(regions.units.request.attributes.version, _FINAL_STATUS_SINCE):
        _when_lost(regions, root, parts, label, inputs)
    return {result.name: output(label, result.name) for result in pipeline.results}


def _ended(regions: Regions, body: Scope, pipeline: Pipeline) -> str:
    """The task at the end of the body: the outputs of the pipeline, where it has any, and how the body ended."""
    label = regions.names.labels[OUTPUTS]
    if not pipeline.results:
        return regions.units.closing(body, label, (), leaves(body))
    return regions.units.plain(body, OUTPUTS, label, {result.name: "STRING" for result in pipeline.results}, leaves(body))


def _parts(regions: Regions, root: Scope, pipeline: Pipeline) -> _Handlers:
    # An artifact of the body reaches a handler as what describes it: what a DAG gives is no artifact of Kubeflow's.
    units = regions.units
    units.native = {key: schema for key, schema in units.native.items() if key.startswith("$")}
    found: dict[str, Scope] = {kind: _region(regions, root, region) for kind, region in handlers(pipeline)}
    final, end = found.get("finally"), ""
    if final is not None:
        end = units.closing(final, regions.names.labels[end_id("finally")], (), leaves(final))
    return _Handlers(found.get("on_failure"), final, end)


def _region(regions: Regions, root: Scope, region: Region) -> Scope:
    inner = root.inner(lenient=True)
    regions.region(inner, region)
    return inner


def _run(regions: Regions, scope: Scope, parts: _Handlers) -> str:
    """The handlers one after the other, `on failure` when the run has failed; gives the task of the last."""
    last: tuple[str, ...] = ()
    if parts.on_failure is not None:
        ways, name = scope.inner(), handler_id("on_failure")
        regions.way(ways, parts.on_failure, name, STATUS, "failed", {})
        # What is skipped has no end that others could wait for: the DAG around it has.
        last = (regions.place(scope, ways, branches_id(name), {}, ()),)
    if parts.final is not None:
        last = (regions.place(scope, parts.final, handler_id("finally"), {STATE: output(parts.end, STATE)}, last),)
    return last[0]


def _when_lost(regions: Regions, root: Scope, parts: _Handlers, body: str, inputs: Doc) -> None:
    """The handlers once more, for a body that failed without saying so: they know nothing of it then.

    Kubeflow makes an exit task the hook of every task that it waits for, so that this one waits for the body and reads of nothing else.
    """
    units, lost = regions.units, root.inner()
    units.parameters(lost, again=True)
    units.launch(lost)
    said = units.about(lost, RUN_UNIT, regions.names.labels[RUN], {"status": from_input(RUN_STATUS)}, ("status", "error"))
    lost.made |= {STATUS: (said, "status")}
    inner = lost.inner()
    _run(regions, inner, parts)
    regions.way(lost, inner, LOST, STATUS, "failed", {})
    unknown = {key: constant(canonical(_LOST) if key == ERROR else "null") for key in lost.inputs}
    given = {name: from_input(name) for name in _parameters_of(inputs)} | {RUN_STATUS: final_status(body)}
    trigger: Json = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    kinds = _parameters_of(inputs)
    regions.place(root, lost, HANDLERS, {}, (body,), given, instead=unknown, kinds=kinds, triggerPolicy=trigger)


def _parameters_of(inputs: Doc) -> dict[str, Doc]:
    found = inputs.get("parameters")
    return {name: doc for name, doc in found.items() if isinstance(doc, dict)} if isinstance(found, dict) else {}
