"""Images that may be another one tomorrow, and machines that nobody has."""

from __future__ import annotations

from collections.abc import Iterator

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import EXTREME_RATIO, LATEST_TAG, NO_DIGEST
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, statements

_MOST_PER_CORE, _LEAST_PER_CORE, _LEAST = 64 * 2**30, 128 * 2**20, 16 * 2**20


def images(program: Program, bag: Bag) -> None:
    """W0703 and W0704, once for every image."""
    seen: set[str] = set()
    for what, attribute in (*_declared(program), *_changed(program)):
        if attribute.name.text != "image" or len(attribute.arguments) != 1:
            continue
        value = attribute.arguments[0].value
        reference = program.text_of(value)
        if reference is None or reference in seen or "@" in reference:
            continue
        seen.add(reference)
        name, _, tag = reference.rpartition("/")[2].partition(":")
        span, there = _written(program, value)
        whose = f"the image `{reference}` of {what}"
        if tag in ("", "latest"):
            says = "has no tag, which means `latest`" if not tag else "has the tag `latest`"
            message = f"{whose} {says}: it may be another one tomorrow"
            help_ = f"name a version and its digest: `{name}:1.2.3@sha256:…`"
            bag.report(LATEST_TAG, span, message, secondary=there, help=help_)
        else:
            message = f"{whose} has no digest: its tag may be moved to another one"
            help_ = f"add the digest that you have tried: `{reference}@sha256:…`"
            bag.report(NO_DIGEST, span, message, secondary=there, help=help_)


def _written(program: Program, value: t.Expr) -> tuple[Span, tuple[Label, ...]]:
    """Where the text of an image stands, with the place that uses it when that is another."""
    found = program.file.names.get(value.text) if isinstance(value, t.Name) else None
    if found is None or found.file is not program.file or not isinstance(found.declaration, t.ConstDef):
        return value.span, ()
    return found.declaration.value.span, (Label(value.span, "used here"),)


def ratios(program: Program, bag: Bag) -> None:
    """W0709: memory for one core that no machine has, or hardly any."""
    shared = program.file.defaults()
    for what, attribute in _declared(program):
        if attribute.name.text != "resources":
            continue
        given = dict(shared)
        given.update(program.file.steps.attributes.one("resources", attribute.arguments, attribute.span))
        cpu, memory = given.get("resources.cpu"), given.get("resources.memory")
        if isinstance(memory, (int, float)) and memory < _LEAST:
            message = f"{what} asks for {_size(memory)} of memory: no program of a step runs in so little"
            bag.report(EXTREME_RATIO, attribute.span, message, help="check the unit: `MiB` and `GiB` are 1024 times each other")
            continue
        if not isinstance(cpu, (int, float)) or not isinstance(memory, (int, float)):
            continue
        each = memory / cpu
        if each > _MOST_PER_CORE or (each < _LEAST_PER_CORE and cpu >= 2):
            size = f"{each / 2**30:.3g}GiB" if each >= 2**30 else f"{each / 2**20:.3g}MiB"
            few = "more memory for each core than machines have" if each > _MOST_PER_CORE else "hardly any memory for each core"
            message = f"{what} asks for cpu={cpu:g} and {_size(memory)} of memory: {few} ({size})"
            bag.report(EXTREME_RATIO, attribute.span, message, help="check the units, and which of the two is meant")


def _size(memory: float) -> str:
    return f"{memory / 2**30:.4g}GiB" if memory >= 2**30 else f"{memory / 2**20:.4g}MiB"


def _declared(program: Program) -> Iterator[tuple[str, t.Attribute]]:
    """The attributes of steps and of defaults, with whose they are."""
    for declaration in program.file.module.declarations:
        match declaration:
            case t.DefaultsDef(attributes=attributes):
                yield from (("`defaults`", attribute) for attribute in attributes)
            case t.StepDef(name=name, attributes=attributes):
                yield from ((f"step `{name.text}`", attribute) for attribute in attributes)
            case _:
                pass


def _changed(program: Program) -> Iterator[tuple[str, t.Attribute]]:
    """What calls change of the attributes of their steps."""
    for body in program.bodies:
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.Bind):
                yield from _overrides(statement)


def _overrides(statement: t.Bind) -> Iterator[tuple[str, t.Attribute]]:
    for expr in statement.overrides:
        if isinstance(expr, t.CallExpr) and isinstance(expr.callee, t.Name):
            name = t.Identifier(expr.callee.text, expr.callee.span)
            yield f"this call of `{callee(statement.value)}`", t.Attribute(name, expr.arguments, None, None, expr.span)
