"""Schedules that mean something else: zones without summer time, hours that come twice, runs that never come or are all the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from mloc import patterns
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import DOUBLED_HOUR, FIXED_OFFSET, IDENTICAL_CATCH_UP, NEVER_RUNS
from mloc.elaborate.cron import BadCron, Cron, parse
from mloc.elaborate.timezones import doubled_hour, missing_hour
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Launch, Pipeline
from mloc.ir.walk import every_node, own_exprs, refs
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t

_STANDARD = {"EST": "America/New_York", "MST": "America/Denver"}
_OFFSET = patterns.of(r"(?:Etc/)?GMT([+-])(\d{1,2})\Z")
_SCHEDULED = ("scheduled_date", "scheduled_time")
_LONGEST = 4000
"""So many days are looked at for a first run."""


def schedules(program: Program, bag: Bag) -> None:
    """W1018 to W1021 of every schedule of a file."""
    declared = {d.name.text: d for d in program.file.module.declarations if isinstance(d, t.LaunchDef) and d.kind == "schedule"}
    for pipeline in program.pipelines:
        for launch in pipeline.launches:
            declaration = declared.get(launch.name)
            if declaration is None or launch.cron is None:
                continue
            try:
                cron = parse(launch.cron)
            except BadCron:  # which elaboration reports
                continue
            _zone(launch, _place(declaration, "cron"), bag)
            _doubled(launch, cron, _place(declaration, "cron"), bag)
            _never(launch, cron, _place(declaration, "end"), bag)
            if launch.catchup and not any(_scheduled(launch, pipeline)):
                _identical(launch, pipeline, _place(declaration, "catchup"), bag)


def _place(declaration: t.LaunchDef, attribute: str) -> Span:
    return next((a.span for a in declaration.attributes if a.name.text == attribute), declaration.name.span)


def _zone(launch: Launch, span: Span, bag: Bag) -> None:
    offset = _OFFSET.match(launch.timezone)
    city = _STANDARD.get(launch.timezone)
    if city is not None:
        message = f"`{launch.timezone}` is standard time all year: in summer this runs an hour later than the clocks of `{city}` say"
        bag.report(FIXED_OFFSET, span, message, help=f'`timezone="{city}"` follows the clocks; `UTC` never changes')
    elif offset is not None and offset.group(2) != "0":
        side, other = ("behind", "-") if offset.group(1) == "+" else ("ahead of", "+")
        hours = int(offset.group(2))
        much = f"{hours} hour{'s' if hours > 1 else ''} {side} UTC"
        message = f"`{launch.timezone}` is {much}: the sign of these names is the other way round"
        help_ = f"name the city, as in `Europe/Paris`; the other side of UTC is `Etc/GMT{other}{hours}`"
        bag.report(FIXED_OFFSET, span, message, help=help_)


def _doubled(launch: Launch, cron: Cron, span: Span, bag: Bag) -> None:
    twice = doubled_hour(cron, launch.timezone)
    if twice is not None and missing_hour(cron, launch.timezone) is None:
        when = f"{twice:%H:%M} on {twice:%Y-%m-%d}, when daylight saving time ends"
        message = f"in {launch.timezone} there are two times {when}: schedulers run this once or twice in that night"
        bag.report(DOUBLED_HOUR, span, message, help="run at an hour that comes once on every day, or in UTC")


def _never(launch: Launch, cron: Cron, span: Span, bag: Bag) -> None:
    if launch.start is None or launch.end is None:
        return
    start, end = _instant(launch.start), _instant(launch.end)
    if start > end or (end - start).days > _LONGEST:
        return
    # A day on either side for what the zone moves.
    first, last = start - timedelta(days=1), end + timedelta(days=1)
    if not any(first <= time.replace(tzinfo=UTC) <= last for time in cron.times(first.replace(tzinfo=None), (last - first).days + 1)):
        message = f"schedule `{launch.name}` ends before its first run: `{launch.cron}` does not fire between its start and its end"
        bag.report(NEVER_RUNS, span, message, help="end it later, or start it on a day on which it fires")


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _scheduled(launch: Launch, pipeline: Pipeline) -> Iterator[bool]:
    """Whether the arguments, or the pipeline itself, ask for which time a run is."""
    for _, value in launch.args:
        yield any(ref.node == RUN_NODE and ref.output in _SCHEDULED for ref in refs(value))
    for node in every_node(pipeline):
        yield any(ref.node == RUN_NODE and ref.output in _SCHEDULED for ref in refs(*own_exprs(node)))


def _identical(launch: Launch, pipeline: Pipeline, span: Span, bag: Bag) -> None:
    message = (
        f"schedule `{launch.name}` catches up on missed runs, but nothing in them depends on the scheduled time: "
        f"every missed run of `{pipeline.name}` does the same again"
    )
    help_ = "give the pipeline its day, `args day=run.scheduled_date`, or leave `catchup` out"
    bag.report(IDENTICAL_CATCH_UP, span, message, help=help_)
