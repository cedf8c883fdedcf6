"""What a condition proves not to be null."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag
from mloc.elaborate.scope import Scope
from mloc.syntax import tree as t
from mloc.types.model import Optional, Type

if TYPE_CHECKING:
    from mloc.elaborate.expressions import Expressions


def narrowing(e: Expressions, condition: t.Expr, scope: Scope, *, when: bool) -> dict[str, Type]:
    """The paths that are not null when `condition` is `when`."""
    match condition:
        case t.Binary(op=("!=" | "==") as op, left=left, right=right):
            other = left if isinstance(right, t.Null) else right if isinstance(left, t.Null) else None
            path = None if other is None else path_of(other)
            if other is None or path is None or (op == "!=") != when:
                return {}
            probe = Bag()
            found = e.quiet(probe).infer(other, scope)
            return {path: found.type.item} if isinstance(found.type, Optional) else {}
        case t.Binary(op="and", left=left, right=right) if when:
            return _both(e, left, right, scope, when)
        case t.Binary(op="or", left=left, right=right) if not when:
            return _both(e, left, right, scope, when)
        case t.Unary(op="not", value=value):
            return narrowing(e, value, scope, when=not when)
        case _:
            return {}


def _both(e: Expressions, left: t.Expr, right: t.Expr, scope: Scope, when: bool) -> dict[str, Type]:
    first = narrowing(e, left, scope, when=when)
    inner = scope.inner()
    inner.narrowed.update(first)
    return first | narrowing(e, right, inner, when=when)


def path_of(expr: t.Expr) -> str | None:
    """`a.b.c` as text, None for anything else."""
    match expr:
        case t.Name(text=text):
            return text
        case t.Member(value=value, name=name):
            before = path_of(value)
            return None if before is None else f"{before}.{name.text}"
        case _:
            return None
