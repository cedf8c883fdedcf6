"""Holds what steps ask for against itself and the project: a kind of GPU without a number, and what every step must ask for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from mloc.diagnostics.rules import GPU_TYPE_ALONE, REQUIRED_RESOURCE
from mloc.source import Span
from mloc.syntax import tree as t

if TYPE_CHECKING:
    from mloc.elaborate.attributes import Leaf
    from mloc.elaborate.declarations import FileScope

_EXAMPLES = {"cpu": "cpu=1", "memory": "memory=1GiB", "disk": "disk=10GiB", "gpu": "gpu=1"}


def check_demands(file: FileScope) -> None:
    """Check the resources of every step of a file: those of its block, of `defaults`, of `with` and of targets."""
    required = file.world.project(file.source.path).config.limits.require
    steps = [d for d in file.module.declarations if isinstance(d, t.StepDef)]
    elsewhere = tuple(_elsewhere(file.module))
    for step in steps:
        own = _resources(step.attributes)
        asked = {**_resources(_defaults(file.module)), **own, **_of_calls(elsewhere, step.name.text)}
        if "gpu_type" in asked and ("gpu" not in asked or _is_zero(file, step)):
            _alone(file, step.name.text, asked["gpu_type"].span)
        missing = [name for name in required if name not in asked]
        if missing:
            _missing(file, step, missing)


def _alone(file: FileScope, step: str, span: Span) -> None:
    file.bag.report(
        GPU_TYPE_ALONE,
        span,
        f"step `{step}` asks for a `gpu_type`, but for no `gpu`",
        label="a kind, but not how many",
        help="add `gpu=1`, or leave `gpu_type` out",
    )


def _missing(file: FileScope, step: t.StepDef, missing: list[str]) -> None:
    names = " and ".join(f"`{name}`" for name in missing)
    add = ", ".join(_EXAMPLES[name] for name in missing)
    file.bag.report(
        REQUIRED_RESOURCE,
        step.name.span,
        f"step `{step.name.text}` does not ask for {names}, which the project requires of every step",
        notes=("`require` in `[tool.mloc.limits]` says so: a namespace with a quota refuses a pod that names none",),
        help=f"add `resources {add}` to it or to `defaults`, with what it needs",
    )


def _is_zero(file: FileScope, step: t.StepDef) -> bool:
    found = file.steps.step(step)
    leaves: Mapping[str, Leaf] = {} if found is None else {**file.defaults(), **found[1]}
    return leaves.get("resources.gpu") == 0


def _resources(attributes: tuple[t.Attribute, ...]) -> dict[str, t.Argument]:
    """The resources that attributes ask for, by name."""
    arguments = [argument for attribute in attributes if attribute.name.text == "resources" for argument in attribute.arguments]
    return {argument.name.text: argument for argument in arguments if argument.name is not None}


def _defaults(module: t.Module) -> tuple[t.Attribute, ...]:
    return tuple(a for declaration in module.declarations if isinstance(declaration, t.DefaultsDef) for a in declaration.attributes)


def _of_calls(elsewhere: tuple[tuple[str | None, t.Argument], ...], step: str) -> dict[str, t.Argument]:
    """What calls of a step ask for, and targets, whose paths name calls and so may mean any step."""
    return {argument.name.text: argument for name, argument in elsewhere if name in (None, step) and argument.name is not None}


def _elsewhere(module: t.Module) -> Iterator[tuple[str | None, t.Argument]]:
    """The resources asked for outside of steps, with the step's name where it is known."""
    for declaration in module.declarations:
        match declaration:
            case t.PipelineDef(body=body):
                yield from _overrides(body)
            case t.TargetDef(items=items):
                for item in items:
                    attributes = item.attributes if isinstance(item, t.StepOverride) else (item,)
                    yield from ((None, argument) for argument in _resources(attributes).values())
            case _:
                pass


def _overrides(body: tuple[t.Statement, ...]) -> Iterator[tuple[str | None, t.Argument]]:
    for statement in body:
        match statement:
            case t.Bind(value=t.CallExpr(callee=t.Name(text=step)), overrides=overrides):
                for override in overrides:
                    if isinstance(override, t.CallExpr) and isinstance(override.callee, t.Name) and override.callee.text == "resources":
                        yield from ((step, argument) for argument in override.arguments)
            case t.If(arms=arms):
                for arm in arms:
                    yield from _overrides(arm.body)
            case t.For(body=inner) | t.Loop(body=inner) | t.Handler(body=inner):
                yield from _overrides(inner)
            case _:
                pass
