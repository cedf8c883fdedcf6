"""`run.…`: what is known of the run from its launch on, and what became of it, which handlers may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.rules import HANDLER_ONLY, UNKNOWN_MEMBER
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.scope import POISON, Outputs, Scope
from mloc.ir.handlers import RUN_NODE, Kind, run_outputs
from mloc.ir.model import RUN, Compare, Const, Expr, Ref
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.expressions import Expressions

STATUSES = ("succeeded", "failed", "cancelled")
_IN_HANDLERS = ("status", "error")
_ANYWHERE = {name: Ref(type_, RUN_NODE, name) for name, type_ in RUN.items()}


def run_local(kind: Kind, span: Span) -> Outputs:
    """What the name `run` stands for in a handler."""
    fields = {name: Ref(type_, RUN_NODE, name) for name, type_ in run_outputs(kind).items()}
    return Outputs(fields, Signature(RUN_NODE, (), (), True, span, ""), span, "")


def run_member(e: Expressions, expr: t.Member, scope: Scope) -> Expr:
    """`run.name`."""
    name = expr.name.text
    local = scope.lookup(RUN_NODE)
    fields = local.fields if isinstance(local, Outputs) else _ANYWHERE
    if name in fields:
        return fields[name]
    if name in _IN_HANDLERS:
        message, label, help_ = _why(name, isinstance(local, Outputs))
        e.bag.report(HANDLER_ONLY, expr.span, message, label=label, help=help_)
        return POISON
    known = list(fields)
    near = suggest(name, known)
    options = ", ".join(f"`run.{each}`" for each in known)
    help_ = f"did you mean `run.{near}`?" if near else f"there is {options}"
    e.bag.report(UNKNOWN_MEMBER, expr.name.span, f"there is no `run.{name}`", help=help_, fix=correction(expr.name.span, name, known))
    return POISON


def run_alone(e: Expressions, expr: t.Name, scope: Scope) -> Expr:
    """`run` without a name after it, which is no value."""
    local = scope.lookup(RUN_NODE)
    known = list(local.fields if isinstance(local, Outputs) else _ANYWHERE)
    options = ", ".join(f"`run.{each}`" for each in known)
    e.bag.report(HANDLER_ONLY, expr.span, "`run` is no value by itself", help=f"there is {options}")
    return POISON


def _why(name: str, in_handler: bool) -> tuple[str, str, str]:
    """Message, label and help for a name of `run` that is not known where it stands."""
    if in_handler:
        return "`run.error` exists in `on failure` only: when `finally` runs, the run may have succeeded", "", "ask `run.status` instead"
    where = "`on failure`" if name == "error" else "`on failure` and `finally`"
    return f"`run.{name}` is known in {where} only", "the run has not ended here", "move this into a handler at the end of the pipeline"


def wrong_status(comparison: Expr) -> str | None:
    """The text that `run.status` is compared with, when it is none of those that it can be."""
    if not isinstance(comparison, Compare):
        return None
    for one, other in ((comparison.left, comparison.right), (comparison.right, comparison.left)):
        if isinstance(one, Ref) and (one.node, one.output) == (RUN_NODE, "status") and isinstance(other, Const):
            text = other.text.strip('"')
            return None if text in (*STATUSES, "null") else text
    return None
