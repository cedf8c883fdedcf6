"""A file and what it imports, elaborated: every pipeline as IR, every mistake as a diagnostic."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import (
    ARGUMENT_TWICE,
    MISSING_RETURN_STATEMENT,
    NOT_YET,
    POSITIONAL_ARGUMENT,
    RETURN_MISMATCH_OUTPUTS,
)
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.calls import Calls
from mloc.elaborate.declarations import FileScope, Loader, World
from mloc.elaborate.expect import Expectation, Provenance
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.flow import Flow
from mloc.elaborate.names import Ids, Place
from mloc.elaborate.scope import Poison, Scope, Value
from mloc.elaborate.steps import signature
from mloc.ir.model import Parameter, Pipeline, Ref, Region, Result, Step
from mloc.source import SourceFile
from mloc.syntax import tree as t
from mloc.types.model import Unknown
from mloc.types.show import show
from mloc.types.signature import Signature


@dataclass(frozen=True, slots=True)
class Elaborated:
    """The pipelines of a file (those without errors) and every file that was read."""

    pipelines: tuple[Pipeline, ...]
    files: dict[str, SourceFile]
    world: World


def elaborate(path: str, load: Loader, bag: Bag) -> Elaborated:
    """Check a file and everything it imports. Raises SourceError when the file itself cannot be read."""
    world = World(load, bag)
    file = world.file(path)
    for scope in tuple(world.scopes.values()):
        _declarations(scope)
    digest = _digest(world)
    found = {id(scope): _pipelines(scope, digest) for scope in tuple(world.scopes.values())}
    return Elaborated(found[id(file)], world.files, world)


def _pipelines(file: FileScope, digest: str) -> tuple[Pipeline, ...]:
    return tuple(_pipeline(file, d, digest) for d in file.module.declarations if isinstance(d, t.PipelineDef))


def _digest(world: World) -> str:
    """One digest over all the program's files, whatever folder they were compiled from."""
    each = sorted(hashlib.sha256(source.text.encode()).hexdigest() for source in world.files.values())
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def _declarations(file: FileScope) -> None:
    """Check every declaration, used or not."""
    file.defaults()
    for declaration in file.module.declarations:
        match declaration:
            case t.TypeAliasDef() | t.RecordDef() | t.EnumDef():
                file.type_named(declaration)
            case t.ConstDef():
                file.constant(declaration)
            case t.StepDef():
                file.steps.step(declaration)
            case t.SecretDef(name=name):
                file.bag.report(NOT_YET, name.span, "secrets are not available in this version of mloc", label="read, but not run yet")
            case t.LaunchDef(kind=kind, name=name):
                file.bag.report(NOT_YET, name.span, f"`{kind}` is not available in this version of mloc", label="read, but not run yet")
            case t.TargetDef(name=name):
                file.bag.report(
                    NOT_YET, name.span, "`target` blocks are not available in this version of mloc", label="read, but not run yet"
                )
            case _:
                pass


def _pipeline(file: FileScope, declaration: t.PipelineDef, digest: str) -> Pipeline:
    found = signature(file, declaration.name, declaration.signature, declaration.doc)
    lines = {s.declaration.name.text: f" (line {s.file.source.position(s.declaration.name.span.start).line})" for s in file.names.values()}
    provenance = Provenance(lines=lines)
    exprs = Expressions(file, file.bag, provenance)
    steps: dict[str, Step] = {}
    flow = Flow(file, exprs, Calls(file, exprs, provenance, steps), Ids())
    scope = Scope()
    for input_ in found.inputs:
        unknown = isinstance(input_.type, Unknown)
        scope.names[input_.name] = Poison(input_.span) if unknown else Value(Ref(input_.type, "$", input_.name), input_.span)
    block = flow.block(declaration.body, scope, Place())
    results = _results(file, exprs, found, block.returns, scope)
    parameters = tuple(Parameter(i.name, i.type, i.default, i.domain, i.doc, i.span) for i in found.inputs)
    return Pipeline(
        found.name,
        parameters,
        tuple(steps.values()),
        Region(tuple(block.nodes)),
        results,
        Path(file.source.path).name,
        digest,
        found.doc,
        declaration.name.span,
    )


def _results(file: FileScope, exprs: Expressions, found: Signature, returns: list[t.Return], scope: Scope) -> tuple[Result, ...]:
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
            file.bag.report(
                RETURN_MISMATCH_OUTPUTS, argument.name.span, f"pipeline `{found.name}` has no output `{argument.name.text}`", help=help_
            )
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
