"""A target's table of attributes, and what its servers can do by version: data that comes with its backend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from mloc.frozen import dataclass
from mloc.types.encode import Json

Place: TypeAlias = Literal["pipeline", "step"]
Level: TypeAlias = Literal["refused", "ignored"]

GENERIC = ("image", "resources", "retry", "timeout", "env")
"""The attributes of steps that a block of any target may hold, too: they override those of the step for that target."""


RAW = "raw"
"""The attribute that goes into the bundle as it is; the pipeline's own, unlike others, is not that of its steps."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute. `schema` is the JSON Schema of its value; `key` the property that a value without a name stands for."""

    name: str
    schema: Mapping[str, Json]
    places: tuple[Place, ...]
    since: str | None
    until: str | None
    example: str
    key: str | None
    doc: str


@dataclass(frozen=True, slots=True)
class Capability:
    """A construct that servers before `since` refuse, or accept and ignore. `feature` is its name in `mloc.backend.Feature`."""

    feature: str
    since: str
    level: Level
    reason: str
    alternative: str


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """All that may be said to one target; `oldest` and `newest` bound the versions of its server, `version` is the one assumed."""

    target: str
    oldest: str
    newest: str
    version: str
    attributes: Mapping[str, Attribute]
    capabilities: tuple[Capability, ...]

    def maps(self) -> frozenset[str]:
        """The attributes that are merged key by key, because their keys are the user's."""
        return frozenset(name for name, a in self.attributes.items() if a.schema.get("type") == "object" and "properties" not in a.schema)

    def at(self, place: Place) -> list[str]:
        """The attributes that may stand in a place."""
        return [name for name, attribute in self.attributes.items() if place in attribute.places]
