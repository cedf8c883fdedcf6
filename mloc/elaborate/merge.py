"""The names that an `if` gives: bound in every arm, of the joined type; bound in some, optional (phi)."""

from __future__ import annotations

from collections.abc import Sequence

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import BRANCH_TYPES
from mloc.elaborate.expect import convert
from mloc.elaborate.scope import Local, Order, Outputs, Poison, Scope, Value
from mloc.ir.model import Const, Expr, Merged, Ref
from mloc.types.model import NULL, Type, optional
from mloc.types.relate import join
from mloc.types.show import show


def merge(branch: str, arms: Sequence[Scope], bag: Bag) -> tuple[tuple[Merged, ...], dict[str, Local]]:
    """What the arms bind, seen from after the branch: the merged values and what each name stands for."""
    merged: list[Merged] = []
    names: dict[str, Local] = {}
    for name in dict.fromkeys(n for arm in arms for n in arm.names):
        bound = [arm.names.get(name) for arm in arms]
        names[name] = _one(branch, name, bound, merged, bag)
    return tuple(merged), names


def _one(branch: str, name: str, bound: list[Local | None], merged: list[Merged], bag: Bag) -> Local:
    present = [b for b in bound if b is not None]
    first = present[0]
    if any(isinstance(b, Poison) for b in present):
        return Poison(first.span)
    if all(isinstance(b, Value) for b in present):
        value = _merged(branch, name, [b.expr if isinstance(b, Value) else None for b in bound], merged)
        return _clash(name, present, bag) if value is None else Value(value, first.span)
    if all(isinstance(b, Order) for b in present):
        return Order("bound in branches to calls without outputs", first.span, branch)
    if all(isinstance(b, Outputs) for b in present) and isinstance(first, Outputs):
        return _outputs(branch, name, bound, first, merged, bag)
    return _clash(name, present, bag)


def _outputs(branch: str, name: str, bound: list[Local | None], first: Outputs, merged: list[Merged], bag: Bag) -> Local:
    """Calls with named outputs in several arms: the outputs they have in common, each merged."""
    common = [f for f in first.fields if all(f in b.fields for b in bound if isinstance(b, Outputs))]
    fields: dict[str, Expr] = {}
    for output in common:
        value = _merged(branch, f"{name}_{output}", [b.fields[output] if isinstance(b, Outputs) else None for b in bound], merged)
        if value is None:
            return _clash(name, [b for b in bound if b is not None], bag)
        fields[output] = value
    return Outputs(fields, first.signature, first.span, branch)


def _merged(branch: str, name: str, values: list[Expr | None], merged: list[Merged]) -> Expr | None:
    """The merged value, added to `merged`; None when the arms' types have nothing in common."""
    type_: Type | None = NULL if None in values else None
    for value in values:
        if value is None:
            continue
        type_ = value.type if type_ is None else join(type_, value.type)
        if type_ is None:
            return None
    assert type_ is not None
    whole = optional(type_) if None in values else type_
    label = label_of(name, merged)
    merged.append(Merged(label, whole, tuple(Const(NULL, "null") if v is None else convert(v, whole) for v in values)))
    return Ref(whole, branch, label)


def _clash(name: str, bound: list[Local], bag: Bag) -> Local:
    first, other = bound[0], next((b for b in bound[1:] if _kind(b) != _kind(bound[0])), bound[-1])
    bag.report(
        BRANCH_TYPES,
        other.span,
        f"`{name}` is {_kind(other)} here and {_kind(first)} in another branch",
        secondary=(Label(first.span, f"{_kind(first)} here"),),
        help="bind it to one type in every branch, or use different names",
    )
    return Poison(first.span)


def _kind(local: Local) -> str:
    match local:
        case Value(expr=expr):
            return f"`{show(expr.type)}`"
        case Outputs(signature=signature):
            return f"the outputs of `{signature.name}`"
        case Order():
            return "a call without outputs"
        case Poison():
            return "undefined"


def label_of(name: str, merged: Sequence[Merged]) -> str:
    """A name for a merged value that no other has; `arm` is the output that says which arm was taken."""
    taken = {m.name for m in merged} | {"arm"}
    label, number = name, 1
    while label in taken:
        number += 1
        label = f"{name}_{number}"
    return label
