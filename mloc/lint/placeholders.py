"""Texts with a placeholder that nothing fills in: an f-string without its `f`, or the template of another tool."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc import patterns
from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import UNFILLED_PLACEHOLDER
from mloc.ir.model import RUN
from mloc.lint.program import Program
from mloc.lint.scopes import Binding, Body
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import attribute_exprs, callee, own, parts, statements

_JINJA = patterns.of(r"\{\{-?\s*([A-Za-z_$][\w.$]*)[^{}]*\}\}")
_BRACES = patterns.of(r"(?<![{\w$])\{([A-Za-z_]\w*)((?:\.[A-Za-z_]\w*)*)\}(?!\})")
_DOLLAR = patterns.of(r"\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)")
_MEANS = {
    **dict.fromkeys(("ds", "ds_nodash", "execution_date", "logical_date", "data_interval_start"), "run.scheduled_date"),
    **dict.fromkeys(("ts", "ts_nodash"), "run.scheduled_time"),
    **dict.fromkeys(("run_id", "workflow.name", "workflow.uid", "dag_run.run_id"), "run.id"),
}
"""What of a run a placeholder of Airflow or Argo stands for."""
_FOREIGN = frozenset(
    "yesterday_ds tomorrow_ds next_ds prev_ds data_interval_end next_execution_date prev_execution_date macros params var conn dag dag_run "
    "task task_instance task_instance_key_str ti workflow pod inputs outputs steps tasks".split()
)


def placeholders(program: Program, bag: Bag) -> None:
    """W0226 of every text of a pipeline, of its launches, and of the variables of a step."""
    for declaration in program.file.module.declarations:
        for param in declaration.signature.params if isinstance(declaration, (t.StepDef, t.PipelineDef)) else ():
            for expr in () if param.default is None else parts(param.default):
                _text(program, expr, {}, bag, in_default=True)
    for body in program.bodies:
        for statement in statements(body.pipeline.body):
            for expr, names in _seen(body, statement):
                _text(program, expr, names, bag)
    for declaration in program.file.module.declarations:
        if isinstance(declaration, t.LaunchDef):
            for expr in (part for value in attribute_exprs(declaration.attributes) for part in parts(value)):
                _text(program, expr, {}, bag)
        elif isinstance(declaration, (t.StepDef, t.DefaultsDef)):
            variables = [a for a in declaration.attributes if a.name.text == "env"]
            for argument in (argument for attribute in variables for argument in attribute.arguments):
                _variable(argument, bag)


def unfilled(body: Body) -> frozenset[str]:
    """The names that a text of a pipeline was to be filled with: they are meant to be used."""
    found: set[str] = set()
    for statement in statements(body.pipeline.body):
        for expr, names in _seen(body, statement):
            for text in _literals(expr):
                found.update(name for name, *_ in _named(text, names))
    return frozenset(found)


def foreign_placeholder(text: str) -> tuple[str, str] | None:
    """The first template of another tool in a text, and what it stands for here."""
    for found in _JINJA.finditer(text):
        means = _foreign(found.group(1), {})
        if means is not None:
            return found.group(), means
    return None


def _seen(body: Body, statement: t.Statement) -> Iterator[tuple[t.Expr, Mapping[str, Binding]]]:
    """The expressions of a statement, with the names bound before it that its texts may mean.

    A step that is given the value beside the text may fill it in itself.
    """
    # Most statements have no text, and need not know of all the names before them.
    values = [value for value in own(statement) if any(isinstance(part, (t.Text, t.FString)) for part in parts(value))]
    before = {b.name: b for b in body.bindings if b.span.start < statement.span.start} if values else {}
    for value in values:
        given: set[str] = set()
        if callee(value) is not None and isinstance(value, t.CallExpr):
            given = {a.name.text for a in value.arguments if a.name is not None}
            given |= {part.text for a in value.arguments for part in parts(a.value) if isinstance(part, t.Name)}
        names = {name: binding for name, binding in before.items() if name not in given}
        for expr in parts(value):
            yield expr, names


def _literals(expr: t.Expr) -> Iterator[str]:
    if isinstance(expr, t.Text):
        yield expr.value
    elif isinstance(expr, t.FString):
        yield from (part for part in expr.parts if isinstance(part, str))


def _text(program: Program, expr: t.Expr, names: Mapping[str, Binding], bag: Bag, *, in_default: bool = False) -> None:
    for text in _literals(expr):
        for found in _JINJA.finditer(text):
            means = _foreign(found.group(1), names)
            if means is not None:
                _tell_foreign(found.group(), means, expr.span, bag, in_default=in_default)
                return
        for name, shown, way in _named(text, names):
            _tell_named(program, expr, name, shown, way, names, bag)
            return


def _foreign(name: str, names: Mapping[str, Binding]) -> str | None:
    """What the template of another tool stands for, empty when there is no such thing here; None when it is none."""
    head = name.partition(".")[0]
    means = _MEANS.get(name, _MEANS.get(head))
    if means is not None:
        return means
    if name in names:
        return name
    return "" if head in _FOREIGN or name.startswith("$") else None


def _named(text: str, names: Mapping[str, Binding]) -> Iterator[tuple[str, str, str]]:
    """The names of the place that stand in a text as placeholders, how they are written, and the expression that is meant."""
    for found in _BRACES.finditer(text):
        name, rest = found.groups()
        if name in names or (name == "run" and rest[1:] in RUN):
            yield name, found.group(), f"{name}{rest}"
    for found in _DOLLAR.finditer(text):
        name = found.group(1) or found.group(2)
        if name in names:
            yield name, found.group(), name


def _tell_foreign(shown: str, means: str, span: Span, bag: Bag, *, in_default: bool) -> None:
    message = f"`{shown}` is a placeholder of another tool, and reaches the step as it is"
    where = "where the parameter is used, or in the `args` of a schedule, " if in_default else ""
    help_ = f'{where}write `f"…{{{means}}}…"`' if means else "take the value as a parameter of the pipeline, and put it in with an f-string"
    bag.report(UNFILLED_PLACEHOLDER, span, message, help=help_)


def _tell_named(program: Program, expr: t.Expr, name: str, shown: str, means: str, names: Mapping[str, Binding], bag: Bag) -> None:
    what = f"the {'parameter' if name in names and names[name].kind == 'parameter' else 'value'} `{name}`"
    if isinstance(expr, t.FString):
        message = f"`{shown}` in this f-string is text, and not {what}: doubled braces stand for braces"
        bag.report(UNFILLED_PLACEHOLDER, expr.span, message, help=f"write `{{{means}}}`")
        return
    start = expr.span.start
    plain = shown.startswith("{") and isinstance(expr, t.Text) and expr.value.count("{") == expr.value.count("}") == 1
    fix = Fix("machine-applicable", (Edit(Span(expr.span.file, start, start), "f"),)) if plain else None
    message = f"`{shown}` in this text is not replaced by {what}: only an f-string is filled in"
    written = program.file.source.text[start : expr.span.end] if plain else ""
    help_ = f"write `f{written}`" if plain and len(written) <= 60 and "\n" not in written else f'write `f"…{{{means}}}…"`'
    bag.report(UNFILLED_PLACEHOLDER, expr.span, message, help=help_, fix=fix)


def _variable(argument: t.Argument, bag: Bag) -> None:
    """A variable of a step that is to be made of another one, as a shell would."""
    value = argument.value
    found = _DOLLAR.search(value.value) if isinstance(value, t.Text) else None
    if found is None or argument.name is None:
        return
    name = found.group(1) or found.group(2)
    message = f"`{found.group()}` in the variable {argument.name.text} is not replaced by the value of {name}: no shell reads it"
    help_ = "write what it stands for, or put the two together in the step's own code"
    bag.report(UNFILLED_PLACEHOLDER, value.span, message, help=help_)
