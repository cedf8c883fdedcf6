"""What a PipelineSpec keeps beside its DAGs, shared where it is the same: components, executors, and the platform's part of these."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from mloc.types.encode import Json
from mloc_kfp.spec import Doc


@dataclass(slots=True)
class Parts:
    components: dict[str, Json] = field(default_factory=dict)
    executors: dict[str, Json] = field(default_factory=dict)
    platform: dict[str, Json] = field(default_factory=dict)
    _known: dict[str, str] = field(default_factory=dict)

    def component(self, content: Doc, wanted: str, *, shared: bool = True) -> str:
        """The name of a component with this content; a new one is called after `wanted`."""
        return _name(self.components, content, f"comp-{wanted}", self._known if shared else {})

    def executor(self, content: Doc, platform: Json, wanted: str) -> str:
        """The name of an executor with this content and this platform part. Steps do not share one: its name is what people see."""
        taken = len(self.executors)
        name = _name(self.executors, content, f"exec-{wanted}", self._known, f"{wanted}{json.dumps(platform)}")
        if platform is not None and len(self.executors) > taken:
            self.platform[name] = platform
        return name


def _name(place: dict[str, Json], content: Doc, wanted: str, known: dict[str, str], more: str = "") -> str:
    text = f"{wanted[:5]}{more}{json.dumps(content, sort_keys=True)}"
    if text in known:
        return known[text]
    name, number = wanted, 1
    while name in place:
        number += 1
        name = f"{wanted}-{number}"
    known[text] = name
    place[name] = content
    return name
