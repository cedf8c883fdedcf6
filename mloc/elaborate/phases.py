"""Says of a value that is known too late for its place when it will be known: at launch, or in a run."""

from __future__ import annotations

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import NOT_CONSTANT
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Expr
from mloc.ir.walk import refs
from mloc.source import Span


def too_late(value: Expr, span: Span, what: str, written: str, bag: Bag) -> None:
    """Report a value at `span` that must be known when the program is compiled; `what` wants it, and `written` stands there."""
    found = refs(value)
    from_run = [ref for ref in found if ref.node not in ("$", RUN_NODE)]
    if from_run:
        first = from_run[0]
        source = "the item of a `for`" if first.output == "item" else f"`{first.node}`"
        why = "comes from a run" if source == written else f"depends on {source}, which only a run gives"
        help_ = "choose between constants with an `if`, and give each branch its own"
    else:
        names = " and ".join(f"`{ref.output}`" if ref.node == "$" else f"`{ref.node}.{ref.output}`" for ref in found)
        verb = "is a parameter" if len(found) == 1 else "are parameters"
        if any(ref.node == RUN_NODE for ref in found):
            verb = "is of the run" if len(found) == 1 else "are of the run"
        why = f"is given at launch: {names} {verb}"
        help_ = "use a number or a `const`, or choose between constants with an `if`"
    bag.report(
        NOT_CONSTANT,
        span,
        f"{what} must be known when the program is compiled, but {written} {why}",
        label="known at run time" if from_run else "known at launch",
        notes=("it is written into the bundle, for Airflow, Flyte and Kubeflow alike",),
        help=help_,
    )
