"""Known findings: kept in a file without their lines, so that code may move, and not reported again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mloc.diagnostics.model import Diagnostic
from mloc.frozen import dataclass

VERSION = 1


@dataclass(frozen=True, slots=True, order=True)
class Known:
    """A finding as it is remembered; `file` is relative to the project's folder."""

    file: str
    code: str
    message: str


Baseline: TypeAlias = "Counter[Known]"
Name: TypeAlias = Callable[[str], str]
"""The path of a file as a baseline writes it."""


class BaselineError(Exception):
    """A text that is no baseline; the message reads on from the file's name."""


def baseline(diagnostics: Iterable[Diagnostic], name: Name) -> Baseline:
    """These findings, to be remembered."""
    return Counter(known(d, name) for d in diagnostics)


def known(diagnostic: Diagnostic, name: Name) -> Known:
    return Known(name(diagnostic.primary.span.file), diagnostic.rule.code, diagnostic.message)


def take(diagnostics: Iterable[Diagnostic], remembered: Baseline, name: Name) -> tuple[Diagnostic, ...]:
    """The findings that are not remembered; those that are, are taken out of the baseline, which is left with what is no longer found."""
    new: list[Diagnostic] = []
    for diagnostic in diagnostics:
        key = known(diagnostic, name)
        if remembered[key] > 0:
            remembered[key] -= 1
        else:
            new.append(diagnostic)
    return tuple(new)


def show(remembered: Baseline) -> str:
    """The text of a baseline, sorted, so that its differences are small."""
    findings = [
        {"file": key.file, "code": key.code, "message": key.message, "count": count}
        for key, count in sorted(remembered.items())
        if count > 0
    ]
    return json.dumps({"version": VERSION, "findings": findings}, indent=2, ensure_ascii=False) + "\n"


def parse(text: str) -> Baseline:
    """What `show` wrote. Raises BaselineError."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BaselineError(f"is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("version") != VERSION or not isinstance(document.get("findings"), list):
        raise BaselineError(f"is not a baseline of version {VERSION}; `mloc check --write-baseline` writes one")
    remembered: Baseline = Counter()
    for number, item in enumerate(document["findings"], start=1):
        remembered += _entry(item, number)
    return remembered


def _entry(item: object, number: int) -> Baseline:
    if not isinstance(item, Mapping):
        raise BaselineError(f"finding {number} is not an object")
    texts = [item.get(key) for key in ("file", "code", "message")]
    count = item.get("count", 1)
    if not all(isinstance(text, str) for text in texts) or not isinstance(count, int) or count < 1:
        raise BaselineError(f"finding {number} needs the texts `file`, `code` and `message`, and a `count` above zero")
    return Counter({Known(str(texts[0]), str(texts[1]), str(texts[2])): count})
