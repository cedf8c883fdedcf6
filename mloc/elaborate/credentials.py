"""Credentials that are written into a program: by the shapes that services give them, and by the names that people give them."""

from __future__ import annotations

import math
import re
from collections import Counter

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import HARD_CODED_SECRET
from mloc.source import SourceFile, Span

_SHAPES = {
    "an AWS access key": (("AKIA", "ASIA"), r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a GitHub token": (
        ("gho_", "ghp_", "ghr_", "ghs_", "ghu_", "github_pat_"),
        r"\b(?:gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})\b",
    ),
    "a GitLab token": (("glpat-",), r"\bglpat-[A-Za-z0-9_-]{20,}"),
    "a Slack token": (("xox",), r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    "a Slack webhook": (("hooks.slack.com",), r"\bhttps://hooks\.slack\.com/services/T[A-Za-z0-9/]{20,}"),
    "a Google API key": (("AIza",), r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "an API key": (("sk-",), r"\bsk-(?:[a-z]+-)*[A-Za-z0-9_-]{20,}\b"),
    "a Hugging Face token": (("hf_",), r"\bhf_[A-Za-z0-9]{30,}\b"),
    "an npm token": (("npm_",), r"\bnpm_[A-Za-z0-9]{36}\b"),
    "a PyPI token": (("pypi-",), r"\bpypi-[A-Za-z0-9_-]{50,}"),
    "a private key": (("PRIVATE KEY",), r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "a JSON web token": (("eyJ",), r"\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10,}"),
    "a password in a URL": (("://",), r"\b[a-z][a-z0-9+.-]{0,30}://[^\s:/@\"'${}]+:(?![\"'${<*])[^\s:/@\"'${}<>]{3,}@"),
}
"""By kind: the marks of which a text has one, and the whole shape. A mark is found sooner than a pattern is compiled."""
_NAMES = ("password", "passwd", "secret", "token", "key", "credential")
# What may repeat has an end, so that a line of thousands of characters takes no longer than many of few.
_NAMED = (
    r"(?i)\b([A-Za-z_0-9]{0,60}(?:password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?)(?:_[A-Za-z0-9_]{0,60})?)"
    r"(?:\s*:\s*str\??)?\s*=\s*([\"'])([^\"'\n\\]{8,})\2"
)
_BEFORE = r"\b([A-Za-z_][A-Za-z0-9_]*)(?:\s*:\s*str\??)?\s*=\s*f?[\"']*$"
_PLACEHOLDER = r"(?i)change.?me|example|placeholder|dummy|redacted|your[-_ ]|^<.*>$|^\$|\{|^x+$|^\*+$|\s|^/|^[a-z]+(?:[-_.][a-z0-9]+)*$"
_RANDOM = 3.0
"""Bits a character; words have fewer, or no digits among their letters."""


def check(source: SourceFile, bag: Bag) -> None:
    """Report every credential in the text of a file, once a place. Comments count: they are committed too."""
    text = source.text
    kinds = [kind for kind, (marks, _) in _SHAPES.items() if any(mark in text for mark in marks)]
    seen: list[Span] = []
    for match in re.finditer("|".join(f"({_SHAPES[kind][1]})" for kind in kinds), text) if kinds else ():
        span = Span(source.path, match.start(), match.end())
        seen.append(span)
        line = text[source.line_start(source.position(match.start()).line) : match.start()]
        named = re.search(_BEFORE, line)
        _report(span, kinds[(match.lastindex or 1) - 1], named.group(1) if named else None, bag)
    lower = text.lower()
    for match in re.finditer(_NAMED, text) if any(name in lower for name in _NAMES) else ():
        span = Span(source.path, match.start(3), match.end(3))
        inside = any(known.start < span.end and span.start < known.end for known in seen)
        if not inside and _looks_random(match.group(3)):
            _report(span, "a credential", match.group(1), bag)


def _report(span: Span, kind: str, name: str | None, bag: Bag) -> None:
    holder = f"`{name}` holds" if name else "this is"
    variable = (name or "TOKEN").upper()
    message = f"{holder} {kind}, written into the program: everyone who can read the file or what is compiled from it has it"
    help_ = (
        f'revoke it, and declare a secret: `secret {variable.lower()} from k8s("name", key="key")`, '
        f"and `secrets {variable}={variable.lower()}` in the step"
    )
    bag.report(HARD_CODED_SECRET, span, message, help=help_)


def _looks_random(text: str) -> bool:
    if re.search(_PLACEHOLDER, text) or not (any(c.isdigit() for c in text) and any(c.isalpha() for c in text)):
        return False
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values()) >= _RANDOM
