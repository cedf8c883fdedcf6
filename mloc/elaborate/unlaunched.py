"""What a schedule or trigger cannot give to a parameter: names of the pipeline, which only a run knows, and files by their path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Label
from mloc.diagnostics.rules import TYPE_MISMATCH, UNDEFINED_NAME
from mloc.elaborate.names import bound_names
from mloc.elaborate.narrowing import path_of
from mloc.ir.model import RUN
from mloc.syntax import tree as t
from mloc.types.model import is_artifact
from mloc.types.show import show
from mloc.types.signature import Input, Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope


def unlaunched(file: FileScope, launch: t.LaunchDef, signature: Signature, expr: t.Expr, input_: Input) -> bool:
    """Report a value that no launch has, and say so."""
    return _of_the_run(file, launch, signature, expr) or _path(file, launch, expr, input_)


def _of_the_run(file: FileScope, launch: t.LaunchDef, signature: Signature, expr: t.Expr) -> bool:
    name = (path_of(expr) or "").partition(".")[0]
    if not name or file.constant_or_kind(name) is not None:
        return False
    pipelines = [d for d in file.module.declarations if isinstance(d, t.PipelineDef) and d.name.text == signature.name]
    if name in {i.name for i in signature.inputs}:
        why = f"it is a parameter of `{signature.name}` itself"
    elif any(name in bound_names(pipeline.body) for pipeline in pipelines):
        why = f"a run of `{signature.name}` binds it"
    else:
        return False
    help_ = f"give a constant, or one of {', '.join(f'`run.{each}`' for each in RUN)}"
    message = f"`{name}` is not known when {launch.kind} `{launch.name.text}` starts a run: {why}"
    file.bag.report(UNDEFINED_NAME, expr.span, message, help=help_)
    return True


def _path(file: FileScope, launch: t.LaunchDef, expr: t.Expr, input_: Input) -> bool:
    if not isinstance(expr, t.Text) or not is_artifact(input_.type):
        return False
    message = f"{launch.kind} `{launch.name.text}` cannot give `{input_.name}` a path: it is a `{show(input_.type)}`"
    asset = 'a trigger may give an asset: `asset("…")`; else ' if launch.kind == "trigger" else ""
    help_ = f"{asset}take the path as a `str`, and let a step read it"
    file.bag.report(TYPE_MISMATCH, expr.span, message, secondary=(Label(input_.span, "declared here"),), help=help_)
    return True
