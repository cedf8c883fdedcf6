"""Expressions: from what was written to typed IR, bottom up, with the expected type as a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import (
    BAD_COMPARISON,
    BAD_LITERAL,
    BAD_OPERATION,
    NAMED_OUTPUT,
    NESTED_CALL,
    NOT_A_BOOL,
    NOT_A_LIST,
    NOT_A_VALUE,
    NOT_YET,
    OPTIONAL_USED,
    TYPE_MISMATCH,
    UNDEFINED_NAME,
    UNKNOWN_MEMBER,
    UNRELATED_COMPARISON,
)
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.expect import Expectation, Provenance, convert, fit
from mloc.elaborate.literals import constant, quantity
from mloc.elaborate.scope import Order, Outputs, Poison, Scope, Value
from mloc.ir.model import (
    Arith,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    Format,
    Get,
    Index,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Project,
    Widen,
)
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import (
    BOOL,
    BYTES,
    DATE,
    DATETIME,
    DURATION,
    FLOAT,
    INT,
    NULL,
    RATIO,
    STR,
    UNKNOWN,
    Enum,
    Field,
    ListOf,
    MapOf,
    Metrics,
    Optional,
    Record,
    Scalar,
    Type,
    Unknown,
    is_artifact,
    optional,
)
from mloc.types.relate import join, mismatch
from mloc.types.show import show

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

POISON = Const(UNKNOWN, "null")
_ORDERED = (INT, FLOAT, RATIO, BYTES, DURATION, DATE, DATETIME, STR)
_NUMBERS = (INT, FLOAT, RATIO)


class Expressions:
    """Elaborates the expressions of one file. `declared` resolves what the scope does not know."""

    def __init__(self, declared: FileScope, bag: Bag, provenance: Provenance | None = None) -> None:
        self.declared, self.bag, self.provenance = declared, bag, provenance

    def value(self, expr: t.Expr, scope: Scope, wanted: Expectation) -> Expr:
        """The expression as a value of the wanted type."""
        return fit(self.infer(expr, scope, wanted.type), wanted, expr.span, self.bag, self.provenance)

    def condition(self, expr: t.Expr, scope: Scope) -> Expr:
        """The expression as a condition: a bool, nothing else."""
        found = self.infer(expr, scope, BOOL)
        if found.type in (BOOL, UNKNOWN):
            return found
        hint = "compare it, as in `x > 0` or `x != null`; there is no truthiness"
        if isinstance(found.type, Optional) and found.type.item == BOOL:
            hint = "say what null means: `… ?? false`"
        self.bag.report(
            NOT_A_BOOL, expr.span, f"a condition must be a `bool`, found `{show(found.type)}`", label=f"`{show(found.type)}`", help=hint
        )
        return POISON

    def infer(self, expr: t.Expr, scope: Scope, hint: Type | None = None) -> Expr:
        """The expression with the type it has by itself; `hint` types empty literals and numbers."""
        if isinstance(hint, Optional):
            hint = hint.item
        match expr:
            case t.IntLiteral() | t.FloatLiteral() | t.Text() | t.Bool() | t.Null():
                return constant(expr, hint, self.bag)
            case t.Quantity():
                return quantity(expr, self.bag)
            case t.Name():
                return self._name(expr, scope)
            case t.Member():
                return self._narrowed(expr, scope, self._member(expr, scope))
            case t.Subscript():
                return self._subscript(expr, scope)
            case t.CallExpr():
                return self._call(expr, scope, hint)
            case t.Unary():
                return self._unary(expr, scope)
            case t.Binary():
                return self._binary(expr, scope, hint)
            case t.Ternary():
                return self._ternary(expr, scope, hint)
            case t.ListLiteral():
                return self._list(expr, scope, hint)
            case t.Projection():
                return self._projection(expr, scope)
            case t.Braces():
                return self._braces(expr, scope, hint)
            case t.FString():
                return self._fstring(expr, scope)

    # ---- names ----

    def _name(self, expr: t.Name, scope: Scope) -> Expr:
        local = scope.lookup(expr.text)
        match local:
            case Value():
                return self._narrowed(expr, scope, local.expr)
            case Poison():
                return POISON
            case Outputs():
                only = next(iter(local.fields)) if len(local.fields) == 1 else None
                fix = (
                    None
                    if only is None
                    else Fix("machine-applicable", (Edit(Span(expr.span.file, expr.span.end, expr.span.end), f".{only}"),))
                )
                names = " or ".join(f"`{expr.text}.{name}`" for name in local.fields)
                self.bag.report(
                    NAMED_OUTPUT,
                    expr.span,
                    f"`{expr.text}` holds the named outputs of `{local.signature.name}`, not a value",
                    help=f"write {names}",
                    fix=fix,
                )
                return POISON
            case Order():
                self.bag.report(NOT_A_VALUE, expr.span, f"`{expr.text}` is {local.what}: it has no value and may only stand in `after`")
                return POISON
            case None:
                return self._declared(expr, scope)

    def _declared(self, expr: t.Name, scope: Scope) -> Expr:
        found = self.declared.constant_or_kind(expr.text)
        if isinstance(found, (Const,)):
            return found
        if found is not None:
            helps = {
                "step": f"bind a call of it: `x = {expr.text}(…)`",
                "enum": f"name a member: `{expr.text}.…`",
                "record": f"make one: `{expr.text}(…)`",
            }
            self.bag.report(NOT_A_VALUE, expr.span, f"`{expr.text}` is a {found}, not a value", help=helps.get(found))
            return POISON
        if expr.text == "run":
            self.bag.report(NOT_YET, expr.span, "`run.…` is not available in this version of mloc", label="read, but not run yet")
            return POISON
        near = suggest(expr.text, [*scope.visible(), *self.declared.value_names()])
        self.bag.report(UNDEFINED_NAME, expr.span, f"`{expr.text}` is not defined", help=f"did you mean `{near}`?" if near else None)
        return POISON

    def _narrowed(self, expr: t.Expr, scope: Scope, found: Expr) -> Expr:
        if not isinstance(found.type, Optional):
            return found
        path = path_of(expr)
        type_ = None if path is None else scope.narrowed_type(path)
        return found if type_ is None else Widen(type_, found)

    def _member(self, expr: t.Member, scope: Scope) -> Expr:
        if isinstance(expr.value, t.Name):
            local = scope.lookup(expr.value.text)
            if isinstance(local, Outputs):
                return self._output(expr, expr.value.text, local)
            if local is None:
                declared = self.declared.member(expr.value.text, expr.name.text)
                if isinstance(declared, Const):
                    return declared
                if declared is not None:
                    kind, members = declared
                    near = suggest(expr.name.text, members)
                    options = ", ".join(f"`{m}`" for m in members[:12])
                    self.bag.report(
                        UNKNOWN_MEMBER,
                        expr.name.span,
                        f"{kind} `{expr.value.text}` has no member `{expr.name.text}`",
                        help=f"did you mean `{near}`?" if near else f"it has {options}" if options else None,
                    )
                    return POISON
        value = self.infer(expr.value, scope)
        return self._field(expr, value)

    def _output(self, expr: t.Member, name: str, call: Outputs) -> Expr:
        if expr.name.text in call.fields:
            return call.fields[expr.name.text]
        near = suggest(expr.name.text, list(call.fields))
        outputs = ", ".join(f"`{f}`" for f in call.fields)
        self.bag.report(
            UNKNOWN_MEMBER,
            expr.name.span,
            f"`{call.signature.name}` has no output `{expr.name.text}`",
            help=f"did you mean `{near}`?" if near else f"its outputs are {outputs}",
        )
        return POISON

    def _field(self, expr: t.Member, value: Expr) -> Expr:
        match value.type:
            case Unknown():
                return POISON
            case Record(fields) | Metrics(fields):
                for field in fields:
                    if field.name == expr.name.text:
                        return Get(field.type, value, field.name)
                near = suggest(expr.name.text, [f.name for f in fields])
                has = ", ".join(f"`{f.name}`" for f in fields)
                help_ = f"did you mean `{near}`?" if near else f"it has {has}"
                self.bag.report(UNKNOWN_MEMBER, expr.name.span, f"`{show(value.type)}` has no field `{expr.name.text}`", help=help_)
            case Optional():
                help_ = "use it inside `if … != null:`, or give a fallback with `?? value` first"
                self.bag.report(OPTIONAL_USED, expr.value.span, f"this may be null, and null has no field `{expr.name.text}`", help=help_)
            case ListOf():
                source = expr.value.text if isinstance(expr.value, t.Name) else "…"
                help_ = f"take it of every element: `[x.{expr.name.text} for x in {source}]`"
                self.bag.report(UNKNOWN_MEMBER, expr.name.span, f"a list has no field `{expr.name.text}`", help=help_)
            case _:
                self.bag.report(UNKNOWN_MEMBER, expr.name.span, f"`{show(value.type)}` has no field `{expr.name.text}`")
        return POISON

    def _subscript(self, expr: t.Subscript, scope: Scope) -> Expr:
        value = self.infer(expr.value, scope)
        match value.type:
            case ListOf(item):
                key = self.value(expr.key, scope, Expectation(INT, "the index of a list"))
                if isinstance(key, Const) and key.text.startswith("-"):
                    self.bag.report(
                        BAD_OPERATION, expr.key.span, "there is no negative index", help="count from the front, or let a step choose"
                    )
                    return POISON
                return Index(item, value, key)
            case MapOf(item):
                return Index(item, value, self.value(expr.key, scope, Expectation(STR, "the key of a map")))
            case Unknown():
                return POISON
            case _:
                self.bag.report(BAD_OPERATION, expr.value.span, f"`{show(value.type)}` cannot be indexed", help="only lists and maps are")
                return POISON

    def _call(self, expr: t.CallExpr, scope: Scope, hint: Type | None) -> Expr:
        built = self.declared.construct(expr, self, scope)
        if built is not None:
            return built
        name = expr.callee.text if isinstance(expr.callee, t.Name) else None
        if name is not None and self.declared.is_callable(name):
            self.bag.report(
                NESTED_CALL,
                expr.span,
                f"`{name}` is called inside another expression",
                help="bind the call to a name first, so that the step has one: `x = " + name + "(…)`",
            )
        elif name is not None:
            near = suggest(name, self.declared.callable_names())
            self.bag.report(UNDEFINED_NAME, expr.callee.span, f"`{name}` is not defined", help=f"did you mean `{near}`?" if near else None)
        else:
            self.bag.report(BAD_OPERATION, expr.span, "this cannot be called", help="only steps, pipelines and records are called, by name")
        return POISON

    # ---- operators ----

    def _unary(self, expr: t.Unary, scope: Scope) -> Expr:
        if expr.op == "not":
            value = self.condition(expr.value, scope)
            return POISON if isinstance(value.type, Unknown) else Not(BOOL, value)
        value = self.infer(expr.value, scope)
        if value.type in (INT, FLOAT, RATIO, DURATION):
            return Arith(value.type, "-", None, value)
        return self._no_operator("-", expr.span, value)

    def _binary(self, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
        match expr.op:
            case "and" | "or":
                left = self.condition(expr.left, scope)
                inner = scope.inner()
                inner.narrowed.update(self.narrowing(expr.left, scope, when=expr.op == "and"))
                right = self.condition(expr.right, inner)
                if UNKNOWN in (left.type, right.type):
                    return POISON
                return Logic(BOOL, expr.op, left, right)
            case "??":
                return self._coalesce(expr, scope, hint)
            case "==" | "!=" | "<" | "<=" | ">" | ">=":
                return self._compare(expr, expr.op, scope)
            case _:
                return self._arith(expr, scope, hint)

    def _coalesce(self, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
        left = self.infer(expr.left, scope, hint)
        inner = left.type.item if isinstance(left.type, Optional) else left.type
        right = self.infer(expr.right, scope, inner)
        if UNKNOWN in (left.type, right.type):
            return POISON
        type_ = join(inner if inner != NULL else right.type, right.type)
        if type_ is None:
            message = f"the fallback is `{show(right.type)}`, the value before `??` is `{show(inner)}`"
            self.bag.report(TYPE_MISMATCH, expr.right.span, message, label=f"`{show(right.type)}`")
            return POISON
        return Coalesce(type_, convert(left, optional(type_)), convert(right, type_))

    def _compare(self, expr: t.Binary, op: str, scope: Scope) -> Expr:
        left, right = self._operands(expr, scope)
        if UNKNOWN in (left.type, right.type):
            return POISON
        null = NULL in (left.type, right.type)
        if null and op in ("==", "!="):
            return Compare(BOOL, op, left, right)  # type: ignore[arg-type]
        type_ = join(left.type, right.type)
        if type_ is None:
            message = (
                f"`{show(left.type)}` and `{show(right.type)}` are never equal"
                if op in ("==", "!=")
                else (f"`{show(left.type)}` and `{show(right.type)}` cannot be compared")
            )
            self.bag.report(UNRELATED_COMPARISON, expr.span, message, help=_comparison_hint(left.type, right.type))
            return POISON
        bare = type_.item if isinstance(type_, Optional) else type_
        if op not in ("==", "!="):
            if isinstance(type_, Optional):
                span = expr.left.span if isinstance(left.type, Optional) else expr.right.span
                self.bag.report(
                    OPTIONAL_USED,
                    span,
                    f"`{op}` needs a value, but this may be null",
                    help="give a fallback with `?? value`, or test `!= null` first",
                )
                return POISON
            if bare not in _ORDERED:
                self.bag.report(
                    BAD_COMPARISON,
                    expr.span,
                    f"`{show(bare)}` has no order",
                    help="compare with `==` or `!=`" if isinstance(bare, Enum) else None,
                )
                return POISON
        elif not isinstance(bare, (Scalar, Enum)):
            self.bag.report(
                BAD_COMPARISON, expr.span, f"`{show(bare)}` cannot be compared", help="compare a field of it, or let a step decide"
            )
            return POISON
        return Compare(BOOL, op, convert(left, type_), convert(right, type_))  # type: ignore[arg-type]

    def _operands(self, expr: t.Binary, scope: Scope) -> tuple[Expr, Expr]:
        """Both operands; a literal takes the other side's type where that is exact."""
        if isinstance(expr.left, (t.IntLiteral, t.FloatLiteral)):
            right = self.infer(expr.right, scope)
            return self.infer(expr.left, scope, right.type), right
        left = self.infer(expr.left, scope)
        return left, self.infer(expr.right, scope, left.type)

    def _arith(self, expr: t.Binary, scope: Scope, hint: Type | None) -> Expr:
        left, right = self._operands(expr, scope)
        if UNKNOWN in (left.type, right.type):
            return POISON
        for value, at in ((left, expr.left), (right, expr.right)):
            if isinstance(value.type, Optional) or value.type == NULL:
                self.bag.report(
                    OPTIONAL_USED,
                    at.span,
                    f"`{expr.op}` needs a value, but this may be null",
                    help="give a fallback with `?? value`, or test `!= null` first",
                )
                return POISON
        type_ = _arith_type(expr.op, left.type, right.type)
        if type_ is None:
            return self._no_operator(expr.op, expr.span, left, right)
        if left.type in _NUMBERS and right.type in _NUMBERS:
            both = FLOAT if expr.op == "/" or FLOAT in (left.type, right.type) or RATIO in (left.type, right.type) else INT
            left, right = convert(left, both), convert(right, both)
        return Arith(type_, expr.op, left, right)  # type: ignore[arg-type]

    def _no_operator(self, op: str, span: Span, *values: Expr) -> Expr:
        if not any(isinstance(v.type, Unknown) for v in values):
            types = " and ".join(f"`{show(v.type)}`" for v in values)
            help_ = 'write an f-string: `f"{…}…"`' if op == "+" and any(v.type == STR for v in values) else None
            self.bag.report(BAD_OPERATION, span, f"`{op}` does not take {types}", help=help_)
        return POISON

    def _ternary(self, expr: t.Ternary, scope: Scope, hint: Type | None) -> Expr:
        condition = self.condition(expr.condition, scope)
        yes, no = scope.inner(), scope.inner()
        yes.narrowed.update(self.narrowing(expr.condition, scope, when=True))
        no.narrowed.update(self.narrowing(expr.condition, scope, when=False))
        then, otherwise = self.infer(expr.then, yes, hint), self.infer(expr.otherwise, no, hint)
        if UNKNOWN in (condition.type, then.type, otherwise.type):
            return POISON
        type_ = join(then.type, otherwise.type)
        if type_ is None:
            message = f"one side is `{show(then.type)}`, the other `{show(otherwise.type)}`"
            self.bag.report(TYPE_MISMATCH, expr.span, message, help="both sides of `if … else …` must have one type")
            return POISON
        return Choose(type_, condition, convert(then, type_), convert(otherwise, type_))

    # ---- composites ----

    def _list(self, expr: t.ListLiteral, scope: Scope, hint: Type | None) -> Expr:
        item_hint = hint.item if isinstance(hint, ListOf) else None
        if not expr.items:
            if hint is None or not isinstance(hint, ListOf):
                return MakeList(ListOf(UNKNOWN), ())
            return MakeList(hint, ())
        items = [self.infer(item, scope, item_hint) for item in expr.items]
        if any(isinstance(i.type, Unknown) for i in items):
            return POISON
        if item_hint is not None and all(mismatch(i.type, item_hint) is None for i in items):
            return MakeList(ListOf(item_hint), tuple(convert(i, item_hint) for i in items))
        type_: Type | None = items[0].type
        for item, written in zip(items[1:], expr.items[1:], strict=True):
            before = type_
            type_ = join(before, item.type) if before is not None else None
            if type_ is None:
                self.bag.report(
                    TYPE_MISMATCH,
                    written.span,
                    f"the elements of a list have one type: found `{show(item.type)}` after `{show(items[0].type)}`",
                )
                return POISON
        assert type_ is not None
        return MakeList(ListOf(type_), tuple(convert(i, type_) for i in items))

    def _projection(self, expr: t.Projection, scope: Scope) -> Expr:
        source = self.infer(expr.source, scope)
        inner = scope.inner()
        name = expr.name.text
        if isinstance(source.type, Unknown):
            inner.names[name] = Poison(expr.name.span)
            self.infer(expr.body, inner)
            return POISON
        if not isinstance(source.type, ListOf):
            help_ = (
                "it may be null: give a fallback with `?? []`"
                if isinstance(source.type, Optional) and isinstance(source.type.item, ListOf)
                else None
            )
            self.bag.report(
                NOT_A_LIST,
                expr.source.span,
                f"`for … in` needs a list, found `{show(source.type)}`",
                label=f"`{show(source.type)}`",
                help=help_,
            )
            return POISON
        inner.names[name] = Value(Local(source.type.item, name), expr.name.span)
        condition = None
        if expr.condition is not None:
            condition = self.condition(expr.condition, inner)
            inner.narrowed.update(self.narrowing(expr.condition, inner, when=True))
        body = self.infer(expr.body, inner)
        if isinstance(body.type, Unknown) or (condition is not None and isinstance(condition.type, Unknown)):
            return POISON
        return Project(ListOf(body.type), name, source, body, condition)

    def _braces(self, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
        quoted = {entry.quoted for entry in expr.entries}
        if not expr.entries:
            if isinstance(hint, MapOf):
                return MakeMap(hint, ())
            if isinstance(hint, (Record, Metrics)):
                return self.record(hint, {}, expr.span, f"`{show(hint)}`", expr.span)
            return MakeRecord(Record(()), ())
        if len(quoted) == 2:
            self.bag.report(
                BAD_LITERAL, expr.span, "a record has names, a map has quoted keys; this mixes both", help='write `{a: 1}` or `{"a": 1}`'
            )
            return POISON
        seen: set[str] = set()
        for entry in expr.entries:
            if entry.key.text in seen:
                self.bag.report(BAD_LITERAL, entry.key.span, f"`{entry.key.text}` stands twice in this literal")
                return POISON
            seen.add(entry.key.text)
        return self._map(expr, scope, hint) if True in quoted else self._record(expr, scope, hint)

    def _map(self, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
        value_hint = hint.value if isinstance(hint, MapOf) else None
        values = [self.infer(entry.value, scope, value_hint) for entry in expr.entries]
        if any(isinstance(v.type, Unknown) for v in values):
            return POISON
        type_: Type | None = (
            value_hint if value_hint is not None and all(mismatch(v.type, value_hint) is None for v in values) else values[0].type
        )
        for value, entry in zip(values, expr.entries, strict=True):
            type_ = join(type_, value.type) if type_ is not None else None
            if type_ is None:
                self.bag.report(TYPE_MISMATCH, entry.value.span, f"the values of a map have one type: found `{show(value.type)}`")
                return POISON
        assert type_ is not None
        return MakeMap(MapOf(type_), tuple((e.key.text, convert(v, type_)) for e, v in zip(expr.entries, values, strict=True)))

    def _record(self, expr: t.Braces, scope: Scope, hint: Type | None) -> Expr:
        if isinstance(hint, (Record, Metrics)):
            given = {entry.key.text: (entry.value, entry.key.span) for entry in expr.entries}
            hints = {f.name: f.type for f in hint.fields}
            values = {name: (self.infer(value, scope, hints.get(name)), value.span) for name, (value, _) in given.items()}
            return self.record(hint, values, expr.span, f"`{show(hint)}`", expr.span)
        fields = [(entry.key.text, self.infer(entry.value, scope)) for entry in expr.entries]
        if any(isinstance(v.type, Unknown) for _, v in fields):
            return POISON
        return MakeRecord(Record(tuple(Field(n, v.type) for n, v in fields)), tuple(fields))

    def record(self, type_: Record | Metrics, given: dict[str, tuple[Expr, Span]], span: Span, what: str, at: Span) -> Expr:
        """A value of a declared record: every field given fits, the others take their defaults, extra ones are dropped."""
        fields: list[tuple[str, Expr]] = []
        missing = []
        for field in type_.fields:
            if field.name in given:
                value, place = given[field.name]
                fields.append((field.name, fit(value, Expectation(field.type, f"field `{field.name}` of {what}"), place, self.bag)))
            elif field.default is not None:
                fields.append((field.name, Const(field.type, field.default)))
            else:
                missing.append(field.name)
        if missing:
            extra = [n for n in given if n not in {f.name for f in type_.fields}]
            near = suggest(missing[0], extra)
            names = ", ".join(f"`{n}`" for n in missing)
            help_ = f"did you mean `{missing[0]}` for `{near}`?" if near else None
            self.bag.report(
                TYPE_MISMATCH, span, f"{what} needs {'field' if len(missing) == 1 else 'fields'} {names}, missing here", help=help_
            )
            return POISON
        if any(isinstance(v.type, Unknown) for _, v in fields):
            return POISON
        return MakeRecord(type_, tuple(fields))

    def _fstring(self, expr: t.FString, scope: Scope) -> Expr:
        parts: list[str | Expr] = []
        bad = False
        for part in expr.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            value = self.infer(part, scope)
            bare = value.type.item if isinstance(value.type, Optional) else value.type
            if isinstance(bare, Unknown):
                bad = True
            elif not isinstance(bare, (Scalar, Enum)):
                what = "an artifact has no text" if is_artifact(bare) else f"`{show(bare)}` has no text of its own"
                self.bag.report(BAD_COMPARISON, part.span, f"{what} in an f-string", help="name a field of it, or make the text in a step")
                bad = True
            parts.append(value)
        return POISON if bad else Format(STR, tuple(parts))

    # ---- narrowing ----

    def narrowing(self, condition: t.Expr, scope: Scope, *, when: bool) -> dict[str, Type]:
        """The paths that are not null when `condition` is `when`."""
        match condition:
            case t.Binary(op=("!=" | "==") as op, left=left, right=right):
                other = left if isinstance(right, t.Null) else right if isinstance(left, t.Null) else None
                path = None if other is None else path_of(other)
                if other is None or path is None or (op == "!=") != when:
                    return {}
                probe = Bag()
                found = Expressions(self.declared, probe).infer(other, scope)
                return {path: found.type.item} if isinstance(found.type, Optional) else {}
            case t.Binary(op="and", left=left, right=right) if when:
                return self._both(left, right, scope, when)
            case t.Binary(op="or", left=left, right=right) if not when:
                return self._both(left, right, scope, when)
            case t.Unary(op="not", value=value):
                return self.narrowing(value, scope, when=not when)
            case _:
                return {}

    def _both(self, left: t.Expr, right: t.Expr, scope: Scope, when: bool) -> dict[str, Type]:
        first = self.narrowing(left, scope, when=when)
        inner = scope.inner()
        inner.narrowed.update(first)
        return first | self.narrowing(right, inner, when=when)


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


def _arith_type(op: str, left: Type, right: Type) -> Type | None:
    if left in _NUMBERS and right in _NUMBERS:
        if op == "/":
            return FLOAT
        return INT if left == right == INT else FLOAT
    if op == "+" and left == right == STR:
        return STR
    if op in ("+", "-") and left == right and left in (DURATION, BYTES):
        return left
    if op == "*" and {left, right} in ({DURATION, INT}, {BYTES, INT}):
        return left if right == INT else right
    if op == "/" and left == right and left in (DURATION, BYTES):
        return FLOAT
    return None


def _comparison_hint(left: Type, right: Type) -> str | None:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Enum) and other == STR:
            return f"write the member without quotes: `{one.name}.{one.members[0]}`"
        if one in (BYTES, DURATION, RATIO) and other in (INT, FLOAT):
            units = {BYTES: "4GiB", DURATION: "30min", RATIO: "10pct"}
            return f"write the number with its unit, as `{units[one]}`"
        if one == STR and other == INT:
            return "a text is never read as a number"
    return None
