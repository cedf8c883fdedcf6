"""Step calls: arguments against inputs, rows through the call, settings and ordering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    ARGUMENT_DOMAIN,
    ARGUMENT_TWICE,
    BAD_ATTRIBUTE,
    BAD_ORDER,
    DUPLICATE_COLUMN,
    MISSING_ARGUMENT,
    POSITIONAL_ARGUMENT,
    UNDEFINED_NAME,
    UNKNOWN_ARGUMENT,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.attributes import SETTINGS, Leaves, settings
from mloc.elaborate.elsewhere import bound_elsewhere
from mloc.elaborate.expect import Expectation, Provenance
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.patience import no_timeout, unless_said
from mloc.elaborate.scope import POISON, Local, Order, Outputs, Poison, Scope, Value
from mloc.frozen import dataclass, replace
from mloc.ir.constant import NoValue, is_constant, outside, value_of
from mloc.ir.handlers import RUN_NODE, Kind
from mloc.ir.model import Call, Const, Expr, Ref, Step
from mloc.ir.walk import refs
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import UNKNOWN, Optional, Row, Table, Type, Unknown, optional
from mloc.types.relate import substitute
from mloc.types.show import show
from mloc.types.signature import Input, Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope, Found


ENDED = "there is nothing to wait for: the body has ended before its handlers run"


@dataclass(slots=True)
class Calls:
    """Elaborates the calls of one pipeline; `steps` collects the steps used, by their name in the IR.

    `handler` is the handler that the calls stand in, if they stand in one; all of `ended` has ended by then.
    """

    file: FileScope
    exprs: Expressions
    provenance: Provenance
    steps: dict[str, Step]
    handler: Kind | None = None
    ended: frozenset[str] = frozenset()

    def call(self, statement: t.Bind, found: Found, scope: Scope, id_: str) -> tuple[Call | None, Local]:
        """The node of a call and what its name stands for; no node when the step itself has errors."""
        assert isinstance(found.declaration, t.StepDef)
        assert isinstance(statement.value, t.CallExpr)
        signature = found.file.steps.signature(found.declaration)
        step = found.file.steps.step(found.declaration)
        args = self.arguments(statement.value, signature, scope)
        after = self.order(statement.after, scope)
        leaves = self._overrides(statement.overrides, scope)
        outputs = self._outputs(signature, args, statement.value.span)
        self.provenance.calls[id_] = (signature, args)
        span = statement.span if statement.name is None else statement.name.span
        fields = {n: POISON if isinstance(type_, Unknown) else Ref(type_, id_, n) for n, type_ in outputs.items()}
        local = self.bound(signature, fields, id_, span)
        if step is None or any(isinstance(a.type, Unknown) for a in args.values()):
            return None, local
        declared, own = step
        name = self._name(declared)
        ordered = tuple((i.name, args[i.name]) for i in signature.inputs)
        defaults = found.file.defaults()
        if self.handler is not None:
            defaults = unless_said(defaults)
        merged = settings(defaults, own, leaves)
        if self.handler is not None and merged.timeout_ms is None:
            no_timeout(self.file, statement, found.declaration.name.text, self.handler)
        return Call(id_, name, ordered, after, merged, statement.span, _attribute_spans(found, statement)), local

    def _name(self, step: Step) -> str:
        """The step's name in the IR: its own, or a numbered one when another file's step has it."""
        name, number = step.name, 1
        while name in self.steps and self.steps[name] is not step and self.steps[name].span != step.span:
            number += 1
            name = f"{step.name}_{number}"
        self.steps.setdefault(name, step if name == step.name else replace(step, name=name))
        return name

    # ---- arguments ----

    def arguments(self, call: t.CallExpr, signature: Signature, scope: Scope) -> dict[str, Expr]:
        """A value for every input: the argument given, or the default; what does not fit is reported and poisoned."""
        inputs = {i.name: i for i in signature.inputs}
        given: dict[str, t.Argument] = {}
        for argument in call.arguments:
            self._argument(argument, signature, inputs, given)
        args: dict[str, Expr] = {}
        missing: list[str] = []
        for input_ in signature.inputs:
            if input_.name in given:
                args[input_.name] = self._given(given[input_.name].value, input_, signature, scope)
            elif input_.default is not None:
                args[input_.name] = Const(input_.type, input_.default)
            else:
                missing += [] if isinstance(input_.type, Unknown) else [input_.name]
                args[input_.name] = POISON
        strangers = sum(a.name is None or a.name.text not in inputs for a in call.arguments)
        if len(missing) > strangers:
            # with as many arguments that the step does not know, those are the mistake, and reported
            self._missing(call, signature, missing, given)
        return args

    def _argument(self, argument: t.Argument, signature: Signature, inputs: dict[str, Input], given: dict[str, t.Argument]) -> None:
        bag = self.file.bag
        if argument.name is None:
            free = [name for name in inputs if name not in given]
            fix = None
            if free:
                start = argument.span.start
                fix = Fix("maybe-incorrect", (Edit(Span(argument.span.file, start, start), f"{free[0]}="),))
                given[free[0]] = argument
            inputs_text = ", ".join(inputs)
            bag.report(
                POSITIONAL_ARGUMENT,
                argument.span,
                f"the arguments of `{signature.name}` are given by name",
                help=f"its inputs are {inputs_text}",
                fix=fix,
            )
            return
        name = argument.name.text
        if name in given:
            there = Label((given[name].name or argument.name).span, "first here")
            bag.report(ARGUMENT_TWICE, argument.name.span, f"`{name}` is given twice", secondary=(there,))
            return
        if name not in inputs:
            free = [i for i in inputs if i not in given]
            near = suggest(name, free)
            options = ", ".join(f"`{i}`" for i in inputs)
            help_ = f"did you mean `{near}`?" if near else f"its inputs are {options}" if inputs else "it takes no inputs"
            fix = correction(argument.name.span, name, free)
            there = Label(signature.span, "declared here")
            bag.report(
                UNKNOWN_ARGUMENT, argument.name.span, f"`{signature.name}` has no input `{name}`", secondary=(there,), help=help_, fix=fix
            )
            if near:
                given[near] = argument
            return
        given[name] = argument

    def _given(self, value: t.Expr, input_: Input, signature: Signature, scope: Scope) -> Expr:
        expectation = Expectation(input_.type, f"input `{input_.name}` of `{signature.name}`", input_.span)
        expr = self.exprs.value(value, scope, expectation)
        if input_.domain is None or isinstance(expr.type, Unknown) or not is_constant(expr):
            return expr
        try:
            problem = outside(input_.domain, input_.type, value_of(expr).text, input_.name)
        except NoValue as error:
            problem = str(error)
        if problem is not None:
            there = Label(input_.span, "its domain is declared here")
            self.file.bag.report(ARGUMENT_DOMAIN, value.span, f"input `{input_.name}` of `{signature.name}`: {problem}", secondary=(there,))
        return expr

    def _missing(self, call: t.CallExpr, signature: Signature, missing: list[str], given: dict[str, t.Argument]) -> None:
        names = ", ".join(f"`{n}`" for n in missing)
        types = {i.name: i for i in signature.inputs}
        word = "input" if len(missing) == 1 else "inputs"
        labels = tuple(Label(types[n].span, "required here") for n in missing[:3])
        shown = ", ".join(f"{n}: {show(types[n].type)}" for n in missing)
        self.file.bag.report(
            MISSING_ARGUMENT,
            call.span,
            f"the call of `{signature.name}` is missing its {word} {names}",
            label="missing here",
            secondary=labels,
            help=f"give `{missing[0]}=…` ({shown})" if len(missing) == 1 else f"give {shown}",
        )

    # ---- outputs ----

    def _outputs(self, signature: Signature, args: dict[str, Expr], span: Span) -> dict[str, Type]:
        bound: dict[str, Row] = {}
        unknown: set[str] = set()
        for input_ in signature.inputs:
            wanted = _table(input_.type)
            if wanted is None or wanted.row.variable is None:
                continue
            given = _table(args[input_.name].type)
            if given is None:
                unknown.add(wanted.row.variable)
                continue
            named = {c.name for c in wanted.row.columns}
            rest = tuple(c for c in given.row.columns if c.name not in named)
            bound[wanted.row.variable] = Row(rest, open=given.row.open)
        return {o.name: self._output(signature, o.name, o.type, bound, unknown, span) for o in signature.outputs}

    def _output(self, signature: Signature, name: str, type_: Type, bound: dict[str, Row], unknown: set[str], span: Span) -> Type:
        table = _table(type_)
        if table is None or table.row.variable is None:
            return type_
        if table.row.variable in unknown:
            return UNKNOWN
        row, twice = substitute(table.row, bound)
        if twice:
            columns = ", ".join(f"`{c}`" for c in twice)
            self.file.bag.report(DUPLICATE_COLUMN, span, f"output `{name}` of `{signature.name}` would have {columns} twice here")
        return optional(Table(row, table.name)) if isinstance(type_, Optional) else Table(row, table.name)

    def bound(self, signature: Signature, fields: Mapping[str, Expr], id_: str, span: Span) -> Local:
        """What the name of a call stands for."""
        if not fields:
            return Order(f"a call of `{signature.name}`, which has no outputs", span, id_)
        if signature.named_outputs:
            return Outputs(fields, signature, span, id_)
        only = fields["result"]
        return Poison(span) if isinstance(only.type, Unknown) else Value(only, span)

    # ---- modifiers ----

    def order(self, after: tuple[t.Expr, ...], scope: Scope) -> tuple[str, ...]:
        """The nodes that `after` names: a call, a region, or whatever a value needs."""
        nodes: dict[str, None] = {}
        for expr in after:
            local = scope.lookup(expr.text) if isinstance(expr, t.Name) else None
            match local:
                case Outputs(node="") | Order(node=""):
                    self.file.bag.report(BAD_ORDER, expr.span, ENDED)
                    continue
                case Outputs(node=node) | Order(node=node):
                    nodes[node] = None
                    continue
                case Poison():
                    continue
                case None if isinstance(expr, t.Name) and self.file.constant_or_kind(expr.text) is None:
                    pipeline = self.exprs.pipeline
                    if pipeline is not None and bound_elsewhere(pipeline, expr.text, expr.span, self.file.source, self.file.bag):
                        continue
                    near = suggest(expr.text, scope.visible())
                    help_ = f"did you mean `{near}`?" if near else "`after` names calls, regions or values bound before"
                    fix = correction(expr.span, expr.text, scope.visible())
                    self.file.bag.report(UNDEFINED_NAME, expr.span, f"`{expr.text}` is not defined", help=help_, fix=fix)
                    continue
                case _:
                    pass
            value = self.exprs.infer(expr, scope)
            read = [ref.node for ref in refs(value) if ref.node not in ("$", RUN_NODE) and ref.output != "item"]
            found = [node for node in read if node not in self.ended]
            if not found and not isinstance(value.type, Unknown):
                said = ENDED if read else "there is nothing to wait for: this is known before the call"
                self.file.bag.report(BAD_ORDER, expr.span, said)
            nodes.update(dict.fromkeys(found))
        return tuple(nodes)

    def _overrides(self, overrides: tuple[t.Expr, ...], scope: Scope) -> Leaves:
        leaves: Leaves = {}
        for expr in overrides:
            name = expr.callee.text if isinstance(expr, t.CallExpr) and isinstance(expr.callee, t.Name) else None
            if name not in SETTINGS or not isinstance(expr, t.CallExpr):
                near = suggest(name or "", list(SETTINGS))
                help_ = f"did you mean `{near}`?" if near else "as in `with resources(memory=8GiB), timeout(1h)`"
                self.file.bag.report(BAD_ATTRIBUTE, expr.span, "`with` takes settings of this call", help=help_)
                continue
            leaves.update(self.file.steps.attributes.seeing(scope).one(name, expr.arguments, expr.span))
        return leaves


def _attribute_spans(found: Found, statement: t.Bind) -> tuple[tuple[str, Span], ...]:
    """Where the attributes of a call stand: at the call, else in its step, else in the defaults of the step's file."""
    assert isinstance(found.declaration, t.StepDef)
    defaults = [a for d in found.file.module.declarations if isinstance(d, t.DefaultsDef) for a in d.attributes]
    spans = {attribute.name.text: attribute.span for attribute in (*defaults, *found.declaration.attributes)}
    for expr in statement.overrides:
        if isinstance(expr, t.CallExpr) and isinstance(expr.callee, t.Name):
            spans[expr.callee.text] = expr.span
    return tuple(spans.items())


def _table(type_: Type) -> Table | None:
    bare = type_.item if isinstance(type_, Optional) else type_
    return bare if isinstance(bare, Table) else None
