"""Binding what a Python function returned to the step's outputs."""

from __future__ import annotations

import enum
import os
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from .artifacts import local_artifact
from .codecs import save_artifact
from .domains import check_domain
from .hints import fields_of
from .jsons import Json
from .program import Output, Step
from .scalars import Invalid, Value, check_member, check_text, describe
from .types import ARTIFACTS, Enum, Field, ListOf, MapOf, Metrics, Optional, Record, Scalar, Type, show_type
from .values import as_plain, default_of, encode

_MISSING_VALUES = ("NAType", "NaTType")


def bind_results(step: Step, result: object, sinks: dict[str, Path], out: Path) -> dict[str, Json]:
    """The wire values of the outputs. Raises Invalid (OutOfDomain for a domain) when what was returned does not fit the declaration."""
    given = _by_name(step, result, sinks)
    return {output.name: _output(output, given, sinks, out) for output in step.outputs}


def _by_name(step: Step, result: object, sinks: dict[str, Path]) -> dict[str, object]:
    """What was returned, by output: one output is the value itself, several come by field name."""
    if not step.outputs:
        return {}
    if len(step.outputs) == 1:
        (output,) = step.outputs
        return {} if result is None and output.name in sinks else {output.name: result}
    fields = _fields(result)
    if fields is None and isinstance(result, tuple) and len(result) == len(step.outputs):
        fields = {output.name: item for output, item in zip(step.outputs, result)}
    if fields is None and result is None and len(sinks) == len(step.outputs):
        fields = {}
    if fields is None:
        names = ", ".join(f"`{output.name}`" for output in step.outputs)
        wanted = f"the step has the outputs {names} and must return them by name, in a dict, NamedTuple or dataclass"
        raise Invalid(f"{wanted}; it returned {_shown(result)}")
    return fields


def _fields(result: object) -> dict[str, object] | None:
    """The named parts of a dict, NamedTuple, dataclass, pydantic or attrs object; None for anything else."""
    if isinstance(result, Mapping):
        return {str(key): value for key, value in result.items()}
    names = None if isinstance(result, type) else fields_of(type(result))
    return None if names is None else {name: getattr(result, name) for name in names}


def _output(output: Output, given: dict[str, object], sinks: dict[str, Path], out: Path) -> Json:
    name = output.name
    if name in given:
        value = to_value(output.type, given[name], name, out)
    elif name in sinks:
        value = to_value(output.type, sinks[name], name, out)
    else:
        shown = ", ".join(f"`{key}`" for key in given) or "nothing"
        raise Invalid(f"the step returned no `{name}`; it returned {shown}")
    if output.domain is not None:
        check_domain(output.type, output.domain, value, name)
    return encode(output.type, value, name)


def to_value(type_: Type, found: object, where: str, out: Path) -> Value:
    """The value of a type that a Python object stands for. Raises Invalid with what was given instead."""
    if isinstance(type_, Optional):
        missing = found is None or type(found).__name__ in _MISSING_VALUES
        return None if missing else to_value(type_.item, found, where, out)
    if isinstance(type_, ARTIFACTS):
        return as_plain(local_artifact(save_artifact(type_, found, where, out), type_))
    if isinstance(type_, Enum):
        name = found.name if isinstance(found, enum.Enum) else found
        return check_member(type_, check_text(name, where, show_type(type_)), where)
    if isinstance(type_, ListOf):
        return [to_value(type_.item, item, f"{where}[{at}]", out) for at, item in enumerate(_elements(type_, found, where))]
    if isinstance(type_, (MapOf, Record, Metrics)):
        fields = _fields(found)
        if fields is None:
            raise _mismatch(type_, found, where)
        if isinstance(type_, MapOf):
            return {check_text(key, where): to_value(type_.value, item, f"{where}[{key!r}]", out) for key, item in fields.items()}
        return {field.name: _field(field, fields, where, out) for field in type_.fields}
    return _scalar(type_, found, where)


def _field(field: Field, fields: dict[str, object], where: str, out: Path) -> Value:
    if field.name not in fields:
        return default_of(field, where)
    return to_value(field.type, fields[field.name], f"{where}.{field.name}", out)


def _elements(type_: Type, found: object, where: str) -> Iterable[object]:
    if isinstance(found, (list, tuple)):
        return found
    to_list = getattr(found, "tolist", None)
    listed = to_list() if callable(to_list) else None
    if not isinstance(listed, list):
        raise _mismatch(type_, found, where)
    return listed


def _scalar(type_: Scalar, found: object, where: str) -> Value:
    plain = _unboxed(found)
    if type_.name in ("int", "bytes") and isinstance(plain, int) and not isinstance(plain, bool):
        return int(plain)
    if type_.name in ("float", "ratio") and isinstance(plain, (int, float)) and not isinstance(plain, bool):
        return _float(plain, where)
    if type_.name == "bool" and isinstance(plain, bool):
        return plain
    if type_.name == "str" and isinstance(plain, str):
        return str.__str__(plain)
    if type_.name == "date" and isinstance(plain, date) and not isinstance(plain, datetime):
        return plain
    if type_.name == "datetime" and isinstance(plain, datetime):
        return _instant(plain, where)
    if type_.name == "duration" and isinstance(plain, timedelta):
        return _milliseconds(plain, where)
    if type_.name == "null" and plain is None:
        return None
    raise _mismatch(type_, found, where)


def _unboxed(found: object) -> object:
    """The Python value of a scalar of numpy, or of an array or tensor without dimensions."""
    item = getattr(found, "item", None)
    return item() if callable(item) and getattr(found, "shape", None) == () else found


def _float(number: float, where: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise Invalid(f"`{where}`: an integer of {int(number).bit_length()} bits does not fit a 64-bit float") from None


def _instant(moment: datetime, where: str) -> datetime:
    if moment.utcoffset() is None:
        raise Invalid(f"`{where}`: expected datetime, the step gave {moment.isoformat()} without a zone; an instant needs one")
    if getattr(moment, "nanosecond", 0):
        raise Invalid(f"`{where}`: the step gave {moment.isoformat()}, finer than microseconds")
    try:
        return datetime.fromisoformat(moment.isoformat()).astimezone(timezone.utc)
    except OverflowError:
        raise Invalid(f"`{where}`: the step gave {moment.isoformat()}, which has no date in UTC") from None


def _milliseconds(duration: timedelta, where: str) -> int:
    if duration % timedelta(milliseconds=1) or getattr(duration, "nanoseconds", 0) % 1000:
        raise Invalid(f"`{where}`: the step gave {duration}, finer than milliseconds")
    return duration // timedelta(milliseconds=1)


def _mismatch(type_: Type, found: object, where: str) -> Invalid:
    return Invalid(f"`{where}`: expected {show_type(type_)}, the step gave {_shown(found)}")


def _shown(found: object) -> str:
    return describe(found) if not isinstance(found, os.PathLike) else f"the path {os.fspath(found)!r}"
