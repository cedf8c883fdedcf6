"""Columns that the code of a step reads and its inputs do not have, and columns that it never makes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import CODE_COLUMN, COLUMN_NOT_MADE
from mloc.diagnostics.suggest import suggest
from mloc.lint.code.model import StepCode
from mloc.types.model import Optional, Table, Type
from mloc.types.signature import Input, Output

if TYPE_CHECKING:
    from mloc.types.python.frames import Columns


def columns(step: StepCode, bag: Bag) -> None:
    """W0650 and W0654, where the columns are known: of an open row only what is nearly the name of one of its own."""
    if any(isinstance(node, ast.ExceptHandler) and "KeyError" in ast.unparse(node.type or node) for node in step.own.nodes):
        return
    tables = {i.name: (i, row) for i in step.signature.inputs if (row := _row(i.type)) is not None and _arrives_as_frame(step, i)}
    asked = {text for node in step.own.nodes if isinstance(node, ast.Compare) for text in _asked(node)}
    opened = {name for name, (given, _) in tables.items() if _is_open(given.type)}

    def read(place: ast.expr, name: str, there: frozenset[str]) -> None:
        if name not in asked:
            _missing(step, place, name, there, tables, opened, bag)

    output = _returned_table(step)

    def given(node: ast.Return, made: Columns) -> None:
        if output is not None and made is not None and not opened:
            _not_made(step, node, output, made, bag)

    if tables or output is not None:
        from mloc.types.python.frames import follow  # only steps with tables pay for it

        follow(step.own, {name: row for name, (_, row) in tables.items()}, read, given)


def _row(type_: Type) -> frozenset[str] | None:
    table = type_.item if isinstance(type_, Optional) else type_
    return frozenset(c.name for c in table.row.columns) if isinstance(table, Table) else None


def _is_open(type_: Type) -> bool:
    table = type_.item if isinstance(type_, Optional) else type_
    return isinstance(table, Table) and (table.row.open or table.row.variable is not None)


def _arrives_as_frame(step: StepCode, given: Input) -> bool:
    function = step.own.function
    if function is None:
        return True
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    found = next((a for a in arguments if a.arg == given.name), None)
    hint = "" if found is None or found.annotation is None else ast.unparse(found.annotation)
    return found is not None and (not hint or "DataFrame" in hint)


def _asked(node: ast.Compare) -> list[str]:
    """The texts that code asks of whether they are among something: `"x" in rows.columns`."""
    if not any(isinstance(op, (ast.In, ast.NotIn)) for op in node.ops):
        return []
    return [inner.value for inner in ast.walk(node.left) if isinstance(inner, ast.Constant) and isinstance(inner.value, str)]


def _missing(
    step: StepCode,
    place: ast.expr,
    name: str,
    there: frozenset[str],
    tables: dict[str, tuple[Input, frozenset[str]]],
    opened: set[str],
    bag: Bag,
) -> None:
    same = (n for n, (_, row) in tables.items() if row == there)
    source = next(same, None) or next((n for n, (_, row) in tables.items() if row & there), None)
    near = suggest(name, sorted(there))
    if source is None or (opened and near is None):
        return
    given, row = tables[source]
    if name in row:
        help_ = f"`{name}` is dropped or renamed before"
    else:
        help_ = f"did you mean `{near}`?" if near else f"add `{name}` to the row of `{source}`, so that it is asked of what is given"
    what = "which it has no longer" if name in row else f"which its input `{source}` does not have"
    shown = ", ".join(f"`{column}`" for column in sorted(row)) or "no columns"
    step.report(
        bag,
        CODE_COLUMN,
        step.own,
        place,
        f"the code of step `{step.name}` reads the column `{name}`, {what}",
        label=f"no column `{name}`",
        also=(Label(given.span, f"has the columns {shown}"),),
        help=help_,
    )


def _returned_table(step: StepCode) -> Output | None:
    outputs = step.signature.outputs
    return outputs[0] if len(outputs) == 1 and _row(outputs[0].type) is not None else None


def _not_made(step: StepCode, node: ast.Return, output: Output, made: frozenset[str], bag: Bag) -> None:
    missing = sorted((_row(output.type) or frozenset()) - made)
    if not missing or node.value is None:
        return
    listed = ", ".join(f"`{name}`" for name in missing)
    near = suggest(missing[0], sorted(made))
    what = f"output `{output.name}`" if step.signature.named_outputs else "the output"
    step.report(
        bag,
        COLUMN_NOT_MADE,
        step.own,
        node.value,
        f"the table that the code of step `{step.name}` returns has no column {listed}, which {what} declares",
        label=f"no {listed}",
        also=(Label(output.span, "declared here"),),
        help=f"did you mean `{missing[0]}` by `{near}`?" if near else f"it has {', '.join(f'`{name}`' for name in sorted(made))}",
    )
