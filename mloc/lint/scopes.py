"""Which name of a pipeline's body means which binding, and how every binding is used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass, field
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import attribute_exprs, callee, operands, own

Kind: TypeAlias = Literal["parameter", "value", "for", "loop", "if", "item", "state", "element", "merged"]
Origin: TypeAlias = Union[t.Param, t.Bind, t.For, t.Loop, t.If, t.Projection]


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """One mention of a binding. `path` are the fields taken of it (`scores.report.auc` → report, auc), `whole` the expression with them.

    `how` says where that stands: in `after`, as all of an argument of a call (`call` then is that call), or anywhere else.
    """

    name: t.Name
    path: tuple[str, ...]
    whole: t.Expr
    how: Literal["after", "argument", "read"]
    call: t.CallExpr | None = None


@dataclass(eq=False, slots=True)
class Binding:
    """A name bound in a body. A merged one stands for what the arms of an `if` bind, its `merges`: a use of it is a use of them."""

    name: str
    span: Span
    kind: Kind
    origin: Origin
    merges: tuple[Binding, ...] = ()
    uses: list[Use] = field(default_factory=list)

    def used(self, use: Use) -> None:
        self.uses.append(use)
        for binding in self.merges:
            binding.used(use)

    @property
    def spared(self) -> bool:
        """Whether its name says that it is not meant to be used."""
        return self.name.startswith("_")


@dataclass(slots=True)
class Scope:
    parent: Scope | None = None
    names: dict[str, Binding] = field(default_factory=dict)

    def lookup(self, name: str) -> Binding | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None


@dataclass(eq=False, slots=True)
class Body:
    """A pipeline with its bindings in source order; `of` gives what a name in it means, None for what the file declares.

    `hidden` are the bindings of projections that hide another, with it.
    """

    pipeline: t.PipelineDef
    bindings: list[Binding] = field(default_factory=list)
    of: dict[t.Name, Binding] = field(default_factory=dict)
    hidden: list[tuple[Binding, Binding]] = field(default_factory=list)

    def of_kind(self, *kinds: Kind) -> Iterator[Binding]:
        return (binding for binding in self.bindings if binding.kind in kinds)


def resolve(pipeline: t.PipelineDef) -> Body:
    """The bindings of a pipeline and their uses."""
    body = Body(pipeline)
    scope = Scope()
    for param in pipeline.signature.params:
        _bind(body, scope, param.name, "parameter", param)
    _block(body, pipeline.body, scope)
    return body


def _bind(body: Body, scope: Scope, name: t.Identifier | None, kind: Kind, origin: Origin) -> None:
    if name is None:
        return
    binding = Binding(name.text, name.span, kind, origin)
    body.bindings.append(binding)
    scope.names.setdefault(name.text, binding)


def _block(body: Body, statements: Iterable[t.Statement], scope: Scope) -> None:
    for statement in statements:
        _statement(body, statement, scope)


def _statement(body: Body, statement: t.Statement, scope: Scope) -> None:
    match statement:
        case t.Bind():
            _value(body, statement.value, scope)
            for expr in statement.after:
                _expr(body, expr, scope, how="after")
            for expr in statement.overrides:
                _arguments(body, expr, scope)
            _bind(body, scope, statement.name, "value", statement)
        case t.If():
            _if(body, statement, scope)
        case t.For():
            for expr in own(statement):
                _expr(body, expr, scope)
            inner = Scope(scope)
            _bind(body, inner, statement.item, "item", statement)
            _block(body, statement.body, inner)
            _bind(body, scope, statement.name, "for", statement)
        case t.Loop():
            for expr in own(statement):
                _expr(body, expr, scope)
            inner = Scope(scope)
            _bind(body, inner, statement.state, "state", statement)
            _block(body, statement.body, inner)
            _bind(body, scope, statement.name, "loop", statement)
        case t.Handler():
            _block(body, statement.body, Scope(scope))
        case t.Options():
            for expr in attribute_exprs(statement.attributes):
                _expr(body, expr, scope)
        case _:
            for expr in own(statement):
                _expr(body, expr, scope)


def _if(body: Body, statement: t.If, scope: Scope) -> None:
    arms: list[Scope] = []
    for arm in statement.arms:
        if arm.condition is not None:
            _expr(body, arm.condition, scope)
        inner = Scope(scope)
        _block(body, arm.body, inner)
        arms.append(inner)
    for name in dict.fromkeys(name for arm in arms for name in arm.names):
        bound = tuple(arm.names[name] for arm in arms if name in arm.names)
        merged = Binding(name, bound[0].span, "merged", statement, bound)
        body.bindings.append(merged)
        scope.names.setdefault(name, merged)
    _bind(body, scope, statement.name, "if", statement)


def _value(body: Body, expr: t.Expr, scope: Scope) -> None:
    """What a name is bound to, or a call by itself: the callee is a declaration's, whatever is bound here."""
    if callee(expr) is not None:
        _arguments(body, expr, scope)
    else:
        _expr(body, expr, scope)


def _arguments(body: Body, expr: t.Expr, scope: Scope) -> None:
    if not isinstance(expr, t.CallExpr):
        _expr(body, expr, scope)
        return
    for argument in expr.arguments:
        _expr(body, argument.value, scope, how="argument", call=expr)


def _expr(
    body: Body, expr: t.Expr, scope: Scope, how: Literal["after", "argument", "read"] = "read", call: t.CallExpr | None = None
) -> None:
    match expr:
        case t.Name() | t.Member():
            _mention(body, expr, scope, how, call)
        case t.CallExpr() if callee(expr) is not None:
            _arguments(body, expr, scope)
        case t.Projection():
            _expr(body, expr.source, scope)
            inner = Scope(scope)
            hides = scope.lookup(expr.name.text)
            _bind(body, inner, expr.name, "element", expr)
            if hides is not None:
                body.hidden.append((inner.names[expr.name.text], hides))
            if expr.condition is not None:
                _expr(body, expr.condition, inner)
            _expr(body, expr.body, inner)
        case _:
            for operand in operands(expr):
                _expr(body, operand, scope)


def _mention(body: Body, expr: t.Expr, scope: Scope, how: Literal["after", "argument", "read"], call: t.CallExpr | None) -> None:
    path: list[str] = []
    head = expr
    while isinstance(head, t.Member):
        path.insert(0, head.name.text)
        head = head.value
    if not isinstance(head, t.Name):
        _expr(body, head, scope)
        return
    binding = scope.lookup(head.text)
    if binding is not None:
        body.of[head] = binding
        binding.used(Use(head, tuple(path), expr, how, call))
