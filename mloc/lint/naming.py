"""How names are written, and names that hide others."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import NAMING, SHADOWED_NAME
from mloc.lint.program import Program
from mloc.syntax import tree as t

_SNAKE = patterns.of(r"_*[a-z0-9]+(_[a-z0-9]+)*_*\Z")
_CAMEL = patterns.of(r"_*[A-Z][A-Za-z0-9]*\Z")
_UPPER = patterns.of(r"_*[A-Z0-9]+(_[A-Z0-9]+)*_*\Z")


def convention(program: Program, bag: Bag) -> None:
    """W0111: snake_case for steps, pipelines, their inputs and outputs; CamelCase for types; UPPER_CASE for constants."""
    for word, name in _named(program):
        style, right = (
            ("UPPER_CASE", _UPPER)
            if word == "constant"
            else ("CamelCase", _CAMEL)
            if word in ("type", "record", "enum")
            else ("snake_case", _SNAKE)
        )
        if not right.match(name.text):
            wanted = _rewritten(name.text, style)
            bag.report(NAMING, name.span, f"{word} `{name.text}` is not written in {style}", help=f"call it `{wanted}`")


def shadows(program: Program, bag: Bag) -> None:
    """W0112."""
    file = program.file
    for body in program.bodies:
        for binding in body.of_kind("parameter", "item", "state", "element"):
            declared = file.names.get(binding.name)
            if declared is None or isinstance(declared.declaration, (t.StepDef, t.PipelineDef)):
                continue  # a call names its step whatever is bound, so those hide nothing
            word = file.constant_or_kind(binding.name)
            what = word if isinstance(word, str) else "constant"
            there = Label(file.spans.get(binding.name, declared.declaration.name.span), "declared here")
            message = f"`{binding.name}` hides the {what} of the same name"
            bag.report(SHADOWED_NAME, binding.span, message, secondary=(there,), help="choose another name")
        for binding, other in body.hidden:
            there = Label(other.span, "bound here")
            message = f"`{binding.name}` hides the name bound outside"
            bag.report(SHADOWED_NAME, binding.span, message, secondary=(there,), help="choose another name")


def _named(program: Program) -> Iterator[tuple[str, t.Identifier]]:
    for declaration in program.file.module.declarations:
        match declaration:
            case t.TypeAliasDef(name=name):
                yield "type", name
            case t.RecordDef(name=name):
                yield "record", name
            case t.EnumDef(name=name):
                yield "enum", name
            case t.ConstDef(name=name):
                yield "constant", name
            case t.StepDef(name=name, signature=signature) | t.PipelineDef(name=name, signature=signature):
                yield "step" if isinstance(declaration, t.StepDef) else "pipeline", name
                for param in signature.params:
                    yield "input" if isinstance(declaration, t.StepDef) else "parameter", param.name
                for out in signature.outputs:
                    if out.name is not None:
                        yield "output", out.name
            case _:
                pass


def _rewritten(name: str, style: str) -> str:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[0-9]+", name) or [name]
    if style == "CamelCase":
        return "".join(word[0].upper() + word[1:].lower() for word in words)
    joined = "_".join(words)
    return joined.upper() if style == "UPPER_CASE" else joined.lower()
