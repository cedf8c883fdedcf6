"""Parameters of pipelines and inputs of steps that nothing reads."""

from __future__ import annotations

import re

from mloc import patterns
from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import UNUSED_PARAMETER
from mloc.lint.placeholders import unfilled
from mloc.lint.program import Program
from mloc.syntax import tree as t

_STUB = patterns.of(
    r"""\s*(?:(?:\#[^\n]*|pass|\.\.\.|true|false|:|exit\s+\d+|raise\b[^\n]*|
        return(?:\s+(?:None|True|False|-?\d[\d._]*|"[^"\n]*"|'[^'\n]*'))?)\s*(?:\n\s*|\Z))+\Z""",
    re.VERBOSE,
)
_SEES_ALL = {"inline": patterns.of(r"\b(?:locals|vars|globals|eval|exec)\b"), "shell": patterns.of(r"\b(?:eval|env|printenv)\b")}
"""What may read a name without mentioning it."""


def parameters(program: Program, bag: Bag) -> None:
    """W0110."""
    for body in program.bodies:
        meant = unfilled(body)
        for binding in body.of_kind("parameter"):
            if not binding.uses and not binding.spared and binding.name not in meant:
                name = body.pipeline.name.text
                message = f"parameter `{binding.name}` of pipeline `{name}` is unused"
                bag.report(UNUSED_PARAMETER, binding.span, message, help="use it, or remove it: whoever runs the pipeline is asked for it")
    for step in program.steps():
        _inputs(step, bag)


def _inputs(step: t.StepDef, bag: Bag) -> None:
    kind, code = _code(step)
    if code is None or _STUB.match(code) or _SEES_ALL[kind].search(code):
        return
    for param in step.signature.params:
        name = param.name.text
        if not name.startswith("_") and not re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", code):
            message = f"input `{name}` of step `{step.name.text}` is unused: its code never mentions it"
            bag.report(UNUSED_PARAMETER, param.name.span, message, help="use it, or remove it")


def _code(step: t.StepDef) -> tuple[str, str | None]:
    """The kind and the code of an inline or shell step."""
    for attribute in step.attributes:
        if attribute.kind is not None and attribute.kind.text in _SEES_ALL and len(attribute.arguments) == 1:
            value = attribute.arguments[0].value
            return attribute.kind.text, value.value if isinstance(value, t.Text) else None
    return "", None
