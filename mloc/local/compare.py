"""How one run of a pipeline differs from another, by their reports: what an engine did against what the reference did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc.frozen import dataclass
from mloc.ir.model import Pipeline
from mloc.local.order import out_of_order
from mloc.runner.jsons import Json, canonical
from mloc.types.model import ListOf, MapOf, Optional, Record, Type, is_artifact


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs, and what it is in the reference and in the other run; a step that one of them lacks is null there."""

    what: str
    reference: Json
    found: Json


def compare(pipeline: Pipeline, reference: Mapping[str, Json], other: Mapping[str, Json]) -> tuple[Difference, ...]:
    """Every way in which a run report differs from that of the reference, the most telling first.

    Where artifacts lie is no difference, their content is; neither are times, but for a step that began before what it waits for had ended.
    """
    return tuple(_differences(pipeline, reference, other))


def _differences(pipeline: Pipeline, reference: Mapping[str, Json], other: Mapping[str, Json]) -> Iterator[Difference]:
    yield from _unequal("status", reference["status"], other["status"])
    for key in ("step", "message", "line"):
        yield from _unequal(f"error: {key}", _part(reference["error"], key), _part(other["error"], key))
    results = {result.name: result.type for result in pipeline.results}
    yield from _values("output", results, reference["outputs"], other["outputs"])
    parameters = {parameter.name: parameter.type for parameter in pipeline.parameters}
    yield from _values("parameter", parameters, reference["params"], other["params"])
    yield from _steps(pipeline, _mapping(reference["steps"]), _mapping(other["steps"]))
    for before, after in out_of_order(pipeline, _mapping(other["steps"])):
        yield Difference(f"order: step `{after}`", f"after `{before}`", f"began before `{before}` had ended")


def _steps(pipeline: Pipeline, reference: Mapping[str, Json], other: Mapping[str, Json]) -> Iterator[Difference]:
    types = {step.name: {output.name: output.type for output in step.outputs} for step in pipeline.steps}
    for id_ in dict.fromkeys((*reference, *other)):
        if id_ not in other or id_ not in reference:
            yield Difference(f"step `{id_}`", _part(reference.get(id_), "status"), _part(other.get(id_), "status"))
            continue
        one, two = _mapping(reference[id_]), _mapping(other[id_])
        for key in ("status", "attempts"):
            yield from _unequal(f"step `{id_}`: {key}", one[key], two[key])
        for key in ("kind", "message", "line"):
            yield from _unequal(f"step `{id_}`: error: {key}", _part(one["error"], key), _part(two["error"], key))
        yield from _values(f"step `{id_}`: output", types.get(str(one["step"]), {}), one["outputs"], two["outputs"])


def _values(what: str, types: Mapping[str, Type], reference: Json, other: Json) -> Iterator[Difference]:
    one, two = _mapping(reference), _mapping(other)
    for name in dict.fromkeys((*one, *two)):
        type_ = types.get(name)
        yield from _unequal(f"{what} `{name}`", _content(type_, one.get(name)), _content(type_, two.get(name)))


def _unequal(what: str, reference: Json, found: Json) -> Iterator[Difference]:
    # As canonical text, which tells -0.0 from 0.0, 1 from 1.0 and true from 1.
    if canonical(reference) != canonical(found):
        yield Difference(what, reference, found)


def _content(type_: Type | None, value: Json) -> Json:
    """A value without the places of its artifacts."""
    match type_, value:
        case Optional(item), _:
            return _content(item, value)
        case ListOf(item), list():
            return [_content(item, one) for one in value]
        case MapOf(item), dict():
            return {key: _content(item, one) for key, one in value.items()}
        case Record(fields), dict():
            types = {field.name: field.type for field in fields}
            return {key: _content(types.get(key), one) for key, one in value.items()}
        case _, dict() if type_ is not None and is_artifact(type_):
            return {key: one for key, one in value.items() if key != "uri"}
        case _:
            return value


def _part(value: Json, key: str) -> Json:
    return value.get(key) if isinstance(value, dict) else None


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
