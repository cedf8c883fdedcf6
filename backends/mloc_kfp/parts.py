"""What a PipelineSpec keeps beside its DAGs, shared where it is the same: components, executors, and the platform's part of these."""

from __future__ import annotations

import hashlib
import json

from mloc.frozen import dataclass, field
from mloc.runner.jsons import canonical
from mloc.types.encode import Json
from mloc_kfp.containers import MARK
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

    def separate(self) -> None:
        """Give each interface a container of its own, by an argument that nothing reads.

        Kubeflow files what it knows of a component under the hash of its container, and takes all that run in one for the first.
        """
        shared, platforms, named = self.executors, self.platform, dict[tuple[str, str], str]()
        self.executors, self.platform = {}, {}
        for component in self.components.values():
            assert isinstance(component, dict)
            if "executorLabel" not in component:
                continue
            label, interface = str(component["executorLabel"]), _digest(component)
            if (label, interface) not in named:
                name, number = label, 1
                while name in self.executors or (number > 1 and name in shared):
                    number += 1
                    name = f"{label}-{number}"
                named[label, interface] = name
                self.executors[name] = _with_interface(shared[label], interface)
                if label in platforms:
                    self.platform[name] = platforms[label]
            component["executorLabel"] = named[label, interface]


def _with_interface(executor: Json, interface: str) -> Json:
    """A copy of an executor whose container has this interface as an argument."""
    assert isinstance(executor, dict)
    container = executor["container"]
    assert isinstance(container, dict)
    args = container.get("args", [])
    assert isinstance(args, list)
    # Behind ours, before any that the user added.
    at = args.index(MARK) + 1 if MARK in args else len(args)
    return {**executor, "container": {**container, "args": [*args[:at], "--interface", interface, *args[at:]]}}


def _digest(component: Doc) -> str:
    interface = {key: value for key, value in component.items() if key != "executorLabel"}
    return hashlib.sha256(canonical(interface).encode("ascii")).hexdigest()[:12]


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
