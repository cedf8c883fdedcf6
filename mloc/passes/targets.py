"""A pipeline for one target: what its `target` blocks say of settings that every step has is written into the calls.

Before: every call with its own settings, and `resources.memory` of `fit` among the attributes of target `kfp`.
After: the calls with the settings they have on that target, and the target's own attributes ready to be looked up.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import assert_never, cast

from mloc.backend import Attributes
from mloc.frozen import replace
from mloc.ir.model import Branch, Call, FanOut, Node, Pipeline, Region, Resources, Retry, RetryOn, Settings, Target
from mloc.ir.walk import calls
from mloc.source import Span
from mloc.targets.model import GENERIC, RAW, AttributeTable
from mloc.targets.read import VERSION
from mloc.types.encode import Json

Leaves = dict[str, Json]


def for_target(pipeline: Pipeline, table: AttributeTable, image: str | None = None) -> tuple[Pipeline, Attributes]:
    """The pipeline as it is on a target, and what is said to that target; `image` is that of steps that name none.

    Without a block for the target both are as if there were an empty one.
    """
    target = next((each for each in pipeline.targets if each.name == table.target), Target(table.target, ()))
    said: dict[str, Leaves] = {"": {}}
    spans: dict[tuple[str, str], Span] = {}
    for attribute in target.attributes:
        said.setdefault(attribute.path, {})[attribute.name] = json.loads(attribute.value)
        if attribute.span is not None:
            spans[attribute.path, attribute.name] = attribute.span
    wide = said[""]
    of_steps = frozenset(table.at("step")) - {RAW}
    shared = {name: value for name, value in wide.items() if name in of_steps}
    found = [call for region in (pipeline.region, pipeline.on_failure, pipeline.final) for call in calls(region)]
    every, named = [call.id for call in found], {call.id for call in found if call.settings.image is not None}
    own = {call: _own(shared, said.get(call, {}), table.maps()) for call in every}
    spans |= {(call, name): spans.get((call, name), spans["", name]) for call in every for name in shared if ("", name) in spans}
    version = str(wide.get(VERSION, table.version))
    of_pipeline = {name: value for name, value in wide.items() if not _is_generic(name)}
    attributes = Attributes(version, of_pipeline, {call: given for call, given in own.items() if given}, spans)
    settings = {call: _generic(wide) | _generic(said.get(call, {})) for call in every}
    if image is not None:
        of_project: Leaves = {"image": image}
        settings = {call: leaves if call in named else of_project | leaves for call, leaves in settings.items()}
    return _with_settings(pipeline, {call: leaves for call, leaves in settings.items() if leaves}), attributes


def _own(shared: Leaves, own: Leaves, maps: frozenset[str]) -> Leaves:
    """The attributes of a call: over those of all calls its own, of a map key by key."""
    found = dict(shared)
    for name, value in own.items():
        before = found.get(name)
        if not _is_generic(name):
            both = name in maps and isinstance(before, dict) and isinstance(value, dict)
            found[name] = {**before, **value} if both else value  # type: ignore[dict-item]
    return found


def _is_generic(name: str) -> bool:
    return name.partition(".")[0] in GENERIC


def _generic(leaves: Leaves) -> Leaves:
    return {name: value for name, value in leaves.items() if _is_generic(name)}


# ---- settings ---------------------------------------------------------------------------------------------------------


def _with_settings(pipeline: Pipeline, leaves: Mapping[str, Leaves]) -> Pipeline:
    if not leaves:
        return pipeline

    def change(call: Call) -> Call:
        return replace(call, settings=overridden(call.settings, leaves[call.id])) if call.id in leaves else call

    region, on_failure, final = (_map(each, change) for each in (pipeline.region, pipeline.on_failure, pipeline.final))
    return replace(pipeline, region=region, on_failure=on_failure, final=final)


def _map(region: Region, change: Callable[[Call], Call]) -> Region:
    return Region(tuple(_map_node(node, change) for node in region.nodes))


def _map_node(node: Node, change: Callable[[Call], Call]) -> Node:
    match node:
        case Call():
            return change(node)
        case Branch():
            return replace(node, arms=tuple(replace(arm, region=_map(arm.region, change)) for arm in node.arms))
        case FanOut():
            return replace(node, region=_map(node.region, change))
        case _:
            assert_never(node)


def overridden(settings: Settings, leaves: Leaves) -> Settings:
    """The settings with these leaves in place of their own."""
    retry, resources = settings.retry, settings.resources
    for name, value in leaves.items():
        group, _, leaf = name.partition(".")
        if group == "retry":
            retry = _retry(retry, leaf, value)
        elif group == "resources":
            resources = _resources(resources, leaf, value)
    timeout, image = leaves.get("timeout", settings.timeout_ms), leaves.get("image", settings.image)
    env = dict(settings.env) | dict(_env(leaves))
    return replace(
        settings,
        retry=retry,
        resources=resources,
        timeout_ms=None if timeout is None else _whole(timeout),
        image=None if image is None else str(image),
        env=tuple(sorted(env.items())),
    )


def _retry(retry: Retry, leaf: str, value: Json) -> Retry:
    match leaf:
        case "count":
            return replace(retry, count=_whole(value))
        case "backoff":
            return replace(retry, backoff_ms=_whole(value))
        case "factor":
            return replace(retry, factor=float(cast("float", value)))
        case "max_delay":
            return replace(retry, max_delay_ms=_whole(value))
        case _:
            return replace(retry, on=tuple(cast("list[RetryOn]", value)))


def _resources(resources: Resources, leaf: str, value: Json) -> Resources:
    match leaf:
        case "cpu":
            return replace(resources, cpu=float(cast("float", value)))
        case "memory":
            return replace(resources, memory=_whole(value))
        case "disk":
            return replace(resources, disk=_whole(value))
        case "shm":
            return replace(resources, shm=_whole(value))
        case "gpu":
            return replace(resources, gpu=_whole(value))
        case _:
            return replace(resources, gpu_type=str(value))


def _env(leaves: Leaves) -> Iterator[tuple[str, str]]:
    for name, value in leaves.items():
        if name.startswith("env."):
            yield name.removeprefix("env."), str(value)


def _whole(value: Json) -> int:
    return int(cast("float", value))
