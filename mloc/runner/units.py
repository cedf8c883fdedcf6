"""The units that run no user code: parameters, decide, merge, items, collect and eval."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Callable

from .domains import OutOfDomain, check_domain
from .evaluate import Scope, convert, evaluate
from .failures import ExpressionError, StepFailed
from .jsons import BadProgram, Json, NotCanonical, as_array, as_int, as_object, as_text, canonical, parse
from .program import Program, Unit, parse_inputs
from .scalars import Invalid, Value
from .spill import item_of, restored
from .store import Store, StoreError
from .types import STR, Optional, Type, parse_domain, parse_type
from .values import decode, decode_text, encode, encode_text

NULL = "null"


class BadCapture(Exception):
    """A text given for a capture is not a value of its type, or none was given; the message stands alone."""


class Lost(BadCapture):
    """A value that was too large to travel, and is not to be had where it was kept."""


class Captures:
    """The values a unit reads, decoded when they are asked for: what an untaken arm would have read need not be there."""

    def __init__(self, program: Program, unit: Unit, texts: Mapping[str, str], store: Store | None = None) -> None:
        """`store` is where values are read from that did not fit what the engine carries."""
        self._program = program
        self._unit = unit
        self._texts = dict(texts)
        self._store = store
        self._values: dict[str, Value] = {}

    @property
    def given(self) -> Iterable[str]:
        """The keys of what was given."""
        return self._texts

    def text(self, key: str) -> str | None:
        """The wire text of what was given for a key, None when nothing was."""
        text = self._texts.get(key)
        if text is None or self._store is None:
            return text
        with _kept(key):
            self._texts[key] = restored(text, self._store)
        return self._texts[key]

    def __call__(self, key: str) -> Value:
        if key not in self._values:
            self._values[key] = self._read(key)
        return self._values[key]

    def _read(self, key: str) -> Value:
        type_ = self._unit.captures.get(key, STR if key.endswith(".arm") else None)
        if type_ is None:
            raise BadProgram(f"`{self._unit.id}` reads `{key}`, which is not among its captures")
        name = key.removeprefix("$")
        text = self.text(key)
        if text is None:
            # A handler also runs when the body did not come so far.
            if "handler" in self._unit.body and isinstance(type_, Optional):
                return None
            raise BadCapture(f"`{name}`: no value was given to `{self._unit.id}`")
        try:
            if self._program.is_item(key):
                envelope = self._envelope(key)
                with _kept(key):
                    item = item_of(envelope, self._store)
                return decode(type_, item, name)
            return decode_text(type_, text, name)
        except (Invalid, NotCanonical) as error:
            raise BadCapture(str(error)) from None

    def _envelope(self, key: str) -> dict[str, Json]:
        text = self._texts[key]
        envelope = parse(text)
        if not isinstance(envelope, dict) or not {"item", "kept"} & envelope.keys() or not isinstance(envelope.get("at"), list):
            raise Invalid(f"`{key}`: not the envelope of an item: {text[:80]}")
        return envelope

    def at(self) -> list[int]:
        """The index path through the enclosing fan-outs: the longest that an item was given with."""
        found: list[int] = []
        for key in self._texts:
            if self._program.is_item(key):
                try:
                    path = [as_int(index, "an index") for index in as_array(self._envelope(key).get("at"), "an index path")]
                except (Invalid, NotCanonical) as error:
                    raise BadCapture(f"`{key}`: {error}") from None
                found = max(found, path, key=len)
        return found

    def skips(self) -> bool:
        """Whether a guard of the unit asks for another arm than the one taken."""
        return any(self(f"{branch}.arm") != arm for branch, arm in self._unit.guards)


@contextmanager
def _kept(key: str) -> Iterator[None]:
    """Say of a value that is not to be had which one it is. Raises Lost."""
    try:
        yield
    except (StoreError, OSError, BadProgram, NotCanonical) as error:
        raise Lost(f"`{key.removeprefix('$')}`: its value was too large to travel, and is not to be had: {error}") from error


def place(unit_id: str, at: list[int]) -> str:
    """A unit's id in reports: `trials[].fit` at [3] is `trials[3].fit`."""
    head, *rest = unit_id.split("[]")
    indices = [f"[{index}]" for index in at] + ["[]"] * len(rest)
    return head + "".join(index + part for index, part in zip(indices, rest))


def located(failure: StepFailed, unit: Unit, captures: Captures) -> StepFailed:
    """A unit's failure that says where it is: the file, the unit's id in reports and the line of the program that it stands for."""
    try:
        place_id = place(unit.id, captures.at())
    except BadCapture:
        place_id = unit.id
    failure.file = failure.file or unit.file
    failure.where = f"{place_id} ({unit.file}:{unit.line})" if unit.line is not None else place_id
    failure.step = place_id if unit.kind == "step" else None
    return failure


def kind_of(error: Exception) -> str:
    """The kind of failure that an error in reading or computing a unit's values is."""
    if isinstance(error, BadCapture):
        return "store" if isinstance(error, Lost) else "decoding"
    if isinstance(error, ExpressionError):
        return "expression"
    return "domain" if isinstance(error, OutOfDomain) else "contract"


def output_names(program: Program, unit: Unit) -> list[str]:
    """The names of what a unit gives."""
    if unit.kind == "step":
        return [output.name for output in program.step(as_text(unit.body.get("step"), "a unit's step")).outputs]
    if unit.kind in ("eval", "merge", "parameters"):
        entries = as_array(unit.body.get("parameters" if unit.kind == "parameters" else "values"), "values")
        return [as_text(as_array(entry, "a value")[0], "a name") for entry in entries]
    return [{"decide": "arm", "items": "items", "collect": "result"}[unit.kind]]


def skipped_outputs(program: Program, unit: Unit) -> dict[str, str]:
    """What a skipped unit gives: null for everything, no arm for a branch."""
    return {name: canonical("") if unit.kind == "decide" else NULL for name in output_names(program, unit)}


def run_plain(unit: Unit, captures: Captures) -> dict[str, str]:
    """The wire texts of a unit without user code. Raises BadCapture, ExpressionError, Invalid (OutOfDomain for a domain)."""
    rule = _RULES.get(unit.kind)
    if rule is None:
        raise BadProgram(f"unknown kind of unit `{unit.kind}`")
    return rule(unit, captures)


def _parameters(unit: Unit, captures: Captures) -> dict[str, str]:
    declared = parse_inputs(unit.body.get("parameters"))
    unknown = [key[1:] for key in captures.given if key.startswith("$") and key[1:] not in {parameter.name for parameter in declared}]
    if unknown:
        raise BadCapture(f"the pipeline has no parameter `{unknown[0]}`; it has {', '.join(f'`{p.name}`' for p in declared) or 'none'}")
    found: dict[str, str] = {}
    for parameter in declared:
        text = captures.text(f"${parameter.name}")
        text = parameter.default if text is None else text
        if text is None:
            raise BadCapture(f"the parameter `{parameter.name}` needs a value: it has no default")
        try:
            value = decode_text(parameter.type, text, parameter.name)
        except Invalid as error:
            raise BadCapture(str(error)) from None
        if parameter.domain is not None:
            check_domain(parameter.type, parameter.domain, value, parameter.name)
        found[parameter.name] = encode_text(parameter.type, value, parameter.name)
    return found


def _eval(unit: Unit, captures: Captures) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in as_array(unit.body.get("values"), "values"):
        name, type_, expr, domain = [*as_array(entry, "a value"), None][:4]
        found[as_text(name, "a name")] = _value(as_text(name, "a name"), parse_type(type_), expr, domain, captures)
    return found


def _value(name: str, type_: Type, expr: Json, domain: Json, captures: Captures) -> str:
    value = convert(type_, evaluate(expr, Scope(captures)), name)
    bounds = parse_domain(domain)
    if bounds is not None:
        check_domain(type_, bounds, value, name)
    return encode_text(type_, value, name)


def _decide(unit: Unit, captures: Captures) -> dict[str, str]:
    for arm in as_array(unit.body.get("arms"), "arms"):
        label, condition = as_array(arm, "an arm")
        if condition is None or evaluate(condition, Scope(captures)) is True:
            return {"arm": canonical(label)}
    raise BadProgram(f"the branch `{unit.id}` has no else")


def _merge(unit: Unit, captures: Captures) -> dict[str, str]:
    taken = captures(f"{as_text(unit.body.get('branch'), 'a branch')}.arm")
    found: dict[str, str] = {}
    for entry in as_array(unit.body.get("values"), "values"):
        name, type_, by_arm = as_array(entry, "a merged value")
        arms = as_object(by_arm, "a merged value")
        if taken not in arms:
            raise BadCapture(f"`{unit.id}`: the branch took the arm {taken!r}, and the program knows {', '.join(arms)}")
        found[as_text(name, "a name")] = _value(as_text(name, "a name"), parse_type(type_), arms[str(taken)], None, captures)
    return found


def _items(unit: Unit, captures: Captures) -> dict[str, str]:
    source, type_ = evaluate(unit.body.get("source"), Scope(captures)), parse_type(unit.body.get("item_type"))
    if not isinstance(source, list):
        raise Invalid(f"`{unit.id}`: the source of the fan-out is not a list")
    at = captures.at()
    envelopes: list[Json] = []
    for index, item in enumerate(source):
        where = f"{unit.id}[{index}]"
        path: list[Json] = [*at, index]
        envelopes.append(canonical({"at": path, "item": encode(type_, convert(type_, item, where), where)}))
    return {"items": canonical(envelopes)}


def _collect(unit: Unit, captures: Captures) -> dict[str, str]:
    items, type_ = captures(f"{unit.id.removesuffix('.collect')}[].yield.result"), parse_type(unit.body.get("item_type"))
    if not isinstance(items, list):
        raise Invalid(f"`{unit.id}`: what was collected is not a list")
    return {"result": canonical([encode(type_, item, f"{unit.id}[{index}]") for index, item in enumerate(items)])}


_RULES: dict[str, Callable[[Unit, Captures], dict[str, str]]] = {
    "parameters": _parameters,
    "eval": _eval,
    "decide": _decide,
    "merge": _merge,
    "items": _items,
    "collect": _collect,
}
