"""Expressions: from what was written to typed IR, bottom up, with the expected type as a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import (
    BAD_OPERATION,
    CALL_IN_PURE,
    METRIC_FIELD,
    NAMED_OUTPUT,
    NESTED_CALL,
    NOT_A_BOOL,
    NOT_A_VALUE,
    OPTIONAL_USED,
    UNDEFINED_NAME,
    UNKNOWN_MEMBER,
    UNTYPED_EMPTY,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.composites import braces, fstring, list_literal, projection, subscript
from mloc.elaborate.elsewhere import bound_elsewhere
from mloc.elaborate.expect import Expectation, Provenance, fit
from mloc.elaborate.literals import constant, quantity
from mloc.elaborate.narrowing import path_of
from mloc.elaborate.nested import bound_before
from mloc.elaborate.operators import binary, ternary, unary
from mloc.elaborate.runs import run_alone, run_member
from mloc.elaborate.scope import POISON, Order, Outputs, Poison, Scope, Value
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Const, Expr, Get, Widen
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import BOOL, UNKNOWN, ListOf, Metrics, Optional, Record, Type, Unknown, is_known
from mloc.types.show import show

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

_PYTHON = {"None": "mlp writes it `null`", "True": "mlp writes it `true`", "False": "mlp writes it `false`"}
_NAMED = 40
"""Characters of an expression that a message repeats."""
_IN_A_STEP = "expressions have no functions: let a step compute it, and use its output"
_PYTHON_CALLS = {
    **dict.fromkeys("len sum min max sorted str int float bool abs round list dict set any all map filter open print".split(), _IN_A_STEP),
    "range": "write the list, `[0, 1, 2]`, or let a step make it",
    **dict.fromkeys(("zip", "enumerate"), "let a step make a list of records, and go over that"),
}
"""What Python has for it."""
_CALLED = "only steps, pipelines and records are called, by name"


class Expressions:
    """Elaborates the expressions of one file. `declared` resolves what the scope does not know."""

    def __init__(
        self, declared: FileScope, bag: Bag, provenance: Provenance | None = None, types: dict[t.Expr, Type] | None = None
    ) -> None:
        self.declared, self.bag, self.provenance = declared, bag, provenance
        # Where the types of expressions are noted for the rules that look at the whole program.
        self.types = types
        # The statement being read, before which a line may be put, and the scope there.
        self.around: tuple[Span, Scope] | None = None
        # The pipeline whose body is read.
        self.pipeline: t.PipelineDef | None = None
        # What the expression being read goes to, for messages.
        self.goes_to = "an expression"

    def quiet(self, bag: Bag) -> Expressions:
        """The same, with what it reports going to another bag."""
        return Expressions(self.declared, bag, self.provenance)

    def value(self, expr: t.Expr, scope: Scope, wanted: Expectation) -> Expr:
        """The expression as a value of the wanted type."""
        outer, self.goes_to = self.goes_to, wanted.what
        found = self.infer(expr, scope, wanted.type)
        self.goes_to = outer
        return fit(found, wanted, expr.span, self.bag, self.provenance, self.written(expr.span))

    def written(self, span: Span) -> str:
        """What stands at a place of this file, as a message names it; `this` when it is too long for one."""
        text = self.declared.source.text[span.start : span.end]
        return f"`{text}`" if len(text) <= _NAMED and "\n" not in text and "`" not in text else "this"

    def typed(self, expr: t.Expr, scope: Scope) -> Expr:
        """The expression where nothing says which type is wanted: an empty list has none by itself."""
        found = self.infer(expr, scope)
        if isinstance(found.type, Unknown) or is_known(found.type):
            return found
        help_ = "give it where its type is declared: as an argument, a default, or beside another list"
        self.bag.report(UNTYPED_EMPTY, expr.span, "nothing says what this empty list holds", help=help_)
        return POISON

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
        found = self._infer(expr, scope, hint.item if isinstance(hint, Optional) else hint)
        if self.types is not None:
            self.types[expr] = found.type
        return found

    def _infer(self, expr: t.Expr, scope: Scope, hint: Type | None) -> Expr:
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
                return subscript(self, expr, scope)
            case t.CallExpr():
                return self._call(expr, scope, hint)
            case t.Unary():
                return unary(self, expr, scope)
            case t.Binary():
                return binary(self, expr, scope, hint)
            case t.Ternary():
                return ternary(self, expr, scope, hint)
            case t.ListLiteral():
                return list_literal(self, expr, scope, hint)
            case t.Projection():
                return projection(self, expr, scope, hint)
            case t.Braces():
                return braces(self, expr, scope, hint)
            case t.FString():
                return fstring(self, expr, scope)

    # ---- names ----

    def _name(self, expr: t.Name, scope: Scope) -> Expr:
        if expr.text == RUN_NODE:
            return run_alone(self, expr, scope)
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
        if found == "secret":
            self.declared.secret_flows(expr.text, expr.span, self.goes_to)
            return POISON
        if found is not None:
            helps = {
                "step": f"bind a call of it: `x = {expr.text}(…)`",
                "enum": f"name a member: `{expr.text}.…`",
                "record": f"make one: `{expr.text}(…)`",
            }
            self.bag.report(NOT_A_VALUE, expr.span, f"`{expr.text}` is a {found}, not a value", help=helps.get(found))
            return POISON
        if expr.text in _PYTHON:
            self.bag.report(UNDEFINED_NAME, expr.span, f"`{expr.text}` is not defined", help=_PYTHON[expr.text])
            return POISON
        if self.pipeline is not None and expr.text in {param.name.text for param in self.pipeline.signature.params}:
            return POISON  # a parameter that is not in scope was refused where it is declared
        if self.pipeline is not None and bound_elsewhere(self.pipeline, expr.text, expr.span, self.declared.source, self.bag):
            return POISON
        names = [*scope.visible(), *self.declared.value_names()]
        near, fix = suggest(expr.text, names), correction(expr.span, expr.text, names)
        help_ = f"did you mean `{near}`?" if near else None
        self.bag.report(UNDEFINED_NAME, expr.span, f"`{expr.text}` is not defined", help=help_, fix=fix)
        return POISON

    def _narrowed(self, expr: t.Expr, scope: Scope, found: Expr) -> Expr:
        if not isinstance(found.type, Optional):
            return found
        path = path_of(expr)
        type_ = None if path is None else scope.narrowed_type(path)
        return found if type_ is None else Widen(type_, found)

    def _member(self, expr: t.Member, scope: Scope) -> Expr:
        if isinstance(expr.value, t.Name):
            if expr.value.text == RUN_NODE:
                return run_member(self, expr, scope)
            local = scope.lookup(expr.value.text)
            if isinstance(local, Outputs):
                return self._output(expr, expr.value.text, local)
            declared = self._declared_member(expr, expr.value.text, self.declared) if local is None else None
            if declared is not None:
                return declared
        elif isinstance(expr.value, t.Member) and isinstance(expr.value.value, t.Name):
            module = expr.value.value.text
            space = self.declared.namespaces.get(module) if scope.lookup(module) is None else None
            declared = None if space is None else self._declared_member(expr, expr.value.name.text, space)
            if declared is not None:
                return declared
        value = self.typed(expr.value, scope)
        return self._field(expr, value)

    def _declared_member(self, expr: t.Member, name: str, file: FileScope) -> Expr | None:
        """`Enum.member` or `module.CONST`, of this file or of one that it imports; None when `name` is neither enum nor module there."""
        declared = file.member(name, expr.name.text)
        if declared is None or isinstance(declared, Const):
            return declared
        kind, members = declared
        near = suggest(expr.name.text, members)
        options = ", ".join(f"`{m}`" for m in members[:12])
        self.bag.report(
            UNKNOWN_MEMBER,
            expr.name.span,
            f"{kind} `{name}` has no member `{expr.name.text}`",
            help=f"did you mean `{near}`?" if near else f"it has {options}" if options else None,
            fix=correction(expr.name.span, expr.name.text, members),
        )
        return POISON

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
            fix=correction(expr.name.span, expr.name.text, call.fields),
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
                fix = correction(expr.name.span, expr.name.text, [f.name for f in fields])
                message = f"`{show(value.type)}` has no field `{expr.name.text}`"
                rule = METRIC_FIELD if isinstance(value.type, Metrics) else UNKNOWN_MEMBER
                self.bag.report(rule, expr.name.span, message, help=help_, fix=fix)
            case Optional():
                help_ = "use it inside `if … != null:`, or give a fallback with `?? value` first"
                self.bag.report(OPTIONAL_USED, expr.value.span, f"this may be null, and null has no field `{expr.name.text}`", help=help_)
            case ListOf():
                source = expr.value.text if isinstance(expr.value, t.Name) else "…"
                help_ = f"take it of every element: `[x.{expr.name.text} for x in {source}]`"
                self.bag.report(UNKNOWN_MEMBER, expr.name.span, f"a list has no field `{expr.name.text}`", help=help_)
            case _:
                is_method = hasattr(str, expr.name.text) or hasattr(list, expr.name.text)
                told = "values have no methods: let a step compute it" if is_method else None
                self.bag.report(UNKNOWN_MEMBER, expr.name.span, f"`{show(value.type)}` has no field `{expr.name.text}`", help=told)
        return POISON

    def _call(self, expr: t.CallExpr, scope: Scope, hint: Type | None) -> Expr:
        built = self.declared.construct(expr, self, scope)
        if built is not None:
            return built
        name = expr.callee.text if isinstance(expr.callee, t.Name) else None
        if name is not None and self.declared.is_callable(name):
            self._nested(expr, name, scope)
        elif name is not None:
            names = self.declared.callable_names()
            near, fix = suggest(name, names), correction(expr.callee.span, name, names)
            help_ = f"did you mean `{near}`?" if near else _PYTHON_CALLS.get(name)
            self.bag.report(UNDEFINED_NAME, expr.callee.span, f"`{name}` is not defined", help=help_, fix=fix)
        elif isinstance(expr.callee, t.Member):
            self._not_callable(expr.callee, scope)
        else:
            self.bag.report(BAD_OPERATION, expr.span, "this cannot be called", help=_CALLED)
        return POISON

    def _nested(self, expr: t.CallExpr, name: str, scope: Scope) -> None:
        if self.around is not None and scope is not self.around[1]:
            element = next(iter(scope.names), None)
            if element is None:
                message = f"`{name}` is called in one side of an expression, where no step can run"
                help_ = "write an `if` block: bind a name in every branch, and use that"
            else:
                message = f"`{name}` is called in a projection, where no step can run"
                help_ = f"fan out: `results = for {element} in …:` with `result = {name}(…)` and `yield result`"
            self.bag.report(CALL_IN_PURE, expr.span, message, help=help_)
            return
        message = f"`{name}` is called inside another expression"
        help_ = f"bind the call to a name first, so that the step has one: `x = {name}(…)`"
        self.bag.report(NESTED_CALL, expr.span, message, help=help_, fix=bound_before(self, expr, name, scope))

    def _not_callable(self, callee: t.Member, scope: Scope) -> None:
        """`module.step(…)` inside an expression, or something with a dot that is no step."""
        path = path_of(callee)
        head = (path or "").partition(".")[0]
        if head in self.declared.poisoned:
            return
        if path is not None and self.declared.is_callable(path):
            help_ = f"bind the call to a name first, so that the step has one: `x = {path}(…)`"
            self.bag.report(NESTED_CALL, callee.span, f"`{path}` is called inside another expression", help=help_)
        elif head in self.declared.namespaces:
            near = suggest(path or "", self.declared.callable_names())
            self.bag.report(UNDEFINED_NAME, callee.span, f"`{path}` is not defined", help=f"did you mean `{near}`?" if near else None)
        elif self.infer(callee, scope).type != UNKNOWN:
            self.bag.report(BAD_OPERATION, callee.span, "this cannot be called", help=_CALLED)
