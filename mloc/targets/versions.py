"""Versions of engines: `3.1`, `2.16.1`, compared by their numbers."""

from __future__ import annotations

from typing import TypeAlias

from mloc import patterns

Version: TypeAlias = tuple[int, ...]

_VERSION = patterns.of(r"\d{1,6}(?:\.\d{1,6}){0,2}")


def version_of(text: str) -> Version | None:
    """The numbers of a version; None for a text that is none."""
    return tuple(int(part) for part in text.split(".")) if _VERSION.fullmatch(text) else None


def at_least(found: str, wanted: str) -> bool:
    """Whether a version is this one or later; `2.16` stands for any of its patches, so it is as late as `2.16.3`."""
    a, b = version_of(found), version_of(wanted)
    if a is None or b is None:
        raise ValueError(f"no versions: {found}, {wanted}")
    return a >= b[: len(a)]


def at_most(found: str, most: str) -> bool:
    """Whether a version is this one or earlier; any patch of it is."""
    return at_least(most, found)
