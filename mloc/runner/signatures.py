"""Binding a step's inputs to the parameters of a Python function."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Callable

from .arguments import to_python
from .artifacts import suffix
from .hints import hints_of, wants_path
from .program import Step
from .scalars import Invalid, Value
from .types import ARTIFACTS, base_type

Function = Callable[..., object]


def bind_arguments(function: Function, step: Step, inputs: dict[str, Value], out: Path) -> tuple[dict[str, object], dict[str, Path]]:
    """The keyword arguments of a call, and the paths among them that the function writes outputs to, by output.

    Raises Invalid when the function does not take the step's inputs.
    """
    parameters, hints = _parameters(function), hints_of(function)
    name = getattr(function, "__qualname__", type(function).__name__)
    _check_parameters(name, parameters, step)
    sinks = _sinks(name, parameters, hints, step, out)
    arguments: dict[str, object] = dict(sinks)
    for declared in step.inputs:
        arguments[declared.name] = to_python(declared.type, inputs[declared.name], hints.get(declared.name), declared.name)
    return arguments, sinks


def _parameters(function: Function) -> dict[str, inspect.Parameter]:
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:
        # Functions written in C may not tell their parameters.
        return {"anything": inspect.Parameter("anything", inspect.Parameter.VAR_KEYWORD)}


def _check_parameters(name: str, parameters: dict[str, inspect.Parameter], step: Step) -> None:
    takes_any = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values())
    for declared in step.inputs:
        found = parameters.get(declared.name)
        if found is not None and found.kind is inspect.Parameter.POSITIONAL_ONLY:
            raise Invalid(f"the function `{name}` takes `{declared.name}` by position only; inputs are given by name")
        if found is None and not takes_any:
            raise Invalid(f"the function `{name}` has no parameter `{declared.name}`, which the step has as an input")


def _sinks(name: str, parameters: dict[str, inspect.Parameter], hints: dict[str, object], step: Step, out: Path) -> dict[str, Path]:
    """Parameters annotated `Path` that are named as an output take the path to write it to."""
    given = {declared.name for declared in step.inputs}
    outputs = {output.name: base_type(output.type) for output in step.outputs}
    sinks: dict[str, Path] = {}
    for parameter in parameters.values():
        kind = outputs.get(parameter.name)
        if parameter.name in given or parameter.kind in (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL):
            continue
        if isinstance(kind, ARTIFACTS) and wants_path(hints.get(parameter.name)):
            sinks[parameter.name] = out / f"{parameter.name}{suffix(kind)}"
        elif parameter.default is inspect.Parameter.empty:
            raise Invalid(f"the function `{name}` needs the argument `{parameter.name}`, which is not an input of the step")
    return sinks
