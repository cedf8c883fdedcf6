"""Reads the settings of a call from the printed IR."""

from __future__ import annotations

import json
from typing import Literal, TypeAlias, cast

from mloc import patterns
from mloc.frozen import replace
from mloc.ir.model import Cache, Effect, Launch, Overlap, Resources, Retry, RetryOn, Settings
from mloc.ir.text.cursor import Cursor

_KEY = patterns.of(r"(?!env\.|secret\.)[a-z_]+(?==)")
_VARIABLE = patterns.of(r"(env|secret)\.")

Scope: TypeAlias = Literal["pipeline", "project"]
Leaf = str | int | float | None


def parse_settings(cursor: Cursor) -> Settings:
    """`retry=2 image="…"`, up to the end of the line."""
    leaves: dict[str, Leaf] = {}
    lists: dict[str, list[object]] = {}
    variables: dict[str, list[tuple[str, str]]] = {"env.": [], "secret.": []}
    while True:
        if (kind := cursor.take(_VARIABLE)) is not None:
            key = cursor.name()
            cursor.expect("=")
            variables[kind].append((key, cursor.string()))
        elif (key_ := cursor.take(_KEY)) is not None:
            cursor.expect("=")
            value = json.loads(cursor.json())
            if isinstance(value, list):
                lists[key_] = value
            else:
                leaves[key_] = value
        else:
            break
    settings = _settings(leaves, lists, cursor)
    return replace(settings, env=tuple(variables["env."]), secrets=tuple(variables["secret."]))


def _settings(leaves: dict[str, Leaf], lists: dict[str, list[object]], cursor: Cursor) -> Settings:
    usual = Retry()

    def number(key: str) -> int | None:
        value = leaves.pop(key, None)
        return value if isinstance(value, int) else None

    def real(key: str) -> float | None:
        value = leaves.pop(key, None)
        return value if isinstance(value, (int, float)) else None

    def text(key: str) -> str | None:
        value = leaves.pop(key, None)
        return value if isinstance(value, str) else None

    factor = real("factor")
    on = cast(tuple[RetryOn, ...], tuple(lists.pop("on", usual.on)))
    retry = Retry(number("retry") or 0, number("backoff") or 0, usual.factor if factor is None else factor, number("max_delay"), on)
    resources = Resources(real("cpu"), number("memory"), number("disk"), number("gpu"), text("gpu_type"), number("shm"))
    cache, effects = lists.pop("cache", None), lists.pop("effects", None)
    settings = Settings(
        retry,
        number("timeout"),
        resources,
        text("image"),
        cache=None if cache is None else _cache(cache),
        effects=None if effects is None else cast(tuple[Effect, ...], tuple(effects)),
        idempotent=leaves.pop("idempotent", None) is True,
        publishes=cast(tuple[str, ...], tuple(lists.pop("publishes", ()))),
    )
    for key in (*leaves, *lists):
        raise cursor.wrong(f"there is no setting `{key}`")
    return settings


def _cache(given: list[object]) -> Cache:
    """`[version, ttl_ms, [ignored, …], scope]`."""
    version, ttl, ignore, scope = given
    return Cache(cast("str | None", version), cast("int | None", ttl), tuple(cast(list[str], ignore)), cast(Scope, scope))


def parse_launch(cursor: Cursor, launch: Launch) -> Launch:
    """The fields of a launch that are not its usual ones: `cron="0 3 * * *" catchup=true`, up to the end of the line."""
    leaves: dict[str, object] = {}
    while (key := cursor.take(_KEY)) is not None:
        cursor.expect("=")
        leaves[key] = json.loads(cursor.json())
    cursor.end()

    def text(key: str) -> str | None:
        return cast("str | None", leaves.pop(key, None))

    found = replace(
        launch,
        cron=text("cron"),
        timezone=text("timezone") or launch.timezone,
        start=text("start"),
        end=text("end"),
        catchup=leaves.pop("catchup", None) is True,
        overlap=cast(Overlap, leaves.pop("overlap", launch.overlap)),
        assets=tuple(cast(list[str], leaves.pop("assets", []))),
        given=tuple((label, asset) for label, asset in cast(list[list[str]], leaves.pop("given", []))),
    )
    for key in leaves:
        raise cursor.wrong(f"a launch has no `{key}`")
    return found
