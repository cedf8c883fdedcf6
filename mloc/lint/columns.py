"""Texts that name columns: `column[rows]` inputs, and texts that look like a column of a table given beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mloc import patterns
from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import COLUMN_LIKE_TEXT, NOT_A_COLUMN, UNKNOWN_TYPE
from mloc.diagnostics.suggest import suggest
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, statements
from mloc.types.model import STR, ListOf, Optional, Row, Table, Type

_ABOUT_COLUMNS = patterns.of(r"(?:^|_)(?:(?:col|column|key|target|label|feature|field)s?|by|on|index|group)(?:$|_)")


def columns(program: Program, bag: Bag) -> None:
    """E0407 and W0414 of every call, and `column[…]` types that name no table."""
    for step in program.steps():
        tables = [p.name.text for p in step.signature.params if _is_table(p.type)]
        for param in step.signature.params:
            named = _column_of(param.type)
            if named is not None and named.text not in {p.name.text for p in step.signature.params}:
                near = suggest(named.text, tables)
                message = f"`column[{named.text}]` names no table input of `{step.name.text}`"
                bag.report(UNKNOWN_TYPE, named.span, message, help=f"did you mean `column[{near}]`?" if near else None)
    for body in program.bodies:
        defaults = {p.name.text: p.default for p in body.pipeline.signature.params if p.default is not None}
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.Bind):
                _call(program, statement, defaults, bag)


def _is_table(type_: t.TypeExpr) -> bool:
    return type_.row is not None or (type_.name is not None and type_.name.text == "Table")


def _column_of(type_: t.TypeExpr) -> t.Identifier | None:
    """The input that a `column[rows]`, or a list of them, names."""
    if type_.name is None or len(type_.arguments) != 1:
        return None
    inner = type_.arguments[0]
    return inner.name if type_.name.text == "column" else _column_of(inner) if type_.name.text == "list" else None


def _call(program: Program, statement: t.Bind, defaults: dict[str, t.Expr], bag: Bag) -> None:
    found = program.called(statement.value, callee(statement.value))
    if found is None or not isinstance(statement.value, t.CallExpr) or not isinstance(found[1], t.StepDef):
        return
    step, given = found[1], {a.name.text: a.value for a in statement.value.arguments if a.name is not None}
    rows = {name: row for name, value in given.items() if (row := _row(program.type_of(value))) is not None}
    signature = found[0].steps.signature(step)
    for param in step.signature.params:
        if param.name.text not in given:
            continue
        named = _column_of(param.type)
        type_ = next((i.type for i in signature.inputs if i.name == param.name.text), None)
        for text, span in _texts(program, given[param.name.text], defaults):
            if named is not None and named.text in rows:
                _checked(text, span, rows[named.text], f"the table given to input `{named.text}` of `{step.name.text}`", bag)
            elif named is None and type_ in (STR, ListOf(STR)) and rows:
                _guessed(text, span, rows, param.name.text, bag)


def _row(type_: Type) -> Row | None:
    bare = type_.item if isinstance(type_, Optional) else type_
    return bare.row if isinstance(bare, Table) else None


def _texts(program: Program, value: t.Expr, defaults: dict[str, t.Expr]) -> Iterator[tuple[str, Span]]:
    """The texts of an argument that are known, those of a parameter's default included, with where they stand."""
    if isinstance(value, t.ListLiteral):
        for item in value.items:
            yield from _texts(program, item, defaults)
    elif isinstance(value, t.Name) and value.text in defaults:
        yield from _texts(program, defaults[value.text], {})
    elif (text := program.text_of(value)) is not None:
        yield text, value.span


def _checked(text: str, span: Span, row: Row, what: str, bag: Bag) -> None:
    names = [c.name for c in row.columns]
    if text in names or row.open:
        return
    near = _alike(text, names) or suggest(text, names)
    shown = ", ".join(f"`{name}`" for name in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
    fix = None if near is None else Fix("machine-applicable", (Edit(span, f'"{near}"'),))
    help_ = f"did you mean `{near}`?" if near else f"it has {shown}"
    bag.report(NOT_A_COLUMN, span, f"`{text}` is not a column of {what}", help=help_, fix=fix)


def _guessed(text: str, span: Span, rows: dict[str, Row], input_: str, bag: Bag) -> None:
    """Without a declaration, only what is nearly a column is told: in another spelling, or with a slip where columns are meant."""
    names = {c.name: table for table, row in rows.items() for c in row.columns}
    if text in names:
        return
    near = _alike(text, names)
    if near is None and _ABOUT_COLUMNS.search(input_) and not any(row.open for row in rows.values()):
        near = suggest(text, names)
    if near is not None:
        message = f"`{text}` looks like the column `{near}` of the table given to `{names[near]}`, and is another text"
        note = f"an input declared as `column[{names[near]}]` takes columns of that table only"
        fix = Fix("maybe-incorrect", (Edit(span, f'"{near}"'),))
        bag.report(COLUMN_LIKE_TEXT, span, message, help=f"did you mean `{near}`?", notes=(note,), fix=fix)


def _alike(text: str, names: Iterable[str]) -> str | None:
    """The name that is the same but for case, blanks and punctuation."""
    folded = _folded(text)
    return next((name for name in names if _folded(name) == folded), None) if folded else None


def _folded(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalnum())
