"""Binding a step's inputs to the parameters of a Python function, each in the form that its annotation asks for."""

from __future__ import annotations

import enum
import inspect
from datetime import timedelta
from pathlib import Path
from typing import Callable

from .artifacts import local_path, suffix
from .codecs import load_artifact
from .hints import build, fields_of, hints_of, item_hint, origin_of, plain_hint, value_hint, wants_path
from .jsons import Json
from .program import Step
from .scalars import Invalid, Value
from .types import ARTIFACTS, Enum, ListOf, MapOf, Metrics, Record, Scalar, Type, base_type
from .values import as_json

Function = Callable[..., object]

_COLLECTIONS: dict[object, Callable[[list[object]], object]] = {tuple: tuple, set: set, frozenset: frozenset}


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


def to_python(type_: Type, value: Value, hint: object, where: str) -> object:
    """A value as the annotation asks for it; without one, in the plain form of its type. Raises Invalid when it cannot be given so."""
    type_ = base_type(type_)
    if value is None:
        return None
    if isinstance(type_, ARTIFACTS) and isinstance(value, dict):
        descriptor: dict[str, Json] = {key: as_json(item) for key, item in value.items()}
        return load_artifact(type_, local_path(descriptor), descriptor.get("type"), plain_hint(hint), where)
    if isinstance(type_, Enum) and isinstance(value, str):
        return _member(value, plain_hint(hint), where)
    if isinstance(type_, ListOf) and isinstance(value, list):
        items = [to_python(type_.item, item, item_hint(hint), f"{where}[{at}]") for at, item in enumerate(value)]
        return _COLLECTIONS.get(origin_of(hint), list)(items)
    if isinstance(type_, MapOf) and isinstance(value, dict):
        return {key: to_python(type_.value, item, value_hint(hint), f"{where}[{key!r}]") for key, item in value.items()}
    if isinstance(type_, (Record, Metrics)) and isinstance(value, dict):
        return _record(type_, value, hint, where)
    return _scalar(type_, value, plain_hint(hint))


def _scalar(type_: Type, value: Value, hint: object) -> object:
    if isinstance(type_, Scalar) and type_.name == "duration" and isinstance(value, int):
        return timedelta(milliseconds=value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


def _member(value: str, hint: object, where: str) -> object:
    if not (isinstance(hint, type) and issubclass(hint, enum.Enum)):
        return value
    if value not in hint.__members__:
        raise Invalid(f"`{where}`: the Python class {hint.__name__} has no member `{value}`; it has {', '.join(hint.__members__)}")
    return hint[value]


def _record(type_: Record | Metrics, value: dict[str, Value], hint: object, where: str) -> object:
    shape = origin_of(hint)
    names = fields_of(shape) if isinstance(shape, type) else None
    if names is None or not isinstance(shape, type):
        hinted = value_hint(hint)
        return {field.name: to_python(field.type, value[field.name], hinted, f"{where}.{field.name}") for field in type_.fields}
    hints = hints_of(shape)
    taken = [field for field in type_.fields if field.name in names]
    return build(shape, {f.name: to_python(f.type, value[f.name], hints.get(f.name), f"{where}.{f.name}") for f in taken}, where)
