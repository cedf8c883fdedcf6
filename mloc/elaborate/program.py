"""A file and what it imports, elaborated: every pipeline as IR, every mistake as a diagnostic."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import UNUSED_SECRET
from mloc.elaborate import credentials
from mloc.elaborate.calls import Calls
from mloc.elaborate.declarations import FileScope, Loader, World
from mloc.elaborate.demands import check_demands
from mloc.elaborate.expect import Provenance
from mloc.elaborate.expressions import Expressions
from mloc.elaborate.flow import Flow, bounds_of
from mloc.elaborate.handlers import lower_handlers
from mloc.elaborate.names import Ids, Place
from mloc.elaborate.options import options_of
from mloc.elaborate.returns import results
from mloc.elaborate.scope import Poison, Scope, Value
from mloc.elaborate.secrets import targets as secret_targets
from mloc.elaborate.steps import signature
from mloc.elaborate.targets import Block, NoTables, Tables, TargetReader, check_paths, targets_of
from mloc.frozen import dataclass, replace
from mloc.ir.model import Parameter, Pipeline, Ref, Region, Secret, Step
from mloc.ir.walk import calls
from mloc.source import SourceFile
from mloc.syntax import tree as t
from mloc.types.model import Type, Unknown
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.launches import Launched


@dataclass(frozen=True, slots=True)
class Elaborated:
    """The pipelines of a file (with holes where it has errors), every file that was read, and the types of its pipelines' expressions."""

    pipelines: tuple[Pipeline, ...]
    files: dict[str, SourceFile]
    world: World
    file: FileScope
    types: Mapping[t.Expr, Type]


def elaborate(path: str, load: Loader, bag: Bag, tables: Tables | None = None) -> Elaborated:
    """Check a file and everything it imports; `tables` has what its targets may be told.

    Raises SourceError when the file itself cannot be read.
    """
    world = World(load, bag)
    file = world.file(path)
    for scope in tuple(world.scopes.values()):
        _declarations(scope)
    digest = _digest(world)
    types: dict[t.Expr, Type] = {}
    found = {id(scope): _pipelines(scope, digest, types, tables or NoTables()) for scope in tuple(world.scopes.values())}
    for scope in tuple(world.scopes.values()):
        _unused_secrets(scope)
        credentials.check(scope.source, bag)
    return Elaborated(found[id(file)], world.files, world, file, types)


def _pipelines(file: FileScope, digest: str, types: dict[t.Expr, Type], tables: Tables) -> tuple[Pipeline, ...]:
    blocks: tuple[Block, ...] = TargetReader(file, tables).blocks()
    found = [_pipeline(file, d, digest, types) for d in file.module.declarations if isinstance(d, t.PipelineDef)]
    if any(launched for _, launched in found):
        from mloc.elaborate import assets

        assets.check([assets.linked(pipeline, launched) for pipeline, launched in found], file.bag)
    if not blocks:
        return tuple(pipeline for pipeline, _ in found)
    check_paths(blocks, {pipeline.name: pipeline for pipeline, _ in found}, file)
    return tuple(replace(pipeline, targets=targets_of(pipeline, file, blocks)) for pipeline, _ in found)


def _digest(world: World) -> str:
    """One digest over all the program's files, whatever folder they were compiled from."""
    each = sorted(hashlib.sha256(source.text.encode()).hexdigest() for source in world.files.values())
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def _declarations(file: FileScope) -> None:
    """Check every declaration, used or not."""
    file.defaults()
    check_demands(file)
    secret_targets(file)
    for declaration in file.module.declarations:
        match declaration:
            case t.TypeAliasDef() | t.RecordDef() | t.EnumDef():
                file.type_named(declaration)
            case t.ConstDef():
                file.constant(declaration)
            case t.StepDef():
                file.steps.step(declaration)
            case t.SecretDef():
                file.secret(declaration)
            case t.LaunchDef():
                from mloc.elaborate.launches import declared  # only programs with a schedule or trigger pay for it

                declared(file, declaration)
            case _:
                pass


def _secrets(file: FileScope, *regions: Region) -> tuple[Secret, ...]:
    """The secrets that the calls of a pipeline use, sorted by name."""
    used = {name for region in regions for call in calls(region) for _, name in call.settings.secrets}
    return tuple(file.world.secrets[name] for name in sorted(used))


def _unused_secrets(file: FileScope) -> None:
    """Report what nobody uses, where there is somebody who could: a file of declarations alone is there for others."""
    declarations = file.module.declarations
    if not any(isinstance(d, (t.StepDef, t.PipelineDef)) for d in declarations):
        return
    for declaration in declarations:
        if isinstance(declaration, t.SecretDef) and id(declaration) not in file.world.used_secrets:
            name = declaration.name
            help_ = f"give it to a step: `secrets {name.text.upper()}={name.text}`; or remove it"
            file.bag.report(UNUSED_SECRET, name.span, f"no step uses the secret `{name.text}`", help=help_)


def _launches(file: FileScope, declaration: t.PipelineDef, found: Signature) -> tuple[Launched, ...]:
    if not any(isinstance(d, t.LaunchDef) for d in file.module.declarations):
        return ()
    from mloc.elaborate.launches import launches

    return launches(file, declaration, found)


def _pipeline(file: FileScope, declaration: t.PipelineDef, digest: str, types: dict[t.Expr, Type]) -> tuple[Pipeline, tuple[Launched, ...]]:
    found = signature(file, declaration.name, declaration.signature, declaration.doc)
    lines = {s.declaration.name.text: f" (line {s.file.source.position(s.declaration.name.span.start).line})" for s in file.names.values()}
    provenance = Provenance(lines=lines)
    exprs = Expressions(file, file.bag, provenance, types)
    steps: dict[str, Step] = {}
    scope = Scope()
    for input_ in found.inputs:
        unknown = isinstance(input_.type, Unknown)
        scope.names[input_.name] = Poison(input_.span) if unknown else Value(Ref(input_.type, "$", input_.name), input_.span)
    options = options_of(file.steps.attributes.seeing(scope), declaration.body)
    flow = Flow(file, exprs, Calls(file, exprs, provenance, steps), Ids(), (declaration,), bounds_of(found), options.converge)
    block = flow.block(declaration.body, scope, Place())
    outputs = results(file, exprs, found, block.returns, scope)
    handlers = lower_handlers(flow, block, scope)
    parameters = tuple(Parameter(i.name, i.type, i.default, i.domain, i.doc, i.span) for i in found.inputs)
    launched = _launches(file, declaration, found)
    region = Region(tuple(block.nodes))
    pipeline = Pipeline(
        found.name,
        parameters,
        tuple(steps.values()),
        region,
        outputs,
        Path(file.source.path).name,
        digest,
        secrets=_secrets(file, region, *handlers.values()),
        launches=tuple(each.launch for each in launched),
        options=options,
        on_failure=handlers.get("on_failure", Region()),
        final=handlers.get("finally", Region()),
        doc=found.doc,
        span=declaration.name.span,
    )
    return pipeline, launched
