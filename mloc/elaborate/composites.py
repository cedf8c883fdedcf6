"""Lists, projections, records, maps, f-strings and indexing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix
from mloc.diagnostics.rules import BAD_COMPARISON, BAD_LITERAL, BAD_OPERATION, METRIC_FIELD, NOT_A_LIST, TYPE_MISMATCH, UNKNOWN_MEMBER
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.expect import Expectation, convert, fit
from mloc.elaborate.narrowing import narrowing
from mloc.elaborate.scope import POISON, Poison, Scope, Value
from mloc.ir.model import Const, Expr, Format, Index, Local, MakeList, MakeMap, MakeRecord, Project
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import INT, STR, UNKNOWN, Enum, Field, ListOf, MapOf, Metrics, Optional, Record, Scalar, Type, Unknown, is_artifact
from mloc.types.relate import join, mismatch
from mloc.types.show import show

if TYPE_CHECKING:
    from mloc.elaborate.expressions import Expressions


def subscript(e: Expressions, expr: t.Subscript, scope: Scope) -> Expr:
    value = e.typed(expr.value, scope)
    match value.type:
        case ListOf(item):
            key = e.value(expr.key, scope, Expectation(INT, "the index of a list"))
            if isinstance(key, Const) and key.text.startswith("-"):
                e.bag.report(BAD_OPERATION, expr.key.span, "there is no negative index", help="count from the front, or let a step choose")
                return POISON
            return Index(item, value, key)
        case MapOf(item):
            return Index(item, value, e.value(expr.key, scope, Expectation(STR, "the key of a map")))
        case Unknown():
            return POISON
        case Metrics(fields):
            e.infer(expr.key, scope)
            written = e.declared.source.text[expr.value.span.start : expr.value.span.end]
            message = f"`{show(value.type)}` has no `[…]`: a metric is named in the program, not chosen by a run"
            help_ = f"name it, as in `{written}.{fields[0].name}`" if fields else None
            e.bag.report(METRIC_FIELD, expr.span, message, help=help_)
            return POISON
        case _:
            e.bag.report(BAD_OPERATION, expr.value.span, f"`{show(value.type)}` cannot be indexed", help="only lists and maps are")
            return POISON


def list_literal(e: Expressions, expr: t.ListLiteral, scope: Scope, hint: Type | None) -> Expr:
    item_hint = hint.item if isinstance(hint, ListOf) else None
    if not expr.items:
        if hint is None or not isinstance(hint, ListOf):
            return MakeList(ListOf(UNKNOWN), ())
        return MakeList(hint, ())
    items = [e.infer(item, scope, item_hint) for item in expr.items]
    if any(isinstance(i.type, Unknown) for i in items):
        return POISON
    if item_hint is not None and all(mismatch(i.type, item_hint) is None for i in items):
        return MakeList(ListOf(item_hint), tuple(convert(i, item_hint) for i in items))
    type_: Type | None = items[0].type
    for item, written in zip(items[1:], expr.items[1:], strict=True):
        before = type_
        type_ = join(before, item.type) if before is not None else None
        if type_ is None:
            e.bag.report(
                TYPE_MISMATCH,
                written.span,
                f"the elements of a list have one type: found `{show(item.type)}` after `{show(items[0].type)}`",
            )
            return POISON
    assert type_ is not None
    return MakeList(ListOf(type_), tuple(convert(i, type_) for i in items))


def projection(e: Expressions, expr: t.Projection, scope: Scope, hint: Type | None) -> Expr:
    source = e.typed(expr.source, scope)
    inner = scope.inner()
    name = expr.name.text
    if isinstance(source.type, Unknown):
        inner.names[name] = Poison(expr.name.span)
        e.infer(expr.body, inner)
        return POISON
    if not isinstance(source.type, ListOf):
        help_ = (
            "it may be null: give a fallback with `?? []`"
            if isinstance(source.type, Optional) and isinstance(source.type.item, ListOf)
            else None
        )
        e.bag.report(
            NOT_A_LIST,
            expr.source.span,
            f"`for … in` needs a list, but {e.written(expr.source.span)} is `{show(source.type)}`",
            label=f"`{show(source.type)}`",
            help=help_,
        )
        return POISON
    inner.names[name] = Value(Local(source.type.item, name), expr.name.span)
    condition = None
    if expr.condition is not None:
        condition = e.condition(expr.condition, inner)
        inner.narrowed.update(narrowing(e, expr.condition, inner, when=True))
    body = e.infer(expr.body, inner, hint.item if isinstance(hint, ListOf) else None)
    if isinstance(body.type, Unknown) or (condition is not None and isinstance(condition.type, Unknown)):
        return POISON
    return Project(ListOf(body.type), name, source, body, condition)


def braces(e: Expressions, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
    quoted = {entry.quoted for entry in expr.entries}
    if not expr.entries:
        if isinstance(hint, MapOf):
            return MakeMap(hint, ())
        if isinstance(hint, (Record, Metrics)):
            return record(e, hint, {}, expr.span, f"`{show(hint)}`", expr.span)
        return MakeRecord(Record(()), ())
    if len(quoted) == 2:
        e.bag.report(
            BAD_LITERAL, expr.span, "a record has names, a map has quoted keys; this mixes both", help='write `{a: 1}` or `{"a": 1}`'
        )
        return POISON
    seen: set[str] = set()
    for entry in expr.entries:
        if entry.key.text in seen:
            e.bag.report(BAD_LITERAL, entry.key.span, f"`{entry.key.text}` stands twice in this literal")
            return POISON
        seen.add(entry.key.text)
    return _map(e, expr, scope, hint) if True in quoted else _record(e, expr, scope, hint)


def _map(e: Expressions, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
    value_hint = hint.value if isinstance(hint, MapOf) else None
    values = [e.infer(entry.value, scope, value_hint) for entry in expr.entries]
    if any(isinstance(v.type, Unknown) for v in values):
        return POISON
    type_: Type | None = (
        value_hint if value_hint is not None and all(mismatch(v.type, value_hint) is None for v in values) else values[0].type
    )
    for value, entry in zip(values, expr.entries, strict=True):
        type_ = join(type_, value.type) if type_ is not None else None
        if type_ is None:
            e.bag.report(TYPE_MISMATCH, entry.value.span, f"the values of a map have one type: found `{show(value.type)}`")
            return POISON
    assert type_ is not None
    return MakeMap(MapOf(type_), tuple((e.key.text, convert(v, type_)) for e, v in zip(expr.entries, values, strict=True)))


def _record(e: Expressions, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
    if isinstance(hint, (Record, Metrics)):
        given = {entry.key.text: (entry.value, entry.key.span) for entry in expr.entries}
        hints = {f.name: f.type for f in hint.fields}
        for name, (_, place) in given.items():
            near = suggest(name, [f for f in hints if f not in given]) if name not in hints else None
            if near is not None:
                # extra fields are dropped (rulings, 27), but one that looks like a field was meant to be it
                fix = Fix("machine-applicable", (Edit(place, near),))
                message = f"`{show(hint)}` has no field `{name}`"
                e.bag.report(UNKNOWN_MEMBER, place, message, help=f"did you mean `{near}`?", fix=fix)
                return POISON
        values = {name: (e.infer(value, scope, hints.get(name)), value.span) for name, (value, _) in given.items()}
        return record(e, hint, values, expr.span, f"`{show(hint)}`", expr.span)
    fields = [(entry.key.text, e.infer(entry.value, scope)) for entry in expr.entries]
    if any(isinstance(v.type, Unknown) for _, v in fields):
        return POISON
    return MakeRecord(Record(tuple(Field(n, v.type) for n, v in fields)), tuple(fields))


def record(e: Expressions, type_: Record | Metrics, given: dict[str, tuple[Expr, Span]], span: Span, what: str, at: Span) -> Expr:
    """A value of a declared record: every field given fits, the others take their defaults, extra ones are dropped."""
    fields: list[tuple[str, Expr]] = []
    missing = []
    for field in type_.fields:
        if field.name in given:
            value, place = given[field.name]
            wanted = Expectation(field.type, f"field `{field.name}` of {what}")
            fields.append((field.name, fit(value, wanted, place, e.bag, written=e.written(place))))
        elif field.default is not None:
            fields.append((field.name, Const(field.type, field.default)))
        else:
            missing.append(field.name)
    if missing:
        extra = [n for n in given if n not in {f.name for f in type_.fields}]
        near = suggest(missing[0], extra)
        names = ", ".join(f"`{n}`" for n in missing)
        help_ = f"did you mean `{missing[0]}` for `{near}`?" if near else None
        e.bag.report(TYPE_MISMATCH, span, f"{what} needs {'field' if len(missing) == 1 else 'fields'} {names}, missing here", help=help_)
        return POISON
    if any(isinstance(v.type, Unknown) for _, v in fields):
        return POISON
    return MakeRecord(type_, tuple(fields))


def fstring(e: Expressions, expr: t.FString, scope: Scope) -> Expr:
    parts: list[str | Expr] = []
    bad = False
    for part in expr.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        outer = e.goes_to
        e.goes_to = f"an f-string, and with it into {outer}" if outer != "an expression" else "an f-string"
        value = e.infer(part, scope)
        e.goes_to = outer
        bare = value.type.item if isinstance(value.type, Optional) else value.type
        if isinstance(bare, Unknown):
            bad = True
        elif not isinstance(bare, (Scalar, Enum)):
            named = "an empty list" if bare == ListOf(UNKNOWN) else f"`{show(bare)}`"
            what = "an artifact has no text" if is_artifact(bare) else f"{named} has no text of its own"
            e.bag.report(BAD_COMPARISON, part.span, f"{what} in an f-string", help="name a field of it, or make the text in a step")
            bad = True
        parts.append(value)
    return POISON if bad else Format(STR, tuple(parts))
