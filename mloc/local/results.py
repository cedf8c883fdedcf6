"""Results of cached steps: one record a key beside the artifacts, found again while it holds."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from hashlib import sha256

from mloc.frozen import dataclass
from mloc.ir.model import Call, Pipeline, Step
from mloc.ir.walk import every_call
from mloc.local.keys import Keys, Parts, key
from mloc.local.shelf import Shelf, is_there
from mloc.runner.jsons import Json, canonical, parse
from mloc.runner.store import StoreError

SCHEMA = "mloc-result/1"


@dataclass(frozen=True, slots=True)
class Asked:
    """A call at one place, with its key; `outputs` are those that are kept of it, None when it has to run, and `why`.

    `stale` when something is kept that is not to be found again.
    """

    place: str
    key: str
    parts: Parts
    why: str
    outputs: dict[str, Json] | None
    stale: bool = False

    @property
    def json(self) -> dict[str, Json]:
        """As it stands in reports."""
        return {"key": self.key, "hit": self.outputs is not None, "why": self.why}


class Results:
    """The results that a store keeps for one pipeline. `refresh` names steps and calls that run, and whose results are kept anew.

    Many processes may use one store at once: a record is there whole or not at all, and the first one stays.
    """

    def __init__(self, shelf: Shelf, pipeline: Pipeline, keys: Keys, run_id: str, refresh: frozenset[str] = frozenset()) -> None:
        self._shelf = shelf
        self._pipeline = pipeline
        self._keys = keys
        self._run_id = run_id
        self._refresh = refresh
        self._steps = {step.name: step for step in pipeline.steps}
        self._calls = {call.id: call for call in every_call(pipeline) if _may_be_kept(call)}

    def call(self, unit: str) -> Call | None:
        """The call that a unit stands for, if its results may be kept."""
        return self._calls.get(unit)

    def ask(self, call: Call, place: str, inputs: Mapping[str, Json]) -> Asked:
        """Look for the result of a call. What cannot be read is not there, and says why."""
        step = self._steps[call.step]
        parts = self._keys.parts(call, step, inputs)
        name = key(parts)
        if self._refresh & {step.name, call.id, place}:
            return Asked(place, name, parts, "it was asked to run again", None, stale=True)
        record = self._record(name)
        if isinstance(record, str):
            return Asked(place, name, parts, record or self._changed(place, parts), None, stale=record != "")
        late = _late(call, record)
        outputs = record["outputs"]
        assert isinstance(outputs, dict)
        why = late or _gone(step, outputs)
        if why:
            return Asked(place, name, parts, why, None, stale=True)
        return Asked(place, name, parts, f"as in run {record['run']}", outputs)

    def keep(self, asked: Asked, step: str, outputs: Mapping[str, Json]) -> None:
        """Keep the result of a call, unless its code was edited while it ran. Raises StoreError."""
        if not self._keys.still(self._steps[step]):
            return
        record: dict[str, Json] = {"schema": SCHEMA, "key": asked.key, "created": int(time.time() * 1000), "run": self._run_id}
        record |= {"pipeline": self._pipeline.name, "place": asked.place, "step": step, "outputs": dict(outputs)}
        self._shelf.write(_path(asked.key), canonical(record), replace=asked.stale)
        self._shelf.write(self._last(asked.place), canonical({"schema": SCHEMA, "parts": dict(asked.parts)}), replace=True)

    def _record(self, name: str) -> dict[str, Json] | str:
        """The record of a key, or why there is none: empty when nothing was ever kept."""
        try:
            text = self._shelf.read(_path(name))
            if text is None:
                return ""
            found = parse(text)
        except StoreError as error:
            return f"what is kept of it cannot be read ({error})"
        except ValueError as error:
            return f"what is kept of it cannot be read ({type(error).__name__})"
        if not isinstance(found, dict):
            return "what is kept of it cannot be read (it is no record)"
        match found:
            case {"schema": str(schema)} if schema != SCHEMA:
                return f"what is kept of it has the format {schema}, and this version reads {SCHEMA}"
            case {"key": str(kept), "created": int(), "run": str(), "outputs": dict()} if kept == name:
                return found
            case _:
                return "what is kept of it cannot be read (it is no record)"

    def _changed(self, place: str, parts: Parts) -> str:
        """What is not as it was when this call last ran."""
        try:
            text = self._shelf.read(self._last(place))
            if text is None:
                return "nothing is kept of it yet"
            found = parse(text)
        except (StoreError, ValueError):
            return "nothing is kept of it that can be read"
        before = found.get("parts") if isinstance(found, dict) and found.get("schema") == SCHEMA else None
        if not isinstance(before, dict):
            return "nothing is kept of it that can be read"
        names = [name for name in {**parts, **before} if parts.get(name) != before.get(name)]
        return f"changed: {', '.join(names)}" if names else "its result was removed"

    def _last(self, place: str) -> str:
        digest = sha256(f"{self._pipeline.source}\0{self._pipeline.name}\0{place}".encode()).hexdigest()
        return f"last/{digest}.json"


def _path(name: str) -> str:
    digest = name.removeprefix("sha256:")
    return f"results/{digest[:2]}/{digest[2:]}.json"


def _may_be_kept(call: Call) -> bool:
    return call.settings.cache is not None and "writes" not in (call.settings.effects or ())


def _late(call: Call, record: Mapping[str, Json]) -> str | None:
    ttl = None if call.settings.cache is None else call.settings.cache.ttl_ms
    created = record["created"]
    assert isinstance(created, int)
    age = int(time.time() * 1000) - created
    return None if ttl is None or age <= ttl else f"its result is {age / 1000:.0f} s old, and holds for {ttl / 1000:.0f} s"


def _gone(step: Step, outputs: Mapping[str, Json]) -> str | None:
    """Why kept outputs cannot be given, None when they can."""
    if set(outputs) != {output.name for output in step.outputs}:
        return "what is kept of it has other outputs"
    for uri in _uris(dict(outputs)):
        if not is_there(uri):
            return f"{uri} is no longer in the store"
    return None


def _uris(value: Json) -> Iterator[str]:
    """The places of the artifacts in a value."""
    match value:
        case {"uri": str(uri), "digest": str(), "size": int(), "type": _}:
            yield uri
        case dict():
            for part in value.values():
                yield from _uris(part)
        case list():
            for part in value:
                yield from _uris(part)
        case _:
            return
