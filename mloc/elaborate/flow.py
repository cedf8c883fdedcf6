"""Pipeline bodies: statements to regions, branches with their merged names, fan-outs with their yields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag, Edit, Fix, Label, Rule
from mloc.diagnostics.rules import (
    AFTER_RETURN,
    BAD_ATTRIBUTE,
    BAD_LIMIT,
    BAD_ORDER,
    BAD_TOLERANCE,
    NAMES_COLLIDE,
    NEXT_MISPLACED,
    NO_CALL,
    NOT_A_LIST,
    REASSIGNED,
    RECURSIVE_PIPELINE,
    RESERVED_NAME,
    UNDEFINED_NAME,
    YIELD_MISPLACED,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.calls import Calls
from mloc.elaborate.expect import Expectation, convert, declared_as
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.handlers import placed, uncallable
from mloc.elaborate.loops import loop
from mloc.elaborate.merge import label_of, merge
from mloc.elaborate.names import Ids, Place, bound_names, folded, reserved
from mloc.elaborate.narrowing import narrowing, path_of
from mloc.elaborate.options import requires_convergence
from mloc.elaborate.returns import put_before, results
from mloc.elaborate.scope import POISON, Local, Order, Poison, Scope, Value
from mloc.elaborate.steps import signature
from mloc.frozen import dataclass, field, replace
from mloc.ir.constant import whole
from mloc.ir.model import Arm, Branch, Call, Const, Expr, FanOut, Input, Merged, Node, Ref, Region, RunRequire, Settings, Step, Tolerate
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import BOOL, FLOAT, INT, RATIO, STR, UNKNOWN, Bounds, Enum, ListOf, Optional, Type, Unknown, optional
from mloc.types.show import show
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope, Found


# Its name is a keyword's, so no declared step can have it.
REQUIRE = Step("require", (Input("ok", BOOL), Input("message", STR)), (), named_outputs=True, run=RunRequire())


@dataclass(slots=True)
class Block:
    """What a block gave: its nodes, and the `yield`s, `return`s and `next`s found in it.

    `gates` are the `require`s that all later nodes wait for. `around` are the handlers and options met, `handlers` those to be run.
    """

    nodes: list[Node] = field(default_factory=list)
    gates: tuple[str, ...] = ()
    yields: list[t.Yield] = field(default_factory=list)
    returns: list[t.Return] = field(default_factory=list)
    nexts: list[t.Next] = field(default_factory=list)
    around: list[t.Handler | t.Options] = field(default_factory=list)
    handlers: list[t.Handler] = field(default_factory=list)

    def add(self, node: Node) -> None:
        """Append a node, behind the gates passed so far."""
        gates = tuple(gate for gate in self.gates if gate not in node.after)
        self.nodes.append(replace(node, after=node.after + gates) if gates else node)


@dataclass(slots=True)
class Flow:
    """Elaborates the body of one pipeline; `active` are the pipelines being called, outermost first.

    `bounds` are the ranges of its whole-number parameters, `spelt` the names bound so far by what engines make of them.
    With `converge` every loop must end by its `until`.
    """

    file: FileScope
    exprs: Expressions
    calls: Calls
    ids: Ids
    active: tuple[t.PipelineDef, ...]
    bounds: Mapping[str, tuple[int, int]]
    converge: bool = False
    spelt: dict[str, tuple[str, Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.exprs.pipeline = self.active[-1]

    def block(self, body: tuple[t.Statement, ...], scope: Scope, place: Place) -> Block:
        """The nodes of a block; its names are bound in `scope`."""
        block = Block()
        for statement in body:
            if (block.returns or block.handlers) and not isinstance(statement, t.Handler):
                what = "`return`" if block.returns else f"`{block.handlers[0].kind}` but another handler"
                help_ = "put it before `return`" if block.returns else "handlers stand at the end of a pipeline: put it before them"
                early = None if block.returns else put_before(self.file.source, statement, block.handlers[0])
                self._report(AFTER_RETURN, statement.span, f"nothing may follow {what}", help=help_, fix=early)
                if isinstance(statement, t.Return) and place.top and not block.returns:
                    block.returns.append(statement)
                break
            self.exprs.around = statement.span, scope
            self._statement(statement, scope, place, block)
            self.exprs.around = None
        return block

    def _statement(self, statement: t.Statement, scope: Scope, place: Place, block: Block) -> None:
        match statement:
            case t.Bind():
                self._bind(statement, scope, place, block)
            case t.If():
                self._if(statement, scope, place, block)
            case t.For():
                self._for(statement, scope, place, block)
            case t.Yield():
                self._yield(statement, place, block)
            case t.Return():
                if not place.top:
                    self._report(AFTER_RETURN, statement.span, "`return` stands at the end of the pipeline, not inside a block")
                else:
                    block.returns.append(statement)
            case t.Next():
                if place.in_loop:
                    block.nexts.append(statement)
                else:
                    self._report(NEXT_MISPLACED, statement.span, "`next` stands only at the end of a `loop`")
            case t.Loop():
                self.bind(statement.name, loop(self, statement, scope, place, block), scope)
            case t.Require():
                self._require(statement, scope, place, block)
            case t.Options() | t.Handler():
                placed(self, statement, place, block)

    def _report(
        self, rule: Rule, span: Span, message: str, *, help: str | None = None, secondary: tuple[Label, ...] = (), fix: Fix | None = None
    ) -> None:
        self.file.bag.report(rule, span, message, help=help, secondary=secondary, fix=fix)

    # ---- binding ----

    def bind(self, name: t.Identifier | None, local: Local, scope: Scope) -> None:
        """Bind a name, unless it is reserved or already bound here or outside."""
        if name is None:
            return
        why = reserved(name.text)
        if why is not None:
            self._report(RESERVED_NAME, name.span, f"`{name.text}` {why} and cannot be bound", help="choose another name")
            scope.names.setdefault(name.text, Poison(name.span))
            return
        before = scope.lookup(name.text)
        if before is not None:
            there = Label(before.span, "first bound here")
            help_ = "a name is bound once; choose another"
            if scope.parent is not None and name.text not in scope.names:
                help_ = (
                    "a block cannot change an outer name: an `if` binds it in every branch, "
                    "a `for` collects values with `yield`, a `loop` has a state"
                )
            self._report(REASSIGNED, name.span, f"`{name.text}` is bound twice", secondary=(there,), help=help_)
            return
        declared = self.file.spans.get(name.text)
        if declared is not None and name.text in self.file.names:
            kind = self.file.constant_or_kind(name.text)
            if not isinstance(kind, str) or kind in ("enum", "record", "type"):
                there = Label(declared, "declared here")
                self._report(
                    REASSIGNED, name.span, f"`{name.text}` is already declared in this file", secondary=(there,), help="choose another name"
                )
                return
        other, span = self.spelt.setdefault(folded(name.text), (name.text, name.span))
        if other != name.text:
            there = Label(span, "the other one")
            message = f"`{name.text}` and `{other}` differ only in case or underscores"
            self._report(NAMES_COLLIDE, name.span, message, secondary=(there,), help="engines make one name of both; rename one")
        scope.names[name.text] = local

    def _bind(self, statement: t.Bind, scope: Scope, place: Place, block: Block) -> None:
        value = statement.value
        if isinstance(value, t.CallExpr) and (callee := _callee(value)) is not None:
            found = self.file.find(callee)
            if found is not None and isinstance(found.declaration, t.StepDef):
                id_ = self.ids.named(statement.name.text if statement.name else found.declaration.name.text, place)
                node, local = self.calls.call(statement, found, scope, id_)
                if node is not None:
                    block.add(node)
                self.bind(statement.name, local, scope)
                return
            if found is not None and isinstance(found.declaration, t.PipelineDef):
                self.bind(statement.name, self._pipeline(statement, found, scope, place, block), scope)
                return
        self._value(statement, scope)

    def _pipeline(self, statement: t.Bind, found: Found, scope: Scope, place: Place, block: Block) -> Local:
        """A called pipeline: one node, a branch with a single arm, whose nodes stand below the name of the call."""
        declaration = found.declaration
        assert isinstance(declaration, t.PipelineDef)
        assert isinstance(statement.value, t.CallExpr)
        span = statement.span if statement.name is None else statement.name.span
        if declaration in self.active:
            names = [d.name.text for d in self.active[self.active.index(declaration) :]]
            if declaration.name.text == min(names):
                # every pipeline of the cycle is elaborated and comes round to itself: one of them tells
                path = " → ".join([*names, declaration.name.text])
                help_ = "a pipeline may not call itself, directly or through another"
                self._report(RECURSIVE_PIPELINE, statement.value.span, f"a pipeline cannot call itself: {path}", help=help_)
            return Poison(span)
        if uncallable(self.file, declaration, statement.value):
            return Poison(span)
        called = signature(found.file, declaration.name, declaration.signature, declaration.doc)
        args = self.calls.arguments(statement.value, called, scope)
        after = self.calls.order(statement.after, scope)
        if statement.overrides:
            self._report(BAD_ATTRIBUTE, statement.overrides[0].span, "`with` applies to the call of a step, and this is a pipeline")
        id_ = self.ids.named(statement.name.text if statement.name else declaration.name.text, place)
        exprs = Expressions(found.file, self.file.bag, self.exprs.provenance)
        inner = Flow(
            found.file,
            exprs,
            replace(self.calls, file=found.file, exprs=exprs),
            self.ids,
            (*self.active, declaration),
            bounds_of(called),
            requires_convergence(declaration.body),
        )
        names_in = Scope()
        for input_ in called.inputs:
            value = args[input_.name]
            known = not isinstance(value.type, Unknown)
            names_in.names[input_.name] = Value(declared_as(value, input_.type), input_.span) if known else Poison(input_.span)
        body = inner.block(declaration.body, names_in, place.called(id_))
        given = results(found.file, exprs, called, body.returns, names_in)
        merged = tuple(Merged(label_of(r.name, ()), r.type, (r.value,)) for r in given)
        if any(isinstance(r.value.type, Unknown) for r in given) or len(given) != len(called.outputs):
            return Poison(span)
        block.add(Branch(id_, (Arm("else", None, Region(tuple(body.nodes))),), merged, after, statement.span))
        return self.calls.bound(called, {r.name: Ref(r.type, id_, m.name) for r, m in zip(given, merged, strict=True)}, id_, span)

    def _require(self, statement: t.Require, scope: Scope, place: Place, block: Block) -> None:
        """A condition that everything after it in the block waits for, and may rely on."""
        ok: Expr = Const(BOOL, "false") if statement.condition is None else self.exprs.condition(statement.condition, scope)
        message = self.exprs.value(statement.message, scope, Expectation(STR, "the message"))
        id_ = self.ids.named(REQUIRE.name, place)
        if not isinstance(ok.type, Unknown) and not isinstance(message.type, Unknown):
            self.require(ok, message, id_, block, statement.span)
        if statement.condition is not None:
            scope.narrowed.update(narrowing(self.exprs, statement.condition, scope, when=True))

    def require(self, ok: Expr, message: Expr, id_: str, block: Block, span: Span) -> None:
        """Add a node that fails with a message unless `ok`; all later nodes of the block wait for it."""
        self.calls.steps.setdefault(REQUIRE.name, REQUIRE)
        block.add(Call(id_, REQUIRE.name, (("ok", ok), ("message", message)), (), Settings(), span))
        block.gates = (*block.gates, id_)

    def _value(self, statement: t.Bind, scope: Scope) -> None:
        value = statement.value
        if statement.name is None:
            callee = _callee(value) if isinstance(value, t.CallExpr) else None
            if callee is None:
                self._report(
                    NO_CALL, statement.span, "this does nothing: it is neither a call nor bound to a name", help="bind it: `name = …`"
                )
            elif self.file.constant_or_kind(callee) is None:
                near = suggest(callee, self.file.callable_names())
                help_ = f"did you mean `{near}`?" if near else "declare it with `step`"
                fix = None if not isinstance(value, t.CallExpr) else correction(value.callee.span, callee, self.file.callable_names())
                self._report(UNDEFINED_NAME, value.span, f"`{callee}` is not defined", help=help_, fix=fix)
            else:
                self.exprs.infer(value, scope)
            return
        if statement.after or statement.overrides:
            what = "`after`" if statement.after else "`with`"
            self._report(BAD_ORDER, statement.span, f"{what} applies to a call, and this is only a value")
        expr = self.exprs.typed(value, scope)
        self.bind(
            statement.name, Poison(statement.name.span) if isinstance(expr.type, Unknown) else Value(expr, statement.name.span), scope
        )

    # ---- branches ----

    def _if(self, statement: t.If, scope: Scope, place: Place, block: Block) -> None:
        bound = [bound_names(arm.body) for arm in statement.arms]
        shared = frozenset(name for names in bound for name in names if sum(name in other for other in bound) > 1)
        id_ = self.ids.named(statement.name.text, place) if statement.name else self.ids.unnamed("if", place)
        exhaustive = self._exhaustive(statement, scope)
        narrowed: dict[str, Type] = {}
        arms: list[Arm] = []
        scopes: list[Scope] = []
        broken = False
        for index, arm in enumerate(statement.arms):
            outer = scope.inner()
            outer.narrowed.update(narrowed)
            condition = None
            inner = outer.inner()
            if arm.condition is not None:
                self.exprs.around = (statement.span if index == 0 else arm.span), outer
                condition = self.exprs.condition(arm.condition, outer)
                broken |= isinstance(condition.type, Unknown)
                inner.narrowed.update(narrowing(self.exprs, arm.condition, outer, when=True))
                narrowed = narrowed | narrowing(self.exprs, arm.condition, outer, when=False)
            label = "else" if arm.condition is None else "then" if index == 0 else f"elif{index}"
            given = self.block(arm.body, inner, place.arm(label, shared))
            for misplaced in given.yields:
                self._report(
                    YIELD_MISPLACED,
                    misplaced.span,
                    "`yield` stands at the end of a `for`, not inside an `if`",
                    help="bind a name in every branch and yield that",
                )
            last = exhaustive and index == len(statement.arms) - 1
            arms.append(Arm(label, None if last else condition, Region(tuple(given.nodes))))
            scopes.append(inner)
        if arms[-1].condition is not None:
            arms.append(Arm("else", None, Region()))
            scopes.append(scope.inner())
        merged, names = merge(id_, scopes, self.file.bag)
        if not broken:
            block.add(Branch(id_, tuple(arms), merged, (), statement.span))
        for name, local in names.items():
            self.bind(t.Identifier(name, local.span), Poison(local.span) if broken else local, scope)
        self.bind(statement.name, Order("an `if`", statement.span, id_), scope)

    def _exhaustive(self, statement: t.If, scope: Scope) -> bool:
        """Whether a chain without else compares one enum with each of its members."""
        if statement.arms[-1].condition is None:
            return False
        paths: set[str] = set()
        members: set[str] = set()
        enum: Type = UNKNOWN
        for arm in statement.arms:
            match arm.condition:
                case t.Binary(op="==", left=left, right=t.Member(name=member)) if path_of(left) is not None:
                    paths.add(path_of(left) or "")
                    members.add(member.text)
                    if len(paths) == 1 and isinstance(enum, Unknown):
                        enum = Expressions(self.file, Bag()).infer(left, scope).type
                case _:
                    return False
        return len(paths) == 1 and isinstance(enum, Enum) and members == set(enum.members)

    # ---- fan-outs ----

    def _for(self, statement: t.For, scope: Scope, place: Place, block: Block) -> None:
        source = self.exprs.typed(statement.source, scope)
        item_type = self._item(statement, source)
        limit = self._limit(statement, scope)
        tolerate = None if statement.tolerate is None else self._tolerate(statement.tolerate, scope)
        id_ = self.ids.named(statement.name.text, place) if statement.name else self.ids.unnamed("for", place)
        inner = scope.inner()
        item: Local = (
            Poison(statement.item.span) if isinstance(item_type, Unknown) else Value(Ref(item_type, id_, "item"), statement.item.span)
        )
        self.bind(statement.item, item, inner)
        body = self.block(statement.body, inner, place.body(id_))
        result = self._result(statement, body, inner)
        if statement.tolerate is not None and result is not None and not isinstance(result.type, Unknown):
            result = convert(result, optional(result.type))
        good = not isinstance(source.type, Unknown) and not isinstance(item_type, Unknown)
        good = good and not (result is not None and isinstance(result.type, Unknown))
        if good:
            region = Region(tuple(body.nodes))
            block.add(FanOut(id_, statement.item.text, item_type, source, limit, region, result, (), tolerate, statement.span))
        self.bind(statement.name, self._collected(statement, id_, result, good), scope)

    def _collected(self, statement: t.For, id_: str, result: Expr | None, good: bool) -> Local:
        span = statement.span if statement.name is None else statement.name.span
        if not good:
            return Poison(span)
        if result is None:
            return Order("a `for` without `yield`", span, id_)
        return Value(Ref(ListOf(result.type), id_, "result"), span)

    def _item(self, statement: t.For, source: Expr) -> Type:
        if isinstance(source.type, ListOf):
            return source.type.item
        if not isinstance(source.type, Unknown):
            written = self.exprs.written(statement.source.span)
            help_ = None
            if isinstance(source.type, Optional) and isinstance(source.type.item, ListOf):
                help_ = "it may be null: give a fallback with `?? []`"
            self.file.bag.report(
                NOT_A_LIST,
                statement.source.span,
                f"`for` needs a list, but {written} is `{show(source.type)}`",
                label=f"`{show(source.type)}`",
                help=help_ or "a fan-out runs its block once for each element of a list",
            )
        return UNKNOWN

    def _limit(self, statement: t.For, scope: Scope) -> int | None:
        if statement.limit is None:
            return None
        value = self.exprs.typed(statement.limit, scope)
        constant = self.file.compile_time(value, statement.limit.span, "`limit`")
        if isinstance(constant.type, Unknown):
            return None
        if constant.type != INT or not constant.text.isdigit() or int(constant.text) < 1:
            self._report(
                BAD_LIMIT,
                statement.limit.span,
                "`limit` is a whole number of at least 1",
                help="as in `limit 4`; leave it out for no limit",
            )
            return None
        return int(constant.text)

    def _tolerate(self, expr: t.Expr, scope: Scope) -> Tolerate | None:
        constant = self.file.compile_time(self.exprs.typed(expr, scope), expr.span, "what a fan-out tolerates")
        number = constant.text
        if constant.type == INT and number.isdigit():
            return Tolerate("count", number)
        if constant.type == RATIO and number.replace(".", "", 1).isdigit() and 0 <= float(number) <= 1:
            from decimal import Decimal

            return Tolerate("percent", format((Decimal(number) * 100).normalize(), "f"))
        if not isinstance(constant.type, Unknown):
            share = constant.type == FLOAT and number.replace(".", "", 1).isdigit() and 0 <= float(number) <= 1
            fix = Fix("maybe-incorrect", (Edit(expr.span, f"{float(number) * 100:g}pct"),)) if share else None
            help_ = "as in `tolerate 3` or `tolerate 10pct`"
            self._report(BAD_TOLERANCE, expr.span, "`tolerate` is a number of items, or a share of them up to 100pct", help=help_, fix=fix)
        return None

    def _yield(self, statement: t.Yield, place: Place, block: Block) -> None:
        if not place.in_fan_out:
            self._report(
                YIELD_MISPLACED, statement.span, "`yield` stands only in a `for`", help="a pipeline gives its outputs with `return`"
            )
            return
        if block.yields:
            there = Label(block.yields[0].span, "the first")
            self._report(
                YIELD_MISPLACED, statement.span, "a `for` has one `yield`", secondary=(there,), help="yield a record: `yield {a: …, b: …}`"
            )
            return
        block.yields.append(statement)

    def _result(self, statement: t.For, body: Block, scope: Scope) -> Expr | None:
        if not body.yields:
            return None
        if statement.name is None:
            self._report(
                YIELD_MISPLACED, body.yields[0].span, "this `for` yields, but nothing takes the list", help="bind it: `name = for …`"
            )
            return POISON
        return self.exprs.typed(body.yields[0].value, scope)


def _callee(call: t.CallExpr) -> str | None:
    if isinstance(call.callee, t.Name):
        return call.callee.text
    if isinstance(call.callee, t.Member) and isinstance(call.callee.value, t.Name):
        return f"{call.callee.value.text}.{call.callee.name.text}"
    return None


def bounds_of(signature: Signature) -> dict[str, tuple[int, int]]:
    """The ranges of the whole-number parameters that have one."""
    found = {}
    for input_ in signature.inputs:
        if input_.type == INT and isinstance(input_.domain, Bounds):
            found[input_.name] = (whole(input_.domain.low), whole(input_.domain.high))
    return found
