"""Pipelines that are linked by assets: loops of triggers, and schedules in the wrong order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import BEFORE_UPSTREAM, NEARLY_AN_ASSET, TRIGGER_LOOP
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.cron import Cron, described
from mloc.elaborate.launches import Launched
from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.ir.walk import calls

_WEEK = datetime(2026, 6, 1)  # any week does: wall-clock times are compared with each other
_DAYS = 7


@dataclass(frozen=True, slots=True)
class Linked:
    """A pipeline with its launches, and the assets that a run of it updates."""

    name: str
    launched: tuple[Launched, ...]
    publishes: frozenset[str]


def linked(pipeline: Pipeline, launched: tuple[Launched, ...]) -> Linked:
    """A pipeline as the others see it; calls of other pipelines are part of it."""
    published = frozenset(asset for call in calls(pipeline.region) for asset in call.settings.publishes)
    return Linked(pipeline.name, launched, published)


def check(pipelines: Sequence[Linked], bag: Bag) -> None:
    """Report loops of triggers, and schedules that run before what they read is made."""
    published = frozenset(asset for pipeline in pipelines for asset in pipeline.publishes)
    for pipeline in pipelines:
        for launched in pipeline.launched:
            _nearly(launched, published, bag)
            _loops(pipeline, launched, pipelines, bag)
            if launched.cron is not None:
                for asset in dict(launched.launch.given).values():
                    _order(launched, launched.cron, asset, pipelines, bag)


def _nearly(launched: Launched, published: frozenset[str], bag: Bag) -> None:
    """An asset that nothing here updates, and that is nearly the name of one that something does; any other may be updated elsewhere."""
    for asset in launched.launch.assets:
        near = None if asset in published else suggest(asset, sorted(published))
        if near is not None:
            message = f"nothing here updates the asset `{asset}`: the trigger would never start a run"
            bag.report(NEARLY_AN_ASSET, launched.places["on_asset"], message, label="not published", help=f"did you mean `{near}`?")


def _loops(pipeline: Linked, launched: Launched, pipelines: Sequence[Linked], bag: Bag) -> None:
    for asset in launched.launch.assets:
        path = _path(pipeline, asset, _triggered(pipelines))
        if path is None or min(path) != pipeline.name:
            continue  # every pipeline of a loop comes round to itself: one of them tells
        if len(path) == 1:
            message = f"pipeline `{pipeline.name}` updates `{asset}`, which is its own trigger: it would start itself for ever"
        else:
            shown = " → ".join([*path, path[0]])
            message = f"the trigger on `{asset}` closes a loop of pipelines that start each other for ever: {shown}"
        help_ = "trigger on another asset than the one that is updated, or run it on a schedule"
        bag.report(TRIGGER_LOOP, launched.places["on_asset"], message, label="starts itself", help=help_)


def _triggered(pipelines: Sequence[Linked]) -> Mapping[str, list[Linked]]:
    """By asset, the pipelines that an update of it starts."""
    found: dict[str, list[Linked]] = {}
    for pipeline in pipelines:
        for launched in pipeline.launched:
            for asset in launched.launch.assets:
                found.setdefault(asset, []).append(pipeline)
    return found


def _path(start: Linked, asset: str, triggered: Mapping[str, list[Linked]]) -> list[str] | None:
    """The pipelines by which a run of `start` comes to update `asset`, itself first; None when none does."""
    seen = {start.name}
    pending = [[start]]
    while pending:
        path = pending.pop(0)
        if asset in path[-1].publishes:
            return [pipeline.name for pipeline in path]
        for updated in sorted(path[-1].publishes):
            for follower in triggered.get(updated, ()):
                if follower.name not in seen:
                    seen.add(follower.name)
                    pending.append([*path, follower])
    return None


def _order(down: Launched, cron: Cron, asset: str, pipelines: Sequence[Linked], bag: Bag) -> None:
    for name, up, above in _schedules(asset, pipelines):
        if up.launch is down.launch or up.launch.timezone != down.launch.timezone or not _always_before(cron, above):
            continue
        message = (
            f"schedule `{down.launch.name}` runs at {described(cron)}, before schedule `{up.launch.name}` at {described(above)}, "
            f"whose pipeline `{name}` updates `{asset}`: it reads what was made the day before"
        )
        there = Label(up.places["cron"], "made here")
        help_ = f'start it when the asset is there: `trigger … : on_asset "{asset}"`; or schedule it later'
        bag.report(BEFORE_UPSTREAM, down.places["cron"], message, secondary=(there,), help=help_)


def _schedules(asset: str, pipelines: Sequence[Linked]) -> Iterator[tuple[str, Launched, Cron]]:
    """The schedules of the pipelines that update an asset."""
    for pipeline in pipelines:
        if asset in pipeline.publishes:
            for launched in pipeline.launched:
                if launched.cron is not None:
                    yield pipeline.name, launched, launched.cron


def _always_before(down: Cron, up: Cron) -> bool:
    """Whether on every day on which both run, the last run of `down` is not after the first of `up`; both run on a common day."""
    common = {time.date() for time in down.times(_WEEK, _DAYS)} & {time.date() for time in up.times(_WEEK, _DAYS)}
    if not common or len(down.hours) * len(down.minutes) > 1 or len(up.hours) * len(up.minutes) > 1:
        return False
    return (down.hours[0], down.minutes[0]) <= (up.hours[0], up.minutes[0])
