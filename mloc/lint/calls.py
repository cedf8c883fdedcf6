"""Calls that look like a slip: made twice, with two arguments exchanged, or judging a model on the rows it was trained on."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator

from mloc.diagnostics.model import Bag, Edit, Fix, Label
from mloc.diagnostics.rules import IDENTICAL_CALL, JUDGED_ON_TRAINING_ROWS, SWAPPED_ARGUMENTS
from mloc.lint.outputs import effects
from mloc.lint.program import Program
from mloc.lint.scopes import Body
from mloc.syntax import tree as t
from mloc.syntax.walk import arguments_shape, blocks, callee, shape, statements
from mloc.types.model import Metrics, Model, Table, Type
from mloc.types.signature import Signature


def calls(program: Program, bag: Bag) -> None:
    """W0408, W0318 and W0413 of every pipeline."""
    for body in program.bodies:
        _repeated(program, body.pipeline.body, {}, bag)
        _judged(program, body, bag)
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.Bind):
                _swapped(program, statement, bag)


# ---- the same call twice ----


def _repeated(program: Program, body: Iterable[t.Statement], before: dict[Hashable, t.Bind], bag: Bag) -> None:
    """Calls of this block that were made in it or around it before; what one arm calls, another may call."""
    made = dict(before)
    for statement in body:
        if isinstance(statement, t.Bind):
            key = _key(program, statement)
            first = None if key is None else made.setdefault(key, statement)
            if first is not None and first is not statement:
                _tell_repeated(statement, first, bag)
        for block in blocks(statement):
            _repeated(program, block, made, bag)


def _key(program: Program, statement: t.Bind) -> Hashable:
    """Equal for calls that give the same: None for a call that is made for what it does, or that may give something else each time."""
    name = callee(statement.value)
    found = program.called(statement.value, name)
    if found is None or not isinstance(statement.value, t.CallExpr) or not statement.value.arguments:
        return None
    declaration = found[1]
    if not declaration.signature.outputs or effects(*found) - {"none"}:
        return None
    orders, settings = frozenset(shape(e) for e in statement.after), frozenset(shape(e) for e in statement.overrides)
    return declaration, arguments_shape(statement.value.arguments), orders, settings


def _tell_repeated(statement: t.Bind, first: t.Bind, bag: Bag) -> None:
    name = callee(statement.value)
    there = Label(first.span, "the first")
    if first.name is None or statement.name is None:
        what, help_ = f"`{name}` is called twice with the same arguments", "bind the first call to a name and use that"
    else:
        what = f"`{statement.name.text}` is the same call of `{name}` as `{first.name.text}`"
        help_ = f"use `{first.name.text}` for both, or change an argument"
    note = "a step that gives something else each time declares `effects random` or `effects reads`"
    bag.report(IDENTICAL_CALL, statement.span, what, label="the same arguments", secondary=(there,), help=help_, notes=(note,))


# ---- exchanged arguments ----


def _swapped(program: Program, statement: t.Bind, bag: Bag) -> None:
    """`f(train=parts.test, test=parts.train)`: each is named as the other's input."""
    call, name = statement.value, callee(statement.value)
    if not isinstance(call, t.CallExpr) or program.called(call, name) is None:
        return
    named = {a.name.text: (a, last) for a in call.arguments if a.name is not None and (last := _last(a.value)) is not None}
    for input_, (argument, given) in named.items():
        other = named.get(given)
        if other is None or given <= input_ or other[1] != input_:
            continue
        source = program.file.source.text
        one, two = argument.value.span, other[0].value.span
        fix = Fix("maybe-incorrect", (Edit(one, source[two.start : two.end]), Edit(two, source[one.start : one.end])))
        bag.report(
            SWAPPED_ARGUMENTS,
            argument.span,
            f"inputs `{input_}` and `{given}` of `{name}` are given each other's values",
            label=f"`{given}` for `{input_}`",
            secondary=(Label(other[0].span, f"`{input_}` for `{given}`"),),
            help="exchange them",
            fix=fix,
        )


def _last(expr: t.Expr) -> str | None:
    """The last name of `a.b.c`."""
    match expr:
        case t.Name(text=text):
            return text
        case t.Member(name=name):
            return name.text
        case _:
            return None


# ---- judging a model on what it learnt from ----


def _judged(program: Program, body: Body, bag: Bag) -> None:
    trained: dict[Hashable, tuple[t.Bind, set[Hashable]]] = {}
    judged: dict[Hashable, list[tuple[t.Bind, t.Argument]]] = {}
    for statement in statements(body.pipeline.body):
        signature = program.step_of(statement.value, callee(statement.value)) if isinstance(statement, t.Bind) else None
        if signature is None or not isinstance(statement, t.Bind) or not isinstance(statement.value, t.CallExpr):
            continue
        tables = [a for a in statement.value.arguments if isinstance(_input(signature, a), Table)]
        models = [a for a in statement.value.arguments if isinstance(_input(signature, a), Model)]
        if models and any(isinstance(output.type, Metrics) for output in signature.outputs):
            for model in models:
                judged.setdefault(shape(model.value), []).extend((statement, table) for table in tables)
        elif not models and statement.name is not None:
            for taken in _models(signature, statement.name):
                trained[taken] = statement, {shape(table.value) for table in tables}
    for taken, judgements in judged.items():
        _tell_judged(taken, trained, judgements, bag)


def _tell_judged(
    taken: Hashable,
    trained: dict[Hashable, tuple[t.Bind, set[Hashable]]],
    judgements: list[tuple[t.Bind, t.Argument]],
    bag: Bag,
) -> None:
    """Only when the model is judged on nothing else: figures of both sets are compared on purpose."""
    training = trained.get(taken)
    if training is None or not judgements or any(shape(table.value) not in training[1] for _, table in judgements):
        return
    statement, table = judgements[0]
    there = Label(training[0].span, "trained here")
    message = f"`{callee(statement.value)}` judges the model on the rows that `{callee(training[0].value)}` trained it on"
    help_ = "give it rows that the model has not seen"
    bag.report(JUDGED_ON_TRAINING_ROWS, table.span, message, label="the same table", secondary=(there,), help=help_)


def _input(signature: Signature, argument: t.Argument) -> Type | None:
    name = None if argument.name is None else argument.name.text
    return next((i.type for i in signature.inputs if i.name == name), None)


def _models(signature: Signature, name: t.Identifier) -> Iterator[Hashable]:
    """How the models that a call gives are written."""
    for output in signature.outputs:
        if isinstance(output.type, Model):
            bound = t.Name(name.text, name.span)
            yield shape(t.Member(bound, t.Identifier(output.name, name.span), name.span) if signature.named_outputs else bound)
