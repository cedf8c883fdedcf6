"""What Airflow will not take of a pipeline, or not as declared."""

from __future__ import annotations

from collections.abc import Iterable

from mloc.backend import Attributes
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_EXPRESSIBLE, NOT_HONOURED
from mloc.ir.called import is_called
from mloc.ir.handlers import handlers
from mloc.ir.model import Branch, Call, Pipeline, Resources
from mloc.ir.walk import calls, nodes
from mloc.passes.sizes import outer_fan_outs, place, report_long_fan_outs, report_raw, setting_place
from mloc.source import Span
from mloc_airflow.attributes import shared
from mloc_airflow.containers import OF_CONTAINERS, of_containers, report_containers
from mloc_airflow.places import OF_VENVS, in_venv
from mloc_airflow.pods import OF_PODS, in_pod
from mloc_airflow.wiring import is_fused

# `core.max_map_length`: Airflow fails the task that gives a longer list.
MAP_LENGTH = 1024


def review(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    help_ = "bound the list by a domain (`… in 1..1024`), let one step work through several items, or raise `core.max_map_length`"
    report_long_fan_outs(pipeline, outer_fan_outs(pipeline.region), MAP_LENGTH, "`core.max_map_length` of Airflow", help_, bag)
    fused = {call.id for each in outer_fan_outs(pipeline.region) if is_fused(each) for call in calls(each.region)}
    closing = [call for _, region in handlers(pipeline) for call in calls(region)]
    contained = of_containers(pipeline)
    by_worker = [call for call in calls(pipeline.region) if call.id in fused or not in_pod(attributes.of(call.id))] + closing
    by_worker = [call for call in by_worker if call.step not in contained]
    _worker(pipeline, attributes, [call for call in by_worker if call.settings.image is not None], "image", bag)
    _worker(pipeline, attributes, [call for call in by_worker if call.settings.resources != Resources()], "resources", bag)
    _without(pipeline, attributes, by_worker, OF_PODS, ("in the worker", "pod"), bag)
    own = [call for call in (*calls(pipeline.region), *closing) if call.step not in contained and not in_venv(attributes.of(call.id))]
    _without(pipeline, attributes, own, OF_VENVS, ("without a virtual environment", "venv"), bag)
    _together(pipeline, attributes, bag)
    report_containers(pipeline, attributes, bag)
    _published(pipeline, bag)
    report_raw(attributes, pipeline, "Airflow", bag)


def _without(
    pipeline: Pipeline, attributes: Attributes, found: Iterable[Call], names: frozenset[str], words: tuple[str, str], bag: Bag
) -> None:
    """Report what is said of pods, or of virtual environments, where there is none."""
    where, kind = words
    for call in found:
        for name in sorted(names & attributes.of(call.id).keys()):
            span = attributes.spans.get((call.id, name), place(pipeline, call.id))
            message = f"`{name}` has no effect with target `airflow` on a step that runs {where}"
            bag.report(NOT_HONOURED, span, message, help=f"say `run {kind}`, too")


def _together(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    """Report what is said of some of the steps that run in one task: the task cannot have it."""
    contained = of_containers(pipeline)
    groups = [(f"for {each.item} in …", list(calls(each.region))) for each in outer_fan_outs(pipeline.region) if is_fused(each)]
    groups += [(kind.replace("_", " "), list(calls(region))) for kind, region in handlers(pipeline)]
    for title, inside in groups:
        # A pod is of one image; the bodies of different steps have no common one.
        of_all = {name: value for name, value in shared(attributes.of(call.id) for call in inside).items() if name != "run"}
        for call in inside:
            # Each step of the task has its own environment.
            for_itself = OF_VENVS | {"run"} if in_venv(attributes.of(call.id)) else frozenset()
            # And each container step its own container.
            for_itself |= OF_CONTAINERS | OF_PODS | OF_VENVS | {"run"} if call.step in contained else frozenset()
            for name in attributes.of(call.id).keys() - of_all.keys() - for_itself:
                span = attributes.spans.get((call.id, name), place(pipeline, call.id))
                message = f"`{name}` has no effect on `{call.step}`: all steps of `{title}` run in one task of Airflow"
                bag.report(NOT_HONOURED, span, message, help="say the same of all these steps, and the task has it; a pod it cannot have")


def _published(pipeline: Pipeline, bag: Bag) -> None:
    """Refuse `publish` where a task that succeeds does not say that the step did: Airflow makes an event of every outlet then."""
    handled = [(call, "a handler runs in one task") for _, region in handlers(pipeline) for call in calls(region)]
    for fan_out in outer_fan_outs(pipeline.region):
        if is_fused(fan_out):
            handled += [(call, f"all steps of `for {fan_out.item} in …` run in one task") for call in calls(fan_out.region)]
        elif any(isinstance(node, Branch) and not is_called(node) for node in nodes(fan_out.region)):
            handled += [(call, f"the steps of untaken arms of `for {fan_out.item} in …` succeed, too") for call in calls(fan_out.region)]
    for call, why in handled:
        if call.settings.publishes:
            message = f"target `airflow` cannot express `publish` of step `{call.step}` here: {why}"
            bag.report(NOT_EXPRESSIBLE, place(pipeline, call.id), message, help="publish by a step after it, outside")


def _worker(pipeline: Pipeline, attributes: Attributes, found: Iterable[Call], what: str, bag: Bag) -> None:
    """One report for each place where it is declared: `defaults` may speak of every step."""
    steps: dict[Span, dict[str, None]] = {}
    for call in found:
        steps.setdefault(setting_place(pipeline, call, what, attributes), {})[call.step] = None
    for span, names in steps.items():
        few = list(names)[:3]
        named = ", ".join(f"`{step}`" for step in few) + (f" and {len(names) - len(few)} more" if len(names) > len(few) else "")
        message = f"`{what}` has no effect on {named} with target `airflow`: its workers run every step in their own Python, as they are"
        bag.report(NOT_HONOURED, span, message, help="`run pod` in the block `target airflow` runs a step in a pod that has them")
