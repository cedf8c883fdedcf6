"""Wire texts that nothing on the way rewrites: Kubeflow's placeholders, Kubernetes' `$(X)`, and what `kfp.local` replaces in commands."""

from __future__ import annotations

import re

_HOSTILE = re.compile(r"[${}]|python3|kfp-workspace")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def is_hostile(text: str) -> bool:
    """Whether a text may be rewritten on the way."""
    return _HOSTILE.search(text) is not None


def guarded(text: str) -> str:
    """The same JSON value, with what may be rewritten inside its strings written as JSON escapes."""
    return _STRING.sub(_guard_string, text) if is_hostile(text) else text


def _guard_string(match: re.Match[str]) -> str:
    return _HOSTILE.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1:]}", match[0])
