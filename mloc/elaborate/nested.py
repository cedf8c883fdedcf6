"""The correction of a step call inside another expression: bound to a name on a line of its own before the statement."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix
from mloc.elaborate.scope import Scope
from mloc.source import Span
from mloc.syntax import tree as t

if TYPE_CHECKING:
    from mloc.elaborate.expressions import Expressions


def bound_before(exprs: Expressions, call: t.CallExpr, name: str, scope: Scope) -> Fix | None:
    """Bind the call on a line before its statement and use what it gives; None where that would not mean the same.

    So it is inside a projection or a branch of an expression (whose names, or nulls ruled out, a line before does not have),
    and when the step has no output, or several of which one would have to be chosen.
    """
    found = exprs.declared.find(name)
    if exprs.around is None or exprs.around[1] is not scope or found is None:
        return None
    if not isinstance(found.declaration, (t.StepDef, t.PipelineDef)) or len(found.declaration.signature.outputs) != 1:
        return None
    source, start = exprs.declared.source, exprs.around[0].start
    line = source.line_start(source.position(start).line)
    indent = source.text[line:start]
    if indent.strip() or not start <= call.span.start:
        return None
    output = found.declaration.signature.outputs[0].name
    bound = _free(name.rpartition(".")[2], source.text, scope.visible())
    written = source.text[call.span.start : call.span.end]
    before = Edit(Span(source.path, start, start), f"{bound} = {written}\n{indent}")
    return Fix("machine-applicable", (before, Edit(call.span, bound if output is None else f"{bound}.{output.text}")))


def _free(name: str, text: str, visible: Collection[str]) -> str:
    """The name, numbered when something of the file is bound to it already."""
    number, free = 1, name
    while free in visible or re.search(rf"\b{free}\s*=", text):
        number += 1
        free = f"{name}_{number}"
    return free
