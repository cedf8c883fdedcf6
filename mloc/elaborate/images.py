"""What an image reference looks like: `registry:port/path/name:tag@digest`."""

from __future__ import annotations

import re

from mloc import patterns

_HOST = patterns.of(r"(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9-]+(?=:))(?::\d+)?\Z|\[[0-9a-fA-F:]+\](?::\d+)?\Z")
_COMPONENT = patterns.of(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*\Z")
_TAG = patterns.of(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}\Z")
_DIGEST = patterns.of(r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-f]{32,}\Z")
_LENGTHS = {"sha256": 64, "sha512": 128}


def malformed(reference: str) -> str | None:
    """Why a text is no image reference, None when it is one; reads on from the text."""
    if not reference:
        return "is empty"
    if re.search(r"\s", reference):
        return "has a space in it"
    if "://" in reference:
        return "begins as a URL: an image has no `https://`"
    name, at, digest = reference.partition("@")
    if at and (why := _digest(digest)) is not None:
        return why
    path, slash, last = name.rpartition("/")
    last, colon, tag = last.partition(":")
    if colon and not _TAG.match(tag):
        return f"has the tag `{tag}`, which is none: letters, digits, `_`, `.` and `-`" if tag else "has an empty tag"
    components = [*path.split("/"), last] if slash else [last]
    if (
        len(components) > 1
        and _HOST.match(components[0])
        and ("." in components[0] or ":" in components[0] or components[0] == "localhost")
    ):
        components = components[1:]
    bad = next((c for c in components if not _COMPONENT.match(c)), None)
    if bad is None:
        return None
    if not bad:
        return "has an empty part"
    return f"has upper-case letters in its name (`{bad}`)" if _COMPONENT.match(bad.lower()) else f"has a part that is no name: `{bad}`"


def _digest(digest: str) -> str | None:
    if not _DIGEST.match(digest):
        return "has a digest that is none: `sha256:` and 64 digits of 0-9 and a-f"
    algorithm, _, digits = digest.partition(":")
    wanted = _LENGTHS.get(algorithm)
    return None if wanted in (None, len(digits)) else f"has a {algorithm} digest of {len(digits)} digits: it takes {wanted}"
