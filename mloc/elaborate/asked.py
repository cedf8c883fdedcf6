"""What is asked for a step by an attribute, wherever it stands: in the step, in `defaults`, in `with`, in a target."""

from __future__ import annotations

from collections.abc import Iterator

from mloc.syntax import tree as t


def asked(module: t.Module, step: str, names: tuple[str, ...]) -> dict[str, t.Argument]:
    """The named arguments of the attributes `names` for a step. A target's paths name calls, and so may mean any step."""
    found: dict[str, t.Argument] = {}
    for declaration in module.declarations:
        match declaration:
            case t.DefaultsDef(attributes=attributes):
                found.update(_named(_arguments(attributes, names)))
            case t.TargetDef(items=items):
                for item in items:
                    if isinstance(item, t.SecretSource):
                        continue
                    found.update(_named(_arguments(item.attributes if isinstance(item, t.StepOverride) else (item,), names)))
            case t.PipelineDef(body=body):
                found.update(_named(_overrides(body, step, names)))
            case _:
                pass
    own = [d for d in module.declarations if isinstance(d, t.StepDef) and d.name.text == step]
    for declaration in own:
        found.update(_named(_arguments(declaration.attributes, names)))
    return found


def _named(arguments: Iterator[t.Argument]) -> dict[str, t.Argument]:
    return {argument.name.text: argument for argument in arguments if argument.name is not None}


def _arguments(attributes: tuple[t.Attribute, ...], names: tuple[str, ...]) -> Iterator[t.Argument]:
    return (argument for attribute in attributes if attribute.name.text in names for argument in attribute.arguments)


def _overrides(body: tuple[t.Statement, ...], step: str, names: tuple[str, ...]) -> Iterator[t.Argument]:
    for statement in body:
        match statement:
            case t.Bind(value=t.CallExpr(callee=t.Name(text=called)), overrides=overrides) if called == step:
                for override in overrides:
                    if isinstance(override, t.CallExpr) and isinstance(override.callee, t.Name) and override.callee.text in names:
                        yield from override.arguments
            case t.If(arms=arms):
                for arm in arms:
                    yield from _overrides(arm.body, step, names)
            case t.For(body=inner) | t.Loop(body=inner) | t.Handler(body=inner):
                yield from _overrides(inner, step, names)
            case _:
                pass
