"""Crons that say something else than they seem to: uneven steps, months left out, every minute of an hour; runs that overlap."""

from __future__ import annotations

import re

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import EVERY_MINUTE, LONGER_THAN_PERIOD, SHORT_MONTHS, UNEVEN_STEP
from mloc.elaborate.cron import BadCron, Cron, parse
from mloc.ir.model import Pipeline
from mloc.ir.walk import every_call
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t

_RANGES = (("minute", 60), ("hour", 24))


def times(program: Program, bag: Bag) -> None:
    """W1008, W1015, W1016 and W1017 of every schedule."""
    pipelines = {p.name: p for p in program.pipelines}
    for launch in program.file.module.declarations:
        if not isinstance(launch, t.LaunchDef) or launch.kind != "schedule":
            continue
        for attribute in launch.attributes:
            value = attribute.arguments[0].value if attribute.name.text == "cron" and attribute.arguments else None
            text = None if value is None else program.text_of(value)
            if value is None or text is None:
                continue
            try:
                cron = parse(text)
            except BadCron:  # which elaboration reports
                continue
            _fields(text, cron, value.span, bag)
            pipeline = pipelines.get(launch.pipeline.text)
            if pipeline is not None and _overlaps(launch):
                _longer(pipeline, cron, value.span, bag)


def _fields(text: str, cron: Cron, span: Span, bag: Bag) -> None:
    fields = text.split()
    if len(fields) != 5:
        return
    for (name, size), field in zip(_RANGES, fields, strict=False):
        step = re.fullmatch(r"(?:\*|0)/(\d+)", field)
        if step is not None and 0 < int(step.group(1)) < size and size % int(step.group(1)):
            each = int(step.group(1))
            last = (size - 1) // each * each
            message = f"`{field}` is not every {each} {name}s: it starts anew with each {'hour' if name == 'minute' else 'day'}"
            bag.report(UNEVEN_STEP, span, message, help=f"after {last} comes 0 again; take a number that divides {size}")
    if fields[0] == "*" and fields[1] != "*":
        message = f"`{text}` fires in every minute of hour {fields[1]}: 60 times for each hour"
        bag.report(EVERY_MINUTE, span, message, help=f"name the minute: `0 {' '.join(fields[1:])}`")
    if min(cron.days) >= 29 and not cron.either and len(cron.months) > 1:
        shown = " and ".join(str(day) for day in cron.days)
        message = f"`{text}` fires on day {shown} only: months without such a day are left out"
        bag.report(SHORT_MONTHS, span, message, help="fire on the first day of the next month, or on day 28")


def _overlaps(launch: t.LaunchDef) -> bool:
    """Whether a run may begin before the last one has ended."""
    for attribute in launch.attributes:
        if attribute.name.text == "overlap" and attribute.arguments:
            value = attribute.arguments[0].value
            return isinstance(value, t.Name) and value.text == "allow"
    return False


def _longer(pipeline: Pipeline, cron: Cron, span: Span, bag: Bag) -> None:
    limits = [call.settings.timeout_ms for call in every_call(pipeline) if call.settings.timeout_ms is not None]
    longest = pipeline.options.timeout_ms or max(limits, default=0)
    marks = [hour * 60 + minute for hour in cron.hours for minute in cron.minutes]
    gap = min(((b - a) % 1440 or 1440 for a, b in zip(marks, [*marks[1:], marks[0]], strict=True)), default=1440)
    if longest > gap * 60_000:
        minutes = longest // 60_000
        message = f"a run of `{pipeline.name}` may take {minutes} minutes, and begins every {gap} while the last one goes on"
        bag.report(LONGER_THAN_PERIOD, span, message, help="leave `overlap allow` out, shorten the timeout, or start less often")
