"""Steps that may wait for ever, and settings of time and retries that contradict each other or change nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import IDLE_RETRY, NO_TIMEOUT, TIMEOUT_BEYOND
from mloc.elaborate.attributes import Leaf
from mloc.ir.model import Call, Pipeline, Run, RunContainer, RunInline, RunShell
from mloc.ir.walk import calls
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, statements

_POLLS_SHELL = patterns.of(r"^\s*(?:while|until)\b(?:(?!^\s*done\b)[\s\S])*?\bsleep\b", re.MULTILINE)
_POLLS_PYTHON = patterns.of(r"^(\s*)while\b[^\n]*:\s*\n(?:\1\s+[^\n]*\n|\s*\n)*?\1\s+[^\n]*\bsleep\(", re.MULTILINE)


def timing(program: Program, bag: Bag) -> None:
    """W0724, W0725 and W0726 of every step."""
    for declaration in program.steps():
        found = program.file.steps.step(declaration)
        if found is None:
            continue
        leaves: Mapping[str, Leaf] = {**program.file.defaults(), **found[1]}
        if "timeout" not in leaves and not is_limited(program, declaration):
            _endless(declaration, found[0].run, leaves, bag)
        _retries(declaration, leaves, bag)
    _beyond(program, bag)


def is_limited(program: Program, step: t.StepDef) -> bool:
    """Whether calls of a step, or the pipelines that make them, have a limit; what a target adds is not looked at twice."""
    for body in program.bodies:
        for statement in statements(body.pipeline.body):
            is_call = isinstance(statement, t.Bind) and callee(statement.value) == step.name.text
            if is_call and isinstance(statement, t.Bind) and any(callee(override) == "timeout" for override in statement.overrides):
                return True
            if isinstance(statement, t.Options) and any(a.name.text == "timeout" for a in statement.attributes):
                return True
    items = [item for d in program.file.module.declarations if isinstance(d, t.TargetDef) for item in d.items]
    given = [a for item in items for a in (item.attributes if isinstance(item, t.StepOverride) else (item,))]
    return any(attribute.name.text == "timeout" for attribute in given)


def _endless(step: t.StepDef, run: Run, leaves: Mapping[str, Leaf], bag: Bag) -> None:
    why = _waits(run, leaves)
    if why is not None:
        bag.report(
            NO_TIMEOUT,
            step.name.span,
            f"step `{step.name.text}` {why}, and has no `timeout`: when the other side never answers, it waits for ever",
            help="add `timeout 1h`, or what it may take at most",
        )


def _waits(run: Run, leaves: Mapping[str, Leaf]) -> str | None:
    """Why a step may wait for something outside."""
    effects = leaves.get("effects", ())
    if isinstance(run, RunContainer) and isinstance(effects, tuple) and {"reads", "writes"} & set(effects):
        return "works with something outside of the pipeline"
    polls = isinstance(run, RunShell) and _POLLS_SHELL.search(run.script)
    polls = polls or (isinstance(run, RunInline) and _POLLS_PYTHON.search(f"{run.code}\n"))
    return "asks again and again in a loop" if polls else None


def _retries(step: t.StepDef, leaves: Mapping[str, Leaf], bag: Bag) -> None:
    attribute = next((a for a in step.attributes if a.name.text == "retry"), None)
    if attribute is None:
        return
    own = {argument.name.text: argument.span for argument in attribute.arguments if argument.name is not None}
    count, backoff = leaves.get("retry.count", 0), leaves.get("retry.backoff", 0)
    most = leaves.get("retry.max_delay")
    name = step.name.text

    def tell(span: Span, message: str, help_: str) -> None:
        bag.report(IDLE_RETRY, span, message, help=help_)

    if count == 0:
        for key, span in own.items():
            tell(span, f"`{key}` of `retry` has no effect: step `{name}` is never retried", "give the number of retries: `retry 3, …`")
    elif "factor" in own and backoff == 0:
        tell(own["factor"], f"`factor` has no effect: the retries of step `{name}` have no `backoff` to grow", "add `backoff=30s`")
    elif "max_delay" in own and isinstance(most, (int, float)) and isinstance(backoff, (int, float)) and most < backoff:
        message = f"`max_delay` is shorter than `backoff`: every retry of step `{name}` waits for `max_delay`"
        tell(own["max_delay"], message, "make it longer than `backoff`, or leave it out")


def _beyond(program: Program, bag: Bag) -> None:
    """Steps that may take longer than the pipeline that calls them."""
    for pipeline in program.pipelines:
        limit = pipeline.options.timeout_ms
        if limit is None:
            continue
        told: set[str] = set()
        for call in calls(pipeline.region):
            span = call.span
            if call.settings.timeout_ms is not None and call.settings.timeout_ms > limit and span is not None and call.step not in told:
                told.add(call.step)
                own, all_ = _hours(call.settings.timeout_ms), _hours(limit)
                message = f"the timeout of `{call.step}`, {own}, is never reached: pipeline `{pipeline.name}` ends after {all_}"
                there = () if pipeline.span is None else (Label(pipeline.span, f"`options` give it {all_}"),)
                bag.report(TIMEOUT_BEYOND, span, message, secondary=there, help="give the pipeline more time than its steps need together")
            elif call.step not in told:
                told.add(call.step)
                _attempts(call, limit, pipeline, bag)


def _attempts(call: Call, limit: int, pipeline: Pipeline, bag: Bag) -> None:
    """Retries for which a run has no time left."""
    settings = call.settings
    retries = settings.retry.count
    if settings.timeout_ms is None or call.span is None or retries == 0 or settings.timeout_ms * (retries + 1) <= limit:
        return
    whole = _hours(settings.timeout_ms * (retries + 1))
    message = (
        f"`{call.step}` may take {whole}, {retries + 1} attempts of {_hours(settings.timeout_ms)}: "
        f"pipeline `{pipeline.name}` ends after {_hours(limit)}, in the middle of them"
    )
    there = () if pipeline.span is None else (Label(pipeline.span, f"`options` give it {_hours(limit)}"),)
    help_ = "give the pipeline more time, or the step fewer or shorter attempts"
    bag.report(TIMEOUT_BEYOND, call.span, message, secondary=there, help=help_)


def _hours(milliseconds: int) -> str:
    for unit, length in (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000)):
        if milliseconds % length == 0 and milliseconds >= length:
            return f"{milliseconds // length}{unit}"
    return f"{milliseconds}ms"
