"""Parameters whose default, or whose range, the step that they are given to does not take."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import DEFAULT_NOT_TAKEN, WIDER_DOMAIN
from mloc.ir.constant import outside, whole
from mloc.ir.model import Parameter
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee
from mloc.types.model import FLOAT, INT, Bounds, Type
from mloc.types.signature import Input


def defaults(program: Program, bag: Bag) -> None:
    """E0224 and W0223, of the calls that every run makes: those in no branch, fan-out or loop."""
    for pipeline in program.pipelines:
        declaration = next(b.pipeline for b in program.bodies if b.pipeline.name.text == pipeline.name)
        parameters = {p.name: p for p in pipeline.parameters}
        written = {p.name.text: p for p in declaration.signature.params}
        for statement in declaration.body:
            signature = program.step_of(statement.value, callee(statement.value)) if isinstance(statement, t.Bind) else None
            if signature is None or not isinstance(statement, t.Bind) or not isinstance(statement.value, t.CallExpr):
                continue
            inputs = {i.name: i for i in signature.inputs}
            for argument in statement.value.arguments:
                if argument.name is None or not isinstance(argument.value, t.Name) or argument.name.text not in inputs:
                    continue
                parameter = parameters.get(argument.value.text)
                if parameter is not None:
                    what = f"input `{argument.name.text}` of `{signature.name}`"
                    _given(parameter, written[parameter.name], inputs[argument.name.text], argument.span, what, bag)


def _given(parameter: Parameter, written: t.Param, input_: Input, span: Span, what: str, bag: Bag) -> None:
    if input_.domain is None:
        return
    there = (Label(span, "given here"), Label(input_.span, "its domain is declared here"))
    default = _as(parameter.default, parameter.type, input_.type)
    problem = None if default is None else outside(input_.domain, input_.type, default, parameter.name)
    if problem is not None and written.default is not None:
        message = f"the default of `{parameter.name}` is not taken by {what}: {problem}"
        bag.report(DEFAULT_NOT_TAKEN, written.default.span, message, secondary=there, help="every run without another value fails there")
    elif isinstance(input_.domain, Bounds) and isinstance(parameter.domain, Bounds) and written.domain is not None:
        ends = [_as(end, parameter.type, input_.type) for end in (parameter.domain.low, parameter.domain.high)]
        beyond = next((end for end in ends if end is not None and outside(input_.domain, input_.type, end, parameter.name)), None)
        if beyond is not None:
            shown = f"{_shown(input_.domain.low)}..{_shown(input_.domain.high)}"
            message = f"`{parameter.name}` may be {_shown(beyond)}, which {what} does not take: its domain is {shown}"
            bag.report(
                WIDER_DOMAIN, written.name.span, message, secondary=there, help=f"declare it `in {shown}`, so that a launch refuses it"
            )


def _shown(text: str) -> str:
    """A constant as people read it: a large integer without the tag that it travels with."""
    return str(whole(text)) if text.startswith('"i:') else text


def _as(text: str | None, given: Type, wanted: Type) -> str | None:
    """A constant's text as of the wanted type; None when it is of another one."""
    if text is None or text == "null":
        return None
    if given == wanted:
        return text
    return f"{text}.0" if given == INT and wanted == FLOAT and text.lstrip("-").isdigit() else None
