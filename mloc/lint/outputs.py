"""What steps give and pipelines compute, and nothing reads."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Edit, Fix, Label
from mloc.diagnostics.rules import LARGE_VALUE, UNREAD_METRICS, UNUSED_OUTPUT, UNUSED_VALUE
from mloc.elaborate.declarations import FileScope
from mloc.ir.constant import whole
from mloc.lint.program import Program
from mloc.lint.scopes import Binding, Body
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, statements
from mloc.types.model import FLOAT, INT, Bounds, Enum, ListOf, MapOf, Metrics, Optional, Record, Scalar, Type
from mloc.types.signature import Output, Signature

_FEW = 1000
"""A list or map that can only be so long is small."""


def outputs(program: Program, bag: Bag) -> None:
    """W0401, W0411 and W0412 of every pipeline."""
    for body in program.bodies:
        again = {binding for merged in body.of_kind("merged") for binding in merged.merges[1:]}
        for binding in body.bindings:
            if binding.kind == "value" and not (binding in again and _is_value(program, binding)):
                _bound(program, body, binding, bag)
            elif binding.kind in ("for", "loop") and not binding.uses and not binding.spared:
                _region(binding, bag)
        for statement in statements(body.pipeline.body):
            if isinstance(statement, t.Bind) and statement.name is None:
                _unbound(program, statement, bag)


def _is_value(program: Program, binding: Binding) -> bool:
    statement = binding.origin
    return isinstance(statement, t.Bind) and program.called(statement.value, callee(statement.value)) is None


def _bound(program: Program, body: Body, binding: Binding, bag: Bag) -> None:
    statement = binding.origin
    assert isinstance(statement, t.Bind)
    name = callee(statement.value)
    found = program.called(statement.value, name)
    if found is None:
        if not binding.uses and not binding.spared:
            message = f"`{binding.name}` is unused: its value is never read"
            bag.report(UNUSED_VALUE, binding.span, message, help="use it, or remove it; a name that begins with `_` may go unused")
        return
    declaration = found[1]
    if not declaration.signature.outputs:
        return
    if binding.uses:
        signature = program.step_of(statement.value, name)
        if signature is not None:
            _unread_metrics(binding, signature, bag)
        return
    if binding.spared or effects(found[0], declaration) & {"writes", "random"}:
        return  # the call may be there for what it does, with a name for the run report
    what = "pipeline" if isinstance(declaration, t.PipelineDef) else "step"
    there = Label(declaration.name.span, "declared here")
    fix = Fix("maybe-incorrect", (Edit(Span(binding.span.file, binding.span.start, statement.value.span.start), ""),))
    bag.report(
        UNUSED_OUTPUT,
        binding.span,
        f"`{binding.name}` is unused: nothing reads what {what} `{name}` gives",
        secondary=(there,),
        help=f"use it, or remove the call; if it is there for what it does, call it without a name: `{name}(…)`",
        fix=fix,
    )


def _unbound(program: Program, statement: t.Bind, bag: Bag) -> None:
    """A step without effects, called for its effect."""
    name = callee(statement.value)
    found = program.called(statement.value, name)
    if found is None or not found[1].signature.outputs or effects(*found) != {"none"}:
        return
    message = f"the call of `{name}` does nothing: the step has no effects, and its outputs are unused"
    there = Label(found[1].name.span, "declared with `effects none`")
    bag.report(UNUSED_OUTPUT, statement.span, message, secondary=(there,), help="bind it to a name and use that, or remove the call")


def effects(file: FileScope, declaration: t.StepDef | t.PipelineDef, within: frozenset[t.PipelineDef] = frozenset()) -> set[str]:
    """The effects that a step declares, what it publishes included; of a pipeline those of what it calls.

    `within` are the pipelines being looked at, as one that calls itself is an error and still looked at.
    """
    if isinstance(declaration, t.PipelineDef):
        return set() if declaration in within else _of_pipeline(file, declaration, within | {declaration})
    found = {"writes"} if any(a.name.text == "publish" for a in declaration.attributes) else set()
    given = (a.arguments for a in declaration.attributes if a.name.text == "effects" and a.kind is None)
    return found | {argument.value.text for arguments in given for argument in arguments if isinstance(argument.value, t.Name)}


def _of_pipeline(file: FileScope, declaration: t.PipelineDef, within: frozenset[t.PipelineDef]) -> set[str]:
    """A call without a name is there for what it does."""
    found: set[str] = set()
    for statement in statements(declaration.body):
        name = callee(statement.value) if isinstance(statement, t.Bind) else None
        called = None if name is None else file.find(name)
        if called is None or not isinstance(called.declaration, (t.StepDef, t.PipelineDef)):
            continue
        found |= effects(called.file, called.declaration, within) - {"none"}
        if isinstance(statement, t.Bind) and statement.name is None:
            found.add("writes")
    return found


def _region(binding: Binding, bag: Bag) -> None:
    statement = binding.origin
    if isinstance(statement, t.For) and not any(isinstance(s, t.Yield) for s in statement.body):
        return  # it may be named for the run report
    what = "the list that this `for` collects" if isinstance(statement, t.For) else "the value that this `loop` ends with"
    help_ = "use it, or leave out its name and the `yield`" if isinstance(statement, t.For) else "use it, or remove the loop"
    bag.report(UNUSED_VALUE, binding.span, f"`{binding.name}` is unused: {what} is never read", help=help_)


def _unread_metrics(binding: Binding, signature: Signature, bag: Bag) -> None:
    """Metrics of a call whose other outputs are used: a figure was asked for and decides nothing."""
    for output in signature.outputs:
        if isinstance(output.type, Metrics) and not _readers(binding, output, signature):
            taken = f"{binding.name}.{output.name}" if signature.named_outputs else binding.name
            there = Label(output.span, "given here")
            message = f"the metrics `{taken}` are never read nor returned"
            help_ = "return them, or test them before the result is used"
            bag.report(UNREAD_METRICS, binding.span, message, secondary=(there,), help=help_)


def _readers(binding: Binding, output: Output, signature: Signature) -> bool:
    if not signature.named_outputs:
        return any(use.how != "after" for use in binding.uses)
    return any(use.how != "after" and use.path[:1] == (output.name,) for use in binding.uses)


def large(program: Program, bag: Bag) -> None:
    """W0409: numbers, records or lists of any length that a step gives and that are only handed on whole."""
    for body in program.bodies:
        for binding in body.of_kind("value"):
            statement = binding.origin
            assert isinstance(statement, t.Bind)
            signature = program.step_of(statement.value, callee(statement.value))
            for output in () if signature is None else signature.outputs:
                if signature is not None and _is_bulky(output) and _only_passed(binding, output, signature):
                    _tell_large(binding, output, signature, bag)


def _tell_large(binding: Binding, output: Output, signature: Signature, bag: Bag) -> None:
    taken = f"{binding.name}.{output.name}" if signature.named_outputs else binding.name
    word = "map" if isinstance(output.type, MapOf) else "list"
    there = Label(output.span, f"a {word} of any length")
    bag.report(
        LARGE_VALUE,
        binding.span,
        f"`{taken}` is a {word} that is only passed on, and may be too large for that",
        secondary=(there,),
        notes=("small values travel through the engine's database, which takes kilobytes",),
        help="make it a `Table` or `File`; or say how long it may be: `in 0..100`",
    )


def _is_bulky(output: Output) -> bool:
    type_ = output.type.item if isinstance(output.type, Optional) else output.type
    match type_:
        case ListOf(item):
            return not _is_short(output) and (item in (INT, FLOAT) or _is_compound(item))
        case MapOf(value):
            return not _is_short(output) and _is_compound(value)
        case _:
            return False


def _is_short(output: Output) -> bool:
    """Whether a list or map says how many it may have: of those alone a domain is a number of items."""
    return isinstance(output.domain, Bounds) and whole(output.domain.high) <= _FEW


def _is_compound(type_: Type) -> bool:
    """Whether values of this type are several small values each; names of files are not."""
    match type_:
        case Record(fields):
            return all(isinstance(f.type, (Scalar, Enum, Optional)) for f in fields)
        case ListOf(item) | MapOf(item):
            return isinstance(item, (Scalar, Enum)) or _is_compound(item)
        case _:
            return False


def _only_passed(binding: Binding, output: Output, signature: Signature) -> bool:
    path = (output.name,) if signature.named_outputs else ()
    uses = [use for use in binding.uses if use.how != "after" and use.path[: len(path)] == path]
    return bool(uses) and all(use.how == "argument" and use.path == path for use in uses)
