"""Reads the settings of a call from the printed IR."""

from __future__ import annotations

import json
import re
from typing import cast

from mloc.ir.model import Resources, Retry, RetryOn, Settings
from mloc.ir.text.cursor import Cursor

_KEY = re.compile(r"(?!env\.)[a-z_]+(?==)")
_ENV = re.compile(r"env\.")

Leaf = str | int | float | None


def parse_settings(cursor: Cursor) -> Settings:
    """`retry=2 image="…"`, up to the end of the line."""
    leaves: dict[str, Leaf] = {}
    env: list[tuple[str, str]] = []
    on = Retry().on
    while True:
        if cursor.take(_ENV):
            key = cursor.name()
            cursor.expect("=")
            env.append((key, cursor.string()))
        elif (key_ := cursor.take(_KEY)) is not None:
            cursor.expect("=")
            value = json.loads(cursor.json())
            if key_ == "on":
                on = cast(tuple[RetryOn, ...], tuple(value))
            else:
                leaves[key_] = value
        else:
            break
    return _settings(leaves, on, tuple(env), cursor)


def _settings(leaves: dict[str, Leaf], on: tuple[RetryOn, ...], env: tuple[tuple[str, str], ...], cursor: Cursor) -> Settings:
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
    retry = Retry(number("retry") or 0, number("backoff") or 0, usual.factor if factor is None else factor, number("max_delay"), on)
    resources = Resources(real("cpu"), number("memory"), number("disk"), number("gpu"), text("gpu_type"))
    settings = Settings(retry, number("timeout"), resources, text("image"), env)
    if leaves:
        raise cursor.wrong(f"there is no setting `{next(iter(leaves))}`")
    return settings
