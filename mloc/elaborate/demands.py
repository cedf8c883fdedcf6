"""Holds what steps ask for against itself and the project: a kind of GPU without a number, and what every step must ask for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mloc.diagnostics.rules import GPU_TYPE_ALONE, REQUIRED_RESOURCE
from mloc.elaborate.asked import asked
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
    for step in steps:
        resources = asked(file.module, step.name.text, ("resources",))
        if "gpu_type" in resources and ("gpu" not in resources or _is_zero(file, step)):
            _alone(file, step.name.text, resources["gpu_type"].span)
        missing = [name for name in required if name not in resources]
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
