"""Schedules and triggers of a pipeline: when a run starts by itself, and with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    ARGUMENT_DOMAIN,
    ARGUMENT_TWICE,
    ATTRIBUTE_TWICE,
    BAD_ATTRIBUTE,
    BAD_CRON,
    EITHER_DAY,
    MISSING_HOUR,
    MOVING_LAUNCH,
    POSITIONAL_ARGUMENT,
    TIMES_BACKWARDS,
    UNBOUND_PARAMETER,
    UNDEFINED_NAME,
    UNKNOWN_ARGUMENT,
    UNKNOWN_ATTRIBUTE,
    UNKNOWN_MEMBER,
    UNKNOWN_TIMEZONE,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.cron import WEEKDAYS, BadCron, Cron, parse
from mloc.elaborate.expect import Expectation
from mloc.elaborate.promises import asset_name
from mloc.elaborate.scope import Outputs, Scope
from mloc.elaborate.timezones import exists, known_zones, missing_hour
from mloc.elaborate.unlaunched import unlaunched
from mloc.frozen import dataclass
from mloc.ir.constant import NoValue, canonical, is_constant, outside, value_of
from mloc.ir.model import RUN, Const, Expr, Launch, Overlap, Ref
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import BOOL, DATE, DATETIME, STR, Type, Unknown, holds_artifact
from mloc.types.show import show
from mloc.types.signature import Input, Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

ATTRIBUTES = {
    "schedule": ("cron", "catchup", "overlap", "start", "end", "args"),
    "trigger": ("on_asset", "overlap", "args"),
}
_EXAMPLES = {
    "cron": 'cron "30 3 * * *", timezone="Europe/Paris"',
    "catchup": "catchup false",
    "overlap": "overlap skip",
    "start": 'start date("2026-01-31")',
    "end": 'end date("2026-12-31")',
    "on_asset": 'on_asset "raw/sensors"',
    "args": "args day=run.scheduled_date",
}
_FAMILIAR = {
    **dict.fromkeys(("schedule_interval", "schedule", "every", "interval", "timezone", "tz", "time_zone"), "cron"),
    **dict.fromkeys(("start_date", "starts", "begin"), "start"),
    **dict.fromkeys(("end_date", "ends"), "end"),
    **dict.fromkeys(("parameters", "params", "conf", "inputs", "arguments"), "args"),
    **dict.fromkeys(("max_active_runs", "concurrency", "concurrency_policy"), "overlap"),
    **dict.fromkeys(("asset", "dataset", "on", "assets"), "on_asset"),
    **dict.fromkeys(("backfill", "no_catchup"), "catchup"),
}
"""What the engines call an attribute."""
_OVERLAP = ("skip", "queue", "allow")


@dataclass(frozen=True, slots=True)
class Launched:
    """A launch with the places of its attributes, by name."""

    launch: Launch
    places: Mapping[str, Span]
    cron: Cron | None = None


def launches(file: FileScope, pipeline: t.PipelineDef, signature: Signature) -> tuple[Launched, ...]:
    """The schedules and triggers that a file declares for one of its pipelines."""
    found = [d for d in file.module.declarations if isinstance(d, t.LaunchDef) and d.pipeline.text == pipeline.name.text]
    return tuple(_Reader(file, declaration, signature).launch() for declaration in found)


def declared(file: FileScope, launch: t.LaunchDef) -> None:
    """Report a launch whose pipeline the file does not declare."""
    name = launch.pipeline
    pipelines = [d.name.text for d in file.module.declarations if isinstance(d, t.PipelineDef)]
    if name.text in pipelines or name.text in file.poisoned:
        return
    if name.text in file.names:
        help_ = f"a {launch.kind} stands in the file of its pipeline"
        file.bag.report(UNDEFINED_NAME, name.span, f"this file declares no pipeline `{name.text}`", help=help_)
        return
    near = suggest(name.text, pipelines)
    help_ = f"did you mean `{near}`?" if near else "name a pipeline of this file"
    fix = correction(name.span, name.text, pipelines)
    file.bag.report(UNDEFINED_NAME, name.span, f"there is no pipeline `{name.text}`", help=help_, fix=fix)


class _Reader:
    """Reads one launch; what is wrong is reported and left out."""

    def __init__(self, file: FileScope, declaration: t.LaunchDef, signature: Signature) -> None:
        self.file, self.declaration, self.signature = file, declaration, signature
        self.what = f"{declaration.kind} `{declaration.name.text}`"
        self.given: dict[str, t.Attribute] = {}
        self.cron: Cron | None = None
        self.timezone = "UTC"

    def launch(self) -> Launched:
        kind = self.declaration.kind
        self._collect(ATTRIBUTES[kind])
        if kind == "schedule":
            self._cron()
        elif "on_asset" not in self.given:
            self._missing("on_asset", "what starts a run")
        start, end = self._time("start"), self._time("end")
        if start is not None and end is not None and start >= end:
            message = f"{self.what} ends before it starts, and never runs"
            self.file.bag.report(
                TIMES_BACKWARDS, self.given["end"].span, message, secondary=(Label(self.given["start"].span, "it starts here"),)
            )
        args, assets = self._args()
        found = Launch(
            kind,
            self.declaration.name.text,
            args,
            None if self.cron is None else self.cron.text,
            self.timezone,
            self._flag("catchup"),
            self._overlap(),
            start,
            end,
            self._assets(),
            assets,
            self.declaration.doc,
            self.declaration.name.span,
        )
        return Launched(found, {name: attribute.span for name, attribute in self.given.items()}, self.cron)

    # ---- the block ----

    def _collect(self, allowed: tuple[str, ...]) -> None:
        bag = self.file.bag
        for attribute in self.declaration.attributes:
            name = attribute.name.text
            if name not in allowed:
                familiar = _FAMILIAR.get(name)
                near = familiar if familiar in allowed else suggest(name, allowed)
                help_ = (
                    f"did you mean `{_EXAMPLES[near]}`?"
                    if near
                    else f"a {self.declaration.kind} may have {', '.join(f'`{a}`' for a in allowed)}"
                )
                fix = None if familiar in allowed else correction(attribute.name.span, name, allowed)
                bag.report(UNKNOWN_ATTRIBUTE, attribute.name.span, f"{self.what} has no attribute `{name}`", help=help_, fix=fix)
                if near and near not in self.given and near != familiar:
                    self.given[near] = attribute
            elif name in self.given:
                there = Label(self.given[name].name.span, "first here")
                bag.report(ATTRIBUTE_TWICE, attribute.name.span, f"`{name}` is given twice in {self.what}", secondary=(there,))
            elif attribute.block is not None:
                self._bad(attribute.name.span, f"`{name}` takes its values on the same line", name)
            else:
                self.given[name] = attribute

    def _bad(self, span: Span, message: str, example: str) -> None:
        self.file.bag.report(BAD_ATTRIBUTE, span, message, help=f"as in `{_EXAMPLES[example]}`")

    def _missing(self, name: str, what: str) -> None:
        message = f"{self.what} does not say {what}"
        self.file.bag.report(BAD_ATTRIBUTE, self.declaration.name.span, message, help=f"add `{_EXAMPLES[name]}`")

    def _one(self, name: str) -> t.Expr | None:
        """The one value of an attribute; None when it is not given, or has more."""
        attribute = self.given.get(name)
        if attribute is None:
            return None
        if len(attribute.arguments) != 1 or attribute.arguments[0].name is not None:
            self._bad(attribute.span, f"`{name}` takes one value", name)
            return None
        return attribute.arguments[0].value

    def _constant(self, expr: t.Expr, type_: Type | None, what: str) -> Const | None:
        """A constant; what is known at launch only would move with every launch, and is refused by name."""
        scope = self._scope()
        value = self.file.exprs.typed(expr, scope) if type_ is None else self.file.exprs.value(expr, scope, Expectation(type_, what))
        if isinstance(value.type, Unknown):
            return None
        if not is_constant(value):
            text = self.file.source.text[expr.span.start : expr.span.end]
            message = f"{what} must be known when the program is compiled, and `{text}` is known when a run is launched"
            self.file.bag.report(MOVING_LAUNCH, expr.span, message, label="moves with every launch", help="write the date or text itself")
            return None
        constant = self.file.compile_time(value, expr.span)
        return None if isinstance(constant.type, Unknown) else constant

    def _text(self, expr: t.Expr, what: str) -> str | None:
        constant = self._constant(expr, STR, what)
        if constant is None:
            return None
        import json

        return str(json.loads(constant.text))

    # ---- when ----

    def _cron(self) -> None:
        attribute = self.given.get("cron")
        if attribute is None:
            self._missing("cron", "when it runs")
            return
        named = {a.name.text: a for a in attribute.arguments if a.name is not None}
        plain = [a for a in attribute.arguments if a.name is None]
        stranger = next((a for name, a in named.items() if name != "timezone"), None)
        if len(plain) != 1 or stranger is not None:
            self._bad((stranger or attribute).span, "`cron` takes one expression and a `timezone`", "cron")
            return
        text = self._text(plain[0].value, "`cron`")
        if "timezone" in named:
            self._zone(named["timezone"].value)
        if text is None:
            return
        span = plain[0].value.span
        try:
            self.cron = parse(text)
        except BadCron as bad:
            literal = isinstance(plain[0].value, t.Text) and self.file.source.text[span.start + 1 : span.end - 1] == text
            place = Span(span.file, span.start + 1 + bad.start, span.start + 1 + max(bad.end, bad.start + 1)) if literal else span
            fix = None if bad.mended is None or not literal else Fix("machine-applicable", (Edit(span, f'"{bad.mended}"'),))
            self.file.bag.report(BAD_CRON, place, f"the cron expression `{text}` cannot be read: {bad.message}", help=bad.help, fix=fix)
            return
        self._warn(self.cron, text, span)

    def _warn(self, cron: Cron, text: str, span: Span) -> None:
        if cron.either:
            days = _listed([WEEKDAYS[number] for number in cron.weekdays])
            dates = "any day of the month" if len(cron.days) == 31 else f"day {_listed([str(day) for day in cron.days])} of the month"
            message = f"`{text}` runs on {dates} or on {days}: cron takes either of its two day fields, not both"
            help_ = "leave one of them as `*`; to have both, test the date in a step"
            self.file.bag.report(EITHER_DAY, span, message, label="two day fields", help=help_)
        gap = missing_hour(cron, self.timezone)
        if gap is not None:
            when = f"{gap:%H:%M} on {gap:%Y-%m-%d}, when daylight saving time begins"
            message = f"in {self.timezone} there is no {when}: this run is lost or shifted"
            self.file.bag.report(MISSING_HOUR, span, message, help="run at an hour that exists on every day, or in UTC")

    def _zone(self, expr: t.Expr) -> None:
        name = self._text(expr, "`timezone`")
        if name is None:
            return
        if not exists(name):
            zones = known_zones()
            # Abbreviations are no zones: they do not say when the clocks change.
            city = name.rpartition("/")[2].replace(" ", "_").lower()
            near = suggest(name, zones) or next((zone for zone in sorted(zones) if zone.rpartition("/")[2].lower() == city), None)
            help_ = f"did you mean `{near}`?" if near else 'name a zone of the IANA database, as in `timezone="Europe/Paris"`'
            fix = None if near is None else Fix("machine-applicable", (Edit(expr.span, f'"{near}"'),))
            self.file.bag.report(UNKNOWN_TIMEZONE, expr.span, f"there is no time zone `{name}`", help=help_, fix=fix)
            return
        self.timezone = name

    def _time(self, name: str) -> str | None:
        """The canonical text of a date or an instant, without its quotes."""
        expr = self._one(name)
        constant = None if expr is None else self._constant(expr, None, f"`{name}` of {self.what}")
        if constant is None or expr is None:
            return None
        if constant.type == STR:
            constant = _instant(constant) or constant
        if constant.type not in (DATE, DATETIME):
            self._bad(expr.span, f"`{name}` is a date or a datetime, not a `{show(constant.type)}`", name)
            return None
        return constant.text.strip('"')

    def _flag(self, name: str) -> bool:
        expr = self._one(name)
        constant = None if expr is None else self._constant(expr, BOOL, f"`{name}`")
        return constant is not None and constant.text == "true"

    def _overlap(self) -> Overlap:
        expr = self._one("overlap")
        if expr is None:
            return "skip"
        name = expr.text if isinstance(expr, t.Name) else ""
        if name not in _OVERLAP:
            near = suggest(name, _OVERLAP)
            help_ = f"did you mean `{near}`?" if near else f"it is one of {', '.join(_OVERLAP)}"
            fix = correction(expr.span, name, _OVERLAP)
            self.file.bag.report(
                BAD_ATTRIBUTE, expr.span, "`overlap` says what happens when the last run has not ended", help=help_, fix=fix
            )
            return "skip"
        return cast(Overlap, name)

    def _assets(self) -> tuple[str, ...]:
        attribute = self.given.get("on_asset")
        if attribute is None:
            return ()
        names = [self._text(a.value, "an asset's name") for a in attribute.arguments if a.name is None]
        if len(names) != len(attribute.arguments) or not names:
            self._bad(attribute.span, "`on_asset` takes the names of assets", "on_asset")
        return tuple(name for name in names if name is not None)

    # ---- with what ----

    def _scope(self) -> Scope:
        span = self.declaration.name.span
        run = Outputs({name: Ref(type_, "run", name) for name, type_ in RUN.items()}, Signature("run", (), (), True, span), span, "run")
        return Scope(names={"run": run})

    def _args(self) -> tuple[tuple[tuple[str, Expr], ...], tuple[tuple[str, str], ...]]:
        """The parameters with their values, and those that are given an asset."""
        inputs = {i.name: i for i in self.signature.inputs}
        values: dict[str, Expr] = {}
        assets: dict[str, str] = {}
        seen: dict[str, Span] = {}
        attribute = self.given.get("args")
        for argument in () if attribute is None else attribute.arguments:
            input_ = self._parameter(argument, inputs, seen)
            if input_ is None:
                continue
            asset = asset_name(argument.value) if holds_artifact(input_.type) else None
            if asset is not None:
                assets[input_.name] = asset
            else:
                values[input_.name] = self._value(argument.value, input_)
        missing = [i for i in self.signature.inputs if i.default is None and i.name not in seen]
        strangers = () if attribute is None else [a for a in attribute.arguments if a.name is None or a.name.text not in inputs]
        if len(missing) > len(strangers):
            # with as many arguments that the pipeline does not know, those are the mistake, and reported
            names = ", ".join(f"`{i.name}`" for i in missing)
            help_ = f"add `args {missing[0].name}=…`, or give it a default"
            message = f"{self.what} does not bind {names}, which pipeline `{self.signature.name}` requires"
            secondary = tuple(Label(i.span, "required here") for i in missing[:3])
            self.file.bag.report(UNBOUND_PARAMETER, self.declaration.name.span, message, secondary=secondary, help=help_)
        return tuple((name, value) for name, value in values.items() if not isinstance(value.type, Unknown)), tuple(assets.items())

    def _parameter(self, argument: t.Argument, inputs: Mapping[str, Input], seen: dict[str, Span]) -> Input | None:
        bag = self.file.bag
        if argument.name is None:
            bag.report(POSITIONAL_ARGUMENT, argument.span, "parameters are given by name", help=f"as in `{_EXAMPLES['args']}`")
            return None
        name = argument.name.text
        if name in seen:
            bag.report(ARGUMENT_TWICE, argument.name.span, f"`{name}` is given twice", secondary=(Label(seen[name], "first here"),))
            return None
        if name not in inputs:
            free = [i for i in inputs if i not in seen]
            near = suggest(name, free)
            help_ = f"did you mean `{near}`?" if near else f"its parameters are {', '.join(f'`{i}`' for i in inputs) or 'none'}"
            fix = correction(argument.name.span, name, free)
            message = f"pipeline `{self.signature.name}` has no parameter `{name}`"
            bag.report(
                UNKNOWN_ARGUMENT, argument.name.span, message, secondary=(Label(self.signature.span, "declared here"),), help=help_, fix=fix
            )
            if near:
                seen[near] = argument.name.span
            return None
        seen[name] = argument.name.span
        return inputs[name]

    def _value(self, expr: t.Expr, input_: Input) -> Expr:
        if self._misspelt_run(expr) or unlaunched(self.file, self.declaration, self.signature, expr, input_):
            return Const(Unknown(), "null")
        expectation = Expectation(input_.type, f"parameter `{input_.name}` of pipeline `{self.signature.name}`", input_.span)
        value = self.file.exprs.value(expr, self._scope(), expectation)
        if input_.domain is None or isinstance(value.type, Unknown) or not is_constant(value):
            return value
        try:
            problem = outside(input_.domain, input_.type, value_of(value).text, input_.name)
        except NoValue as error:
            problem = str(error)
        if problem is not None:
            there = Label(input_.span, "its domain is declared here")
            self.file.bag.report(ARGUMENT_DOMAIN, expr.span, f"parameter `{input_.name}`: {problem}", secondary=(there,))
        return value

    def _misspelt_run(self, expr: t.Expr) -> bool:
        """Report `run.x` where a run has no such name: said here with all that it has, of this phase."""
        if not (isinstance(expr, t.Member) and isinstance(expr.value, t.Name) and expr.value.text == "run") or expr.name.text in RUN:
            return False
        name = expr.name.text
        near = suggest(name, RUN) or _swapped(name)
        help_ = f"did you mean `run.{near}`?" if near else f"there are {', '.join(f'`run.{n}`' for n in RUN)}"
        fix = None if near is None else Fix("machine-applicable", (Edit(expr.name.span, near),))
        self.file.bag.report(UNKNOWN_MEMBER, expr.name.span, f"when a run is launched there is no `run.{name}`", help=help_, fix=fix)
        return True


def _instant(text: Const) -> Const | None:
    """The date or instant that a string holds."""
    for type_ in (DATE, DATETIME):
        with suppress(NoValue):
            return canonical(type_, text.text)
    return None


def _swapped(name: str) -> str | None:
    """The name with the same words in another order: `dat_scheduled`, `date_scheduled`."""
    words = name.split("_")
    for known in RUN:
        parts = known.split("_")
        if len(parts) == len(words) and len(words) > 1 and all(any(w == p or suggest(w, (p,)) for p in parts) for w in words):
            return known
    return None


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
