"""Paths of one machine: given to steps as texts, or meant to carry something from one step's code to another's."""

from __future__ import annotations

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import MACHINE_PATH, SHARED_PATH
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, everything, parts, statements
from mloc.types.model import STR, ListOf

_OWN = r"/tmp|/var/tmp|/home/[\w.-]+|/Users/[\w.-]+|/root"
_MACHINE = patterns.of(rf"(?:(?:{_OWN})/|~/|\.\.?/|file://|[A-Za-z]:\\)\S*\Z")
OF_ONE_MACHINE = patterns.of(rf"(?<![\w$}}/:.])(?:{_OWN})/[\w.-]*[\w-](?:/[\w.-]*[\w-])*")


def paths(program: Program, bag: Bag) -> None:
    """W0640 of every call, W0641 of the steps of a file."""
    _arguments(program, bag)
    _shared(program, bag)


def _arguments(program: Program, bag: Bag) -> None:
    for body in program.bodies:
        for statement in statements(body.pipeline.body):
            signature = program.step_of(statement.value, callee(statement.value)) if isinstance(statement, t.Bind) else None
            if signature is None or not isinstance(statement, t.Bind) or not isinstance(statement.value, t.CallExpr):
                continue
            texts = {i.name for i in signature.inputs if i.type in (STR, ListOf(STR))}
            for argument in statement.value.arguments:
                if argument.name is not None and argument.name.text in texts:
                    for expr in parts(argument.value):
                        text = program.text_of(expr)
                        if text is not None and _MACHINE.match(text):
                            _tell(text, expr.span, f"input `{argument.name.text}` of `{signature.name}`", bag)


def _tell(text: str, span: Span, what: str, bag: Bag) -> None:
    message = f"`{text}`, given to {what}, is a path of one machine: a step runs in a folder, and on an engine in a pod, of its own"
    help_ = "take the file as a parameter of the pipeline, declared `File` or `Dir`, or let a step make it"
    bag.report(MACHINE_PATH, span, message, help=help_)


def _shared(program: Program, bag: Bag) -> None:
    """The same path in the code of two steps that are both called."""
    called = {name for body in program.bodies for expr in everything(body.pipeline.body) if (name := callee(expr)) is not None}
    first: dict[str, tuple[str, Span]] = {}
    for step in program.steps():
        if step.name.text not in called:
            continue
        for path, span in _in_code(step):
            name, there = first.setdefault(path, (step.name.text, span))
            if name != step.name.text:
                message = f"`{path}` is in the code of `{name}` and of `{step.name.text}`: steps do not see each other's files"
                help_ = "give the file from one step to the other: an output and an input of type `File` or `Dir`"
                bag.report(SHARED_PATH, span, message, secondary=(Label(there, f"`{name}` has it here"),), help=help_)


def _in_code(step: t.StepDef) -> list[tuple[str, Span]]:
    """The paths in a step's own code, each once."""
    found: dict[str, Span] = {}
    for attribute in step.attributes:
        if attribute.kind is None or attribute.kind.text not in ("inline", "shell") or len(attribute.arguments) != 1:
            continue
        value = attribute.arguments[0].value
        if isinstance(value, t.Text):
            lead = value.span.start + (3 if value.long else 1)
            for match in OF_ONE_MACHINE.finditer(value.value):
                exact = Span(value.span.file, lead + match.start(), lead + match.end())
                found.setdefault(match.group(), exact if value.long else value.span)
    return list(found.items())
