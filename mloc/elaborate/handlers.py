"""`on failure:` and `finally:` of a pipeline: where they may stand, and what they see of the body."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Label
from mloc.diagnostics.rules import HANDLER_MISPLACED
from mloc.elaborate.names import Place
from mloc.elaborate.runs import run_local
from mloc.elaborate.scope import Local, Order, Outputs, Poison, Scope, Value
from mloc.frozen import replace
from mloc.ir.handlers import RUN_NODE, Kind, seen_after
from mloc.ir.model import Choose, Compare, Const, Expr, Logic, Ref, Region, Widen
from mloc.ir.walk import children, nodes, refs, rewrite
from mloc.syntax import tree as t
from mloc.types.model import BOOL, NULL, Optional, optional

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope
    from mloc.elaborate.flow import Block, Flow

ALWAYS = ("$", RUN_NODE)
"""What is there from the launch on, however the body ends."""
_KINDS: dict[str, Kind] = {"on failure": "on_failure", "finally": "finally"}
_CALLED = dict.fromkeys(("timeout", "max_parallel", "fail"), "it holds for a run, and a call is none")


def lower_handlers(flow: Flow, body: Block, scope: Scope) -> dict[Kind, Region]:
    """The regions of a pipeline's handlers; `scope` holds what its body has bound."""
    found: dict[Kind, Region] = {}
    ended = frozenset(node.id for node in nodes(Region(tuple(body.nodes))))
    for handler in body.handlers:
        kind = _KINDS[handler.kind]
        if kind not in found:
            inner = Scope(names={name: after_the_body(local) for name, local in scope.names.items()})
            inner.names[RUN_NODE] = run_local(kind, handler.span)
            within = replace(flow, calls=replace(flow.calls, handler=kind, ended=ended), spelt={})
            block = within.block(handler.body, inner.inner(), Place(f"{kind}.", top=False))
            found[kind] = Region(tuple(block.nodes))
    return found


def placed(flow: Flow, statement: t.Handler | t.Options, place: Place, block: Block) -> None:
    """Keep a handler that stands where one may, at the end of a pipeline; report any other, and misplaced or doubled `options`."""
    what = "`options`" if isinstance(statement, t.Options) else f"`{statement.kind}`"
    if not place.top:
        help_ = "an `if` in the handler can ask `run.status`" if isinstance(statement, t.Handler) else None
        _report(flow, statement, f"{what} stands at the top of a pipeline, not inside a block", help_)
        return
    before = [each for each in block.around if type(each) is type(statement) and _name(each) == _name(statement)]
    block.around.append(statement)
    if before:
        _report(flow, statement, f"{what} stands twice", "put both into one", Label(before[0].span, "the first"))
    elif isinstance(statement, t.Handler):
        block.handlers.append(statement)


def uncallable(file: FileScope, callee: t.PipelineDef, call: t.CallExpr) -> bool:
    """Whether a pipeline has something that holds for a run of its own only, which is reported where it is called."""
    for statement in callee.body:
        if isinstance(statement, t.Handler):
            message = f"pipeline `{callee.name.text}` has `{statement.kind}`, and cannot be called by another pipeline"
            help_ = "handlers are run once, at the end of a run: move them to the pipeline that is launched"
            file.bag.report(HANDLER_MISPLACED, call.span, message, secondary=(Label(statement.span, "its handler"),), help=help_)
            return True
        for option in statement.attributes if isinstance(statement, t.Options) else ():
            if option.name.text in _CALLED:
                message = f"pipeline `{callee.name.text}` has the option `{option.name.text}`, which a called pipeline cannot have"
                there = Label(option.span, _CALLED[option.name.text])
                help_ = "options hold for a whole run: move it to the pipeline that is launched"
                file.bag.report(HANDLER_MISPLACED, call.span, message, secondary=(there,), help=help_)
                return True
    return False


def _report(flow: Flow, statement: t.Handler | t.Options, message: str, help_: str | None, *there: Label) -> None:
    flow.file.bag.report(HANDLER_MISPLACED, statement.span, message, secondary=there, help=help_)


def _name(statement: t.Handler | t.Options) -> str:
    return statement.kind if isinstance(statement, t.Handler) else "options"


# ---- what is seen of the body -------------------------------------------------------------------------------------


def after_the_body(local: Local) -> Local:
    """What a name of the body stands for in a handler: its values may be absent, and there is nothing to wait for."""
    match local:
        case Value(expr, span):
            return Value(or_null(expr), span)
        case Outputs(fields, signature, span):
            return Outputs({name: or_null(expr) for name, expr in fields.items()}, signature, span, "")
        case Order(what, span):
            return Order(what, span, "")
        case Poison():
            return local


def or_null(expr: Expr) -> Expr:
    """A value of the body as a handler reads it: null when a step that it needs gave nothing."""
    if isinstance(expr, Ref):
        return expr if expr.node in ALWAYS else Ref(seen_after(expr.type), expr.node, expr.output)
    needed = [ref for ref in refs(expr) if ref.node not in ALWAYS and not isinstance(ref.type, Optional)]
    tests: list[Expr] = [Compare(BOOL, "!=", or_null(ref), Const(NULL, "null")) for ref in needed]
    tests += [Compare(BOOL, "!=", or_null(value), Const(NULL, "null")) for value in _known_not_null(expr)]
    if not tests:
        return expr
    condition = tests[0]
    for test in tests[1:]:
        condition = Logic(BOOL, "and", condition, test)
    there = rewrite(expr, _there)
    whole = optional(expr.type)
    return Choose(whole, condition, there if there.type == whole else Widen(whole, there), Const(whole, "null"))


def _there(part: Expr) -> Expr:
    """A value of the body that a test before has shown to be there."""
    if not isinstance(part, Ref) or isinstance(part.type, Optional) or part.node in ALWAYS:
        return part
    return Widen(part.type, or_null(part))


def _known_not_null(expr: Expr) -> Sequence[Ref]:
    """The optional values that the body had tested before, by a `require`; what a choice tests it tests by itself."""
    if isinstance(expr, (Choose, Logic)):
        return ()
    if isinstance(expr, Widen) and isinstance(expr.value, Ref):
        narrows = isinstance(expr.value.type, Optional) and not isinstance(expr.type, Optional)
        return (expr.value,) if narrows else ()
    return [found for child in children(expr) for found in _known_not_null(child)]
