"""What Flyte will not take of a pipeline."""

from __future__ import annotations

from mloc.backend import Attributes
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_EXPRESSIBLE, OVER_ENGINE_LIMIT, TOO_MANY_RETRIES
from mloc.ir.called import is_called
from mloc.ir.handlers import handlers
from mloc.ir.model import Branch, Call, FanOut, Pipeline, Region
from mloc.ir.walk import calls
from mloc.passes.sizes import outer_fan_outs, place, report_long_fan_outs, report_raw, setting_place

from .loops import is_mapped
from .notes import asked_of_run, needs_launch
from .settings import MAX_RETRIES

# Flyte's admin refuses to register a workflow with more nodes, unless it was configured otherwise.
NODES = 100
# The largest array of Flyte's plugin for Kubernetes.
ARRAY = 5000


def review(pipeline: Pipeline, attributes: Attributes, bag: Bag) -> None:
    help_ = f"bound the list by a domain (`… in 1..{ARRAY}`), or let one step work through several items"
    report_long_fan_outs(pipeline, filter(is_mapped, outer_fan_outs(pipeline.region)), ARRAY, "an array of Flyte", help_, bag)
    for call in calls(pipeline.region):
        retry = call.settings.retry
        if retry.count > MAX_RETRIES and {"oom", "preempted"} & set(retry.on):
            message = f"`retry {retry.count}` of `{call.step}` is more than the {MAX_RETRIES} that Flyte makes after a pod was lost"
            help_ = f"say `retry {MAX_RETRIES}`, or `on=[exception, timeout]`: for these the runner makes any number"
            bag.report(TOO_MANY_RETRIES, setting_place(pipeline, call, "retry", attributes), message, help=help_)
    count = node_count(pipeline)
    if count > NODES:
        message = f"`{pipeline.name}` has {count} nodes on Flyte, which registers at most {NODES}"
        bag.report(OVER_ENGINE_LIMIT, place(pipeline), message, help="call a part of it as a pipeline of its own, which is one node")
    _launches(pipeline, bag)
    report_raw(attributes, pipeline, "Flyte", bag)


def _launches(pipeline: Pipeline, bag: Bag) -> None:
    """Refuse what Flyte's scheduler has no word for."""
    for launch in (each for each in pipeline.launches if each.kind == "schedule"):
        refused: list[tuple[str, str, str]] = []
        if launch.timezone not in ("UTC", "Etc/UTC"):
            zone = f"timezone {launch.timezone}"
            refused.append((zone, "its scheduler knows UTC alone", "write the cron in UTC, or schedule the pipeline on Airflow"))
        if not launch.catchup:
            why = "when its scheduler was down, it makes up for what it missed, always"
            refused.append(("catchup false", why, "say `catchup true`, or schedule the pipeline on Airflow"))
        if launch.overlap == "queue":
            refused.append(("overlap queue", "a launch plan can skip a run, but not put it off", "say `overlap skip` or `overlap allow`"))
        for bound in ("start", "end"):
            if getattr(launch, bound) is not None:
                why, help_ = "a launch plan is activated and deactivated by hand", f"leave `{bound}` out, and do so on that day"
                refused.append((bound, why, help_))
        for name in (name for name in ("scheduled_date", "scheduled_time") if name in asked_of_run(pipeline)):
            why, help_ = "its body is not told when a run was due", f"take it as a parameter, and say `args day=run.{name}` in the schedule"
            refused.append((f"run.{name} in the body", why, help_))
        for what, why, help_ in refused:
            message = f"target `flyte` cannot express {what} of schedule `{launch.name}`: {why}"
            bag.report(NOT_EXPRESSIBLE, launch.span or place(pipeline), message, help=help_)


def node_count(pipeline: Pipeline) -> int:
    """The nodes of the workflow itself: to check the parameters, to say what is known of the launch, for the outputs, and of its region.

    With handlers the region and the outputs are another workflow's.
    """
    around = bool(pipeline.parameters) + needs_launch(pipeline)
    if handlers(pipeline):
        return around + 1 + bool(pipeline.final.nodes)
    return around + bool(pipeline.results) + _nodes(pipeline.region)


def _nodes(region: Region) -> int:
    found = 0
    for node in region.nodes:
        match node:
            case Call():
                found += 1
            case Branch():
                found += 1 if is_called(node) else 2
            case FanOut():
                found += (2 if is_mapped(node) else 1) + (node.tolerate is not None)
    return found
