"""The values a pipeline is launched with: read from the command line and a file, checked before anything starts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mloc.cli.codes import UsageError
from mloc.diagnostics.model import Bag
from mloc.diagnostics.suggest import did_you_mean
from mloc.elaborate.literals import UNITS, quantity
from mloc.ir.model import Parameter, Pipeline
from mloc.runner.domains import check_domain
from mloc.runner.jsons import BadProgram, Json, NotCanonical, as_object, canonical, parse, shorten
from mloc.runner.remote import is_remote
from mloc.runner.remote_store import put_given
from mloc.runner.scalars import Invalid, float_wire
from mloc.runner.store import Store, StoreError
from mloc.runner.types import parse_domain, parse_type
from mloc.runner.values import decode, encode
from mloc.source import Span
from mloc.syntax.tree import Quantity
from mloc.types.encode import domain_json, type_json
from mloc.types.model import BOOL, BYTES, DATE, DATETIME, DURATION, FLOAT, RATIO, STR, Enum, Optional, Scalar, Type, is_artifact
from mloc.types.show import show

_UNITS = {DURATION: "`45min`, `10s`", BYTES: "`4GiB`, `500MB`", RATIO: "`20pct`"}


def parameters(pipeline: Pipeline, settings: Sequence[str], file: Path | None, store: Store) -> dict[str, str]:
    """The wire texts of the values given, by parameter; files that they name are put into the store.

    `settings` are `name=value` texts and win over the JSON object in `file`. Raises UsageError, which lists everything that is wrong.
    """
    declared = {parameter.name: parameter for parameter in pipeline.parameters}
    wrong: list[str] = []
    found: dict[str, str] = {}
    given: dict[str, Json | _Text] = {**({} if file is None else _read(file)), **_split(settings)}
    for name, value in given.items():
        if name not in declared:
            hint = did_you_mean(name, declared) or f"it has {', '.join(f'`{d}`' for d in declared) or 'none'}"
            wrong.append(f"`{pipeline.name}` has no parameter `{name}`; {hint}")
            continue
        try:
            found[name] = _checked(declared[name], value, store)
        except (Invalid, NotCanonical, StoreError) as error:
            wrong.append(str(error))
    missing = [p for p in pipeline.parameters if p.default is None and p.name not in given]
    wrong += [f"the parameter `{p.name}` has no default and needs a value: --set {p.name}=… ({show(p.type)})" for p in missing]
    if wrong:
        raise UsageError("\n  ".join(["nothing was started:", *wrong]) if len(wrong) > 1 else wrong[0])
    return found


class _Text(str):
    """A value as the command line gives it, still to be read by its parameter's type."""

    __slots__ = ()


def _split(settings: Sequence[str]) -> dict[str, _Text]:
    found: dict[str, _Text] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {setting}: write it as NAME=VALUE")
        if name.strip() in found:
            raise UsageError(f"--set {name.strip()} is given twice")
        found[name.strip()] = _Text(value)
    return found


def _read(file: Path) -> Mapping[str, Json]:
    try:
        return as_object(parse(file.read_text(encoding="utf-8-sig")), "the document")
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}") from None
    except (BadProgram, ValueError) as error:
        raise UsageError(f"{file}: {error}; it should be a JSON object of parameter names and values") from None


def _checked(parameter: Parameter, value: Json | _Text, store: Store) -> str:
    """The wire text of a value. Raises Invalid, NotCanonical or StoreError."""
    type_ = parse_type(type_json(parameter.type))
    json = _value_of(parameter, value) if isinstance(value, _Text) else value
    if isinstance(json, str) and is_artifact(_required(parameter.type)):
        json = _stored(parameter, json, store)
    decoded = decode(type_, json, parameter.name)
    domain = parse_domain(domain_json(parameter.domain))
    if domain is not None:
        check_domain(type_, domain, decoded, parameter.name)
    return canonical(encode(type_, decoded, parameter.name))


def _value_of(parameter: Parameter, text: _Text) -> Json:
    """A text of the command line as JSON: the text itself where the type is read bare, else what it says in JSON."""
    type_ = _required(parameter.type)
    if type_ is not parameter.type and text == "null":
        return None
    if isinstance(type_, Enum) or is_artifact(type_) or type_ in (STR, DATE, DATETIME):
        return str(text)
    if isinstance(type_, Scalar) and type_ in _UNITS:
        return _quantity(parameter, text, type_)
    if type_ in (FLOAT, RATIO) and (number := _float(text)) is not None:
        return float_wire(number)
    try:
        return parse(text)
    except NotCanonical as error:
        wanted = f"`{parameter.name}`: expected {show(parameter.type)}"
        if not isinstance(type_, Scalar):
            raise NotCanonical(f"{wanted}, written as JSON; {error}") from None
        hint = "write true or false" if type_ == BOOL else "write a number"
        raise NotCanonical(f"{wanted}, not {shorten(text)} ({hint})") from None


def _quantity(parameter: Parameter, text: _Text, type_: Scalar) -> Json:
    """A duration, a number of bytes or a ratio, written as in the language: `45min`, `4GiB`, `20pct`; a ratio also as a number."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([A-Za-z]+)", text)
    problems = Bag()
    if match is not None and match.group(2) in UNITS:
        found = quantity(Quantity(match.group(1), match.group(2), Span("--set", 0, len(text))), problems)
        if found.type == type_:
            return parse(found.text)
    if type_ == RATIO and (number := _float(text)) is not None:
        return float_wire(number)
    raise NotCanonical(
        f"`{parameter.name}`: expected {show(parameter.type)}, not {shorten(text)} (write it with its unit: {_UNITS[type_]})"
    )


def _float(text: str) -> float | None:
    """The number that a text writes, also without a digit before the point, with a plus sign, or as nan and inf."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def _required(type_: Type) -> Type:
    return type_.item if isinstance(type_, Optional) else type_


def _stored(parameter: Parameter, text: str, store: Store) -> Json:
    """The descriptor of a file or folder of the user's, here or at a URL, which is copied into the store."""
    if not is_remote(text) and not text.startswith("file:") and not Path(text).exists():
        raise Invalid(f"`{parameter.name}`: there is no file or folder {text!r} ({show(parameter.type)})")
    try:
        return put_given(text, type_json(_required(parameter.type)), store)
    except StoreError as error:
        raise StoreError(f"`{parameter.name}`: {error}") from error
