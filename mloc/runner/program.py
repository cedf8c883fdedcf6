"""A program document (docs/runner.md) and checked access to its steps and units."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from .jsons import BadProgram, Json, NotCanonical, as_array, as_float, as_int, as_object, as_text, as_text_or_none, parse
from .types import Domain, Type, parse_domain, parse_type

SCHEMA = "mloc-program/1"


class Input(NamedTuple):
    """An input of a step, or a parameter of the pipeline. `default` is canonical JSON text, None when required."""

    name: str
    type: Type
    default: str | None
    domain: Domain | None


class Output(NamedTuple):
    name: str
    type: Type
    domain: Domain | None


class Step(NamedTuple):
    """A step's declaration; `run` is its JSON form."""

    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    named: bool
    run: dict[str, Json]


class Retry:
    """`count` further attempts; the delay before the k-th is `min(backoff * factor**(k-1), max_delay)`, in milliseconds."""

    ON = ("exception", "oom", "preempted", "timeout")

    def __init__(
        self, count: int = 0, backoff_ms: int = 0, factor: float = 1.0, max_delay_ms: int | None = None, on: tuple[str, ...] = ON
    ) -> None:
        self.count = count
        self.backoff_ms = backoff_ms
        self.factor = factor
        self.max_delay_ms = max_delay_ms
        self.on = on


class Unit(NamedTuple):
    """What one task of an engine does. `body` holds the fields that depend on the kind."""

    id: str
    kind: str
    file: str
    line: int | None
    captures: dict[str, Type]
    guards: tuple[tuple[str, str], ...]
    body: dict[str, Json]

    @property
    def settings(self) -> dict[str, Json]:
        return as_object(self.body.get("settings", {}), "settings")


class Program:
    """A program document. Units and steps are read when they are asked for: a task needs one of each."""

    def __init__(self, document: Json) -> None:
        self.document = as_object(document, "the program")
        schema = self.document.get("schema")
        if schema != SCHEMA:
            raise BadProgram(f"this runner reads {SCHEMA}, not {schema!r}: the program was written by another version of mloc")
        self.pipeline = as_text(self.document.get("pipeline"), "the pipeline's name")
        self.source_file = as_text(as_object(self.document.get("source"), "the source").get("file"), "the source's file")
        self.secrets = as_object(self.document.get("secrets", {}), "the secrets")
        self._steps = as_object(self.document.get("steps"), "the steps")
        self._units = as_object(self.document.get("units"), "the units")

    @property
    def unit_ids(self) -> tuple[str, ...]:
        return tuple(self._units)

    def unit(self, unit_id: str) -> Unit:
        """Raises BadProgram when there is no such unit."""
        if unit_id not in self._units:
            raise BadProgram(f"the program has no unit `{unit_id}`")
        body = as_object(self._units[unit_id], f"unit `{unit_id}`")
        captures = [as_array(pair, "a capture") for pair in as_array(body.get("captures", []), "captures")]
        guards = [as_array(pair, "a guard") for pair in as_array(body.get("guards", []), "guards")]
        line = body.get("line")
        return Unit(
            unit_id,
            as_text(body.get("kind"), "a unit's kind"),
            as_text(body.get("file", self.source_file), "a unit's file"),
            line if isinstance(line, int) and line > 0 else None,
            {as_text(key, "a capture's key"): parse_type(type_) for key, type_ in captures},
            tuple((as_text(branch, "a guard's branch"), as_text(arm, "a guard's arm")) for branch, arm in guards),
            body,
        )

    def step(self, name: str) -> Step:
        return parse_step(self.step_json(name))

    def step_file(self, name: str) -> str:
        """The file that a step is declared in."""
        return as_text(as_object(self.step_json(name), "a step").get("file", self.source_file), "a step's file")

    def step_json(self, name: str) -> Json:
        if name not in self._steps:
            raise BadProgram(f"the program has no step `{name}`")
        return self._steps[name]

    def is_item(self, key: str) -> bool:
        """Whether a capture is the current item of a fan-out, which travels in an envelope."""
        unit = self._units.get(key[: -len(".item")]) if key.endswith(".item") else None
        return isinstance(unit, dict) and unit.get("kind") == "items"


def load_program(path: str | Path) -> Program:
    """The program of a file. Raises BadProgram when it is not one that this runner reads, OSError when the file cannot be read."""
    try:
        return Program(parse(Path(path).read_text(encoding="utf-8")))
    except (NotCanonical, UnicodeDecodeError) as error:
        raise BadProgram(f"{path}: {error}") from None


def parse_step(data: Json) -> Step:
    form = as_object(data, "a step")
    outputs = [as_array(entry, "an output") for entry in as_array(form.get("outputs"), "outputs")]
    return Step(
        parse_inputs(form.get("inputs")),
        tuple(Output(as_text(name, "a name"), parse_type(type_), parse_domain(domain)) for name, type_, domain in outputs),
        form.get("named") is True,
        as_object(form.get("run"), "a step's run"),
    )


def parse_inputs(data: Json) -> tuple[Input, ...]:
    """`[[name, TYPE, default|null, DOMAIN|null], …]`."""
    entries = [as_array(entry, "an input") for entry in as_array(data, "inputs")]
    return tuple(
        Input(as_text(name, "a name"), parse_type(type_), as_text_or_none(default, "a default"), parse_domain(domain))
        for name, type_, default, domain in entries
    )


def parse_retry(data: Json) -> Retry:
    if data is None:
        return Retry()
    form = as_object(data, "a retry")
    longest = form.get("max_delay_ms")
    return Retry(
        as_int(form.get("count", 0), "retry.count"),
        as_int(form.get("backoff_ms", 0), "retry.backoff_ms"),
        as_float(form.get("factor", 1.0), "retry.factor"),
        None if longest is None else as_int(longest, "retry.max_delay_ms"),
        tuple(as_text(kind, "a kind") for kind in as_array(form.get("on", list(Retry.ON)), "retry.on")),
    )
