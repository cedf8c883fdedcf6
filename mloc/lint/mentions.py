"""Which top-level names a file mentions: its types, constants, steps and imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mloc.lint.program import Program
from mloc.lint.scopes import Body
from mloc.syntax import tree as t
from mloc.syntax.walk import attribute_exprs, callee, everything, parts


def mentioned(program: Program) -> frozenset[str]:
    """Every name that the file's declarations use; `module.name` for one of an imported file, beside `module`."""
    names: set[str] = set()
    bodies = {body.pipeline: body for body in program.bodies}
    for declaration in program.file.module.declarations:
        for type_ in _types(declaration):
            names.update(_with_head(type_))
        exprs: Iterable[t.Expr] = (part for expr in _exprs(declaration) for part in parts(expr))
        names.update(_of_exprs(exprs, None))
        if isinstance(declaration, t.PipelineDef):
            names.update(_of_exprs(everything(declaration.body), bodies[declaration]))
        if isinstance(declaration, t.LaunchDef):
            names.update(_with_head(declaration.pipeline.text))
        if isinstance(declaration, t.TargetDef) and declaration.pipeline is not None:
            names.update(_with_head(declaration.pipeline.text))
    return frozenset(names)


def _with_head(name: str) -> tuple[str, ...]:
    head, dot, _ = name.partition(".")
    return (name, head) if dot else (name,)


def _of_exprs(exprs: Iterable[t.Expr], body: Body | None) -> Iterator[str]:
    """The names that are none of the body's own; a callee is never one of those."""
    for expr in exprs:
        called = callee(expr)
        if called is not None:
            yield from _with_head(called)
        match expr:
            case t.Name(text=text) if body is None or expr not in body.of:
                yield text
            case t.Member(value=t.Name(text=head) as name, name=member) if body is None or name not in body.of:
                yield f"{head}.{member.text}"
            case _:
                pass


def _exprs(declaration: t.Declaration) -> Iterator[t.Expr]:
    """The expressions of a declaration, without those of a pipeline's body."""
    match declaration:
        case t.ConstDef(value=value):
            yield value
        case t.SecretDef(source=source):
            yield source
        case t.DefaultsDef(attributes=attributes) | t.LaunchDef(attributes=attributes):
            yield from attribute_exprs(attributes)
        case t.TargetDef(items=items):
            for item in items:
                match item:
                    case t.SecretSource(source=source):
                        yield source
                    case t.StepOverride(attributes=attributes):
                        yield from attribute_exprs(attributes)
                    case t.Attribute():
                        yield from attribute_exprs((item,))
        case t.StepDef(signature=signature, attributes=attributes):
            yield from _of_params(signature.params)
            yield from (expr for out in signature.outputs for expr in _of_domain(out.domain))
            yield from attribute_exprs(attributes)
        case t.PipelineDef(signature=signature):
            yield from _of_params(signature.params)
            yield from (expr for out in signature.outputs for expr in _of_domain(out.domain))
        case t.RecordDef(fields=fields):
            yield from _of_params(fields)
        case _:
            pass


def _of_params(params: Iterable[t.Param]) -> Iterator[t.Expr]:
    for param in params:
        if param.default is not None:
            yield param.default
        yield from _of_domain(param.domain)


def _of_domain(domain: t.DomainExpr | None) -> Iterator[t.Expr]:
    match domain:
        case t.RangeDomain(low=low, high=high):
            yield low
            yield high
        case t.ChoiceDomain(choices=choices):
            yield choices
        case None:
            pass


def _types(declaration: t.Declaration) -> Iterator[str]:
    """The names of the types that a declaration mentions."""
    match declaration:
        case t.TypeAliasDef(type=type_):
            yield from _of_type(type_)
        case t.RecordDef(fields=fields):
            for field in fields:
                yield from _of_type(field.type)
        case t.StepDef(signature=signature) | t.PipelineDef(signature=signature):
            for type_ in (*(p.type for p in signature.params), *(o.type for o in signature.outputs)):
                yield from _of_type(type_)
        case _:
            pass


def _of_type(type_: t.TypeExpr) -> Iterator[str]:
    if type_.name is not None:
        yield type_.name.text
    for argument in type_.arguments:
        yield from _of_type(argument)
    for column in () if type_.row is None else type_.row.columns:
        if isinstance(column, t.ColumnExpr):
            yield from _of_type(column.type)
