"""Checking a value against what its place wants, and saying why when it does not fit."""

from __future__ import annotations

from collections.abc import Mapping

from mloc.diagnostics.model import Bag, Edit, Fix, Label
from mloc.diagnostics.rules import (
    COLUMN_MISSING,
    COLUMN_TYPE,
    FORMAT_MISMATCH,
    NULLABLE_COLUMN,
    OPTIONAL_USED,
    QUANTITY_UNIT,
    TYPE_MISMATCH,
)
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.meant import Meant, meant
from mloc.frozen import dataclass, field
from mloc.ir.model import Const, Expr, MakeList, Ref, Widen
from mloc.source import Span
from mloc.types.model import (
    BYTES,
    DURATION,
    FLOAT,
    INT,
    RATIO,
    STR,
    Dir,
    Field,
    File,
    ListOf,
    MapOf,
    Metrics,
    Model,
    Optional,
    Record,
    Scalar,
    Table,
    Type,
    Unknown,
)
from mloc.types.relate import Mismatch, mismatch
from mloc.types.show import show
from mloc.types.signature import Signature


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a place wants: `what` reads on from "expected by" (`input `rows` of step `split``), `span` is where that is declared."""

    type: Type
    what: str
    span: Span | None = None


@dataclass(slots=True)
class Provenance:
    """For every call made so far: the signature it has and the values it was given, to walk a table back to where a column was lost."""

    calls: dict[str, tuple[Signature, Mapping[str, Expr]]] = field(default_factory=dict)
    lines: dict[str, str] = field(default_factory=dict)

    def lost(self, value: Expr, column: str) -> tuple[Signature, str] | None:
        """The step whose closed output row dropped `column`, with the output's name; None when no step ever had it."""
        while isinstance(value, Widen):
            value = value.value
        if not isinstance(value, Ref) or value.node not in self.calls:
            return None
        signature, args = self.calls[value.node]
        tables = [a for a in args.values() if isinstance(a.type, Table)]
        if any(column in {c.name for c in a.type.row.columns} for a in tables if isinstance(a.type, Table)):
            return signature, value.output
        for table in tables:
            found = self.lost(table, column)
            if found is not None:
                return found
        return None


def fit(expr: Expr, wanted: Expectation, span: Span, bag: Bag, provenance: Provenance | None = None, written: str = "this") -> Expr:
    """The expression as a value of the wanted type; what does not fit is reported at `span`, where `written` stands."""
    if isinstance(expr.type, Unknown) or isinstance(wanted.type, Unknown):
        return expr
    problem = mismatch(expr.type, wanted.type)
    if problem is None:
        return convert(expr, wanted.type)
    _report(expr, problem, wanted, span, bag, provenance, written)
    return Const(Unknown(), "null")


def convert(expr: Expr, wanted: Type) -> Expr:
    """The expression with the conversion its new type needs, none when the value stays as it is."""
    if expr.type == wanted and not isinstance(wanted, (Record, Metrics)):
        return expr
    if isinstance(expr.type, Table) and isinstance(wanted, Table):
        return expr
    bare = wanted.item if isinstance(wanted, Optional) else wanted
    if isinstance(expr, MakeList) and not expr.items and isinstance(bare, ListOf):
        expr = MakeList(bare, ())
        return expr if bare == wanted else Widen(wanted, expr)
    if expr.type == wanted and _same_fields(expr.type, wanted):
        return expr
    return Widen(wanted, expr)


def declared_as(expr: Expr, wanted: Type) -> Expr:
    """A value that fits, seen as its declared type and no more: inside a called pipeline a table has the columns that it names."""
    return expr if expr.type == wanted else Widen(wanted, expr)


def _same_fields(found: Type, wanted: Type) -> bool:
    a = found.fields if isinstance(found, (Record, Metrics)) else ()
    b = wanted.fields if isinstance(wanted, (Record, Metrics)) else ()
    return a == b


def _report(expr: Expr, problem: Mismatch, wanted: Expectation, span: Span, bag: Bag, provenance: Provenance | None, written: str) -> None:
    there = () if wanted.span is None else (Label(wanted.span, "required here"),)
    found, want = show(expr.type), show(wanted.type)
    match problem.reason:
        case "optional" if isinstance(expr.type, (ListOf, MapOf)):
            what = "elements" if isinstance(expr.type, ListOf) else "values"
            bag.report(
                OPTIONAL_USED,
                span,
                f"{wanted.what} needs `{want}`, but the {what} of {written} may be null",
                label=f"`{found}`",
                secondary=there,
                help="leave the nulls out: `[x for x in … if x != null]`" if isinstance(expr.type, ListOf) else None,
            )
        case "optional":
            fix = Fix("has-placeholders", (Edit(Span(span.file, span.end, span.end), " ?? …"),))
            bag.report(
                OPTIONAL_USED,
                span,
                f"{wanted.what} needs `{want}`, but {written} may be null",
                label=f"`{found}`",
                secondary=there,
                help="give a fallback with `?? value`, or use it inside `if … != null:`",
                fix=fix,
            )
        case "format":
            bag.report(
                FORMAT_MISMATCH,
                span,
                f"{wanted.what} needs `{show(problem.wanted)}`, found `{show(problem.found)}`",
                label=f"`{show(problem.found)}`",
                secondary=there,
            )
        case "missing-column":
            _missing_columns(expr, problem, wanted, span, bag, provenance)
        case "column-type" | "nullable-column":
            rule = COLUMN_TYPE if problem.reason == "column-type" else NULLABLE_COLUMN
            verb = "has the type" if problem.reason == "column-type" else "may be null: it has the type"
            bag.report(
                rule,
                span,
                f"column `{problem.names[0]}` {verb} `{show(problem.found)}`, {wanted.what} needs `{show(problem.wanted)}`",
                label=f"column `{problem.names[0]}` is `{show(problem.found)}` here",
                secondary=there,
                help=None
                if problem.reason == "column-type"
                else "fill or drop the nulls in a step before, and declare the column without `?`",
            )
        case "field":
            _missing_fields(problem, wanted, span, bag, there)
        case "type":
            _plain(expr, problem, wanted, span, bag, there, written)


def _plain(expr: Expr, problem: Mismatch, wanted: Expectation, span: Span, bag: Bag, there: tuple[Label, ...], written: str) -> None:
    found, want = show(expr.type), show(wanted.type)
    inside = (
        f" (field `{'.'.join(problem.names)}`: found `{show(problem.found)}`, expected `{show(problem.wanted)}`)" if problem.names else ""
    )
    if wanted.type in (BYTES, DURATION, RATIO) and isinstance(expr.type, Scalar):
        _unit(expr, expr.type, wanted, span, bag, there, written)
        return
    bare = wanted.type.item if isinstance(wanted.type, Optional) else wanted.type
    likely = meant(expr, bare) or Meant(_in_general(expr.type, bare))
    bag.report(
        TYPE_MISMATCH,
        span,
        f"{wanted.what} needs `{want}`, found `{found}`{inside}",
        label=f"{written} is `{found}`",
        secondary=there,
        help=likely.help or None,
        fix=likely.fix(span),
    )


def _in_general(found: Type, wanted: Type) -> str:
    """What helps with a value of one type where another is wanted, whatever the value is."""
    match found, wanted:
        case Scalar(name="str"), Scalar(name="int" | "float"):
            return "a text is never read as a number; make it one in a step"
        case Scalar(name="int"), Scalar(name="str"):
            return 'write an f-string: `f"{…}"`'
        case Scalar(name="float" | "bool"), Scalar(name="str"):
            return 'a text is `"…"`; numbers are written to text by an f-string'
        case ListOf(item=item), _ if item == wanted:
            return "it is a list: go over it with a `for`, or take one element of it: `…[0]`"
        case _, ListOf(item=item) if item == found:
            return "a list of one is written `[…]`"
        case Scalar(name="str"), Table() | File() | Dir() | Model():
            return "a text is never read as a path; let a step make it, or take it as a parameter of the pipeline"
        case _:
            return ""


def _unit(expr: Expr, found: Scalar, wanted: Expectation, span: Span, bag: Bag, there: tuple[Label, ...], written: str) -> None:
    """A number without its unit, a text, or a quantity of another kind."""
    assert isinstance(wanted.type, Scalar)
    what, fix = f"`{show(found)}`", None
    examples = {"bytes": "`4GiB`, `500MB`", "duration": "`30min`, `10s`", "ratio": "`10pct`"}[wanted.type.name]
    help_ = f"write it with its unit: {examples}"
    if found in (INT, FLOAT):
        what = "a bare number"
        if not isinstance(expr, Const) and written != "this":
            help_ = f"declare {written} as `{show(wanted.type)}`, and give it with its unit: {examples}"
    elif found == STR and isinstance(expr, Const):
        what = "a text"
    likely = meant(expr, wanted.type)
    if likely is not None:
        help_, fix = likely.help, likely.fix(span)
    named = f"{written} ({what})" if written != "this" else what
    message = f"{wanted.what} needs `{show(wanted.type)}`, found {named}"
    bag.report(QUANTITY_UNIT, span, message, label=f"`{show(found)}`", secondary=there, help=help_, fix=fix)


def _missing_fields(problem: Mismatch, wanted: Expectation, span: Span, bag: Bag, there: tuple[Label, ...]) -> None:
    names = ", ".join(f"`{n}`" for n in problem.names)
    have = [f.name for f in _fields(problem.found)]
    near = suggest(problem.names[0], have)
    word = "field" if len(problem.names) == 1 else "fields"
    bag.report(
        TYPE_MISMATCH,
        span,
        f"{wanted.what} needs {word} {names} of `{show(problem.wanted)}`, missing here",
        label=f"has only {', '.join(f'`{n}`' for n in have) or 'no fields'}",
        secondary=there,
        help=f"did you mean `{problem.names[0]}` for `{near}`?" if near else None,
    )


def _fields(type_: Type) -> tuple[Field, ...]:
    return type_.fields if isinstance(type_, (Record, Metrics)) else ()


def _missing_columns(expr: Expr, problem: Mismatch, wanted: Expectation, span: Span, bag: Bag, provenance: Provenance | None) -> None:
    table = problem.found if isinstance(problem.found, Table) else expr.type
    columns = [c.name for c in table.row.columns] if isinstance(table, Table) else []
    first = problem.names[0]
    notes: list[str] = []
    help_ = None
    for name in problem.names[:3]:
        lost = None if provenance is None else provenance.lost(expr, name)
        if lost is not None and provenance is not None:
            signature, _ = lost
            where = provenance.lines.get(signature.name, "")
            notes.append(f"`{name}` was dropped by step `{signature.name}`{where}: its output row is closed")
            help_ = help_ or f"add `...R` to the output of `{signature.name}` to pass other columns through, or name `{name}` in it"
    near = suggest(first, columns)
    if near is not None:
        help_ = f"did you mean `{near}`?" if not notes else help_
    names = ", ".join(f"`{n}`" for n in problem.names)
    verb = "column {} is missing" if len(problem.names) == 1 else "columns {} are missing"
    shown = ", ".join(f"`{c}`" for c in columns[:8]) + (f" and {len(columns) - 8} more" if len(columns) > 8 else "")
    bag.report(
        COLUMN_MISSING,
        span,
        f"{verb.format(names)} from the table given to {wanted.what}",
        label=f"has only columns {shown}" if columns else "has no columns",
        secondary=() if wanted.span is None else (Label(wanted.span, "required here"),),
        notes=tuple(notes),
        help=help_,
    )
