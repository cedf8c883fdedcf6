"""A pipeline's `return`: against the outputs it declares, and before the handlers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import ARGUMENT_TWICE, MISSING_RETURN_STATEMENT, POSITIONAL_ARGUMENT, RETURN_MISMATCH_OUTPUTS
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.expect import Expectation
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.scope import Scope
from mloc.ir.model import Result
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t
from mloc.types.show import show
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope


def results(file: FileScope, exprs: Expressions, found: Signature, returns: list[t.Return], scope: Scope) -> tuple[Result, ...]:
    """The outputs of a pipeline from its `return`, each of its declared type; none when the `return` does not match."""
    if not returns:
        if found.outputs:
            names = ", ".join(f"`{o.name}`" for o in found.outputs)
            shown = ", ".join(f"{o.name}=…" for o in found.outputs) if found.named_outputs else "…"
            file.bag.report(
                MISSING_RETURN_STATEMENT,
                found.span,
                f"pipeline `{found.name}` declares {names} but returns nothing",
                help=f"end it with `return {shown}`",
            )
        return ()
    statement = returns[0]
    exprs.around = statement.span, scope
    if not found.outputs:
        file.bag.report(
            RETURN_MISMATCH_OUTPUTS, statement.span, f"pipeline `{found.name}` declares no outputs", help="declare them: `-> (name: type)`"
        )
        return ()
    if not found.named_outputs:
        return _unnamed(file, exprs, found, statement, scope)
    given: dict[str, t.Argument] = {}
    wanted = [o.name for o in found.outputs]
    for argument in statement.arguments:
        if argument.name is None:
            file.bag.report(
                POSITIONAL_ARGUMENT, argument.span, "the outputs of a pipeline are returned by name", help=f"as in `return {wanted[0]}=…`"
            )
            return ()
        if argument.name.text in given:
            file.bag.report(ARGUMENT_TWICE, argument.name.span, f"`{argument.name.text}` is returned twice")
        elif argument.name.text not in wanted:
            near = suggest(argument.name.text, wanted)
            help_ = f"did you mean `{near}`?" if near else f"its outputs are {', '.join(f'`{w}`' for w in wanted)}"
            message = f"pipeline `{found.name}` has no output `{argument.name.text}`"
            fix = correction(argument.name.span, argument.name.text, [w for w in wanted if w not in given])
            file.bag.report(RETURN_MISMATCH_OUTPUTS, argument.name.span, message, help=help_, fix=fix)
            if near:
                given[near] = argument
            continue
        given[argument.name.text] = argument
    missing = [o for o in found.outputs if o.name not in given]
    if missing:
        names = ", ".join(f"`{o.name}`" for o in missing)
        there = tuple(Label(o.span, "declared here") for o in missing[:3])
        file.bag.report(RETURN_MISMATCH_OUTPUTS, statement.span, f"`return` does not give {names}", secondary=there)
        return ()
    results = []
    for output in found.outputs:
        expectation = Expectation(output.type, f"output `{output.name}` of `{found.name}`", output.span)
        results.append(Result(output.name, output.type, exprs.value(given[output.name].value, scope, expectation), output.domain))
    return tuple(results)


def _unnamed(file: FileScope, exprs: Expressions, found: Signature, statement: t.Return, scope: Scope) -> tuple[Result, ...]:
    output = found.outputs[0]
    if len(statement.arguments) != 1 or statement.arguments[0].name is not None:
        message = f"pipeline `{found.name}` has one unnamed output of type `{show(output.type)}`"
        file.bag.report(RETURN_MISMATCH_OUTPUTS, statement.span, message, help="return one value: `return …`")
        return ()
    expectation = Expectation(output.type, f"the output of `{found.name}`", output.span)
    value = exprs.value(statement.arguments[0].value, scope, expectation)
    return (Result(output.name, output.type, value, output.domain),)


def put_before(source: SourceFile, statement: t.Statement, handler: t.Handler) -> Fix | None:
    """What puts a `return` before a handler, its whole lines."""
    if not isinstance(statement, t.Return):
        return None
    low = source.line_start(source.position(statement.span.start).line)
    end = source.text.find("\n", statement.span.end)
    high = len(source.text) if end < 0 else end + 1
    line = source.text[low:high]
    at = source.line_start(source.position(handler.span.start).line)
    insert = Edit(Span(source.path, at, at), line if line.endswith("\n") else f"{line}\n")
    return Fix("machine-applicable", (insert, Edit(Span(source.path, low, high), "")))
