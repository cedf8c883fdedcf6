"""What must hold for a program, right or wrong: nothing crashes, nothing hangs, formatting and mending do what they are for."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, fields, is_dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

from mloc import driver
from mloc.diagnostics.fixes import compatible, corrected
from mloc.diagnostics.machine import to_json
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.diagnostics.render import full
from mloc.diagnostics.rules import TOO_DEEP
from mloc.driver import Analysis, analyse
from mloc.source import SourceError, SourceFile, Span, decode, load
from mloc.syntax.format import formatted
from mloc.syntax.parse import parse

PROJECT = Path(__file__).parent / "project"
"""The folder that every program stands in: programs that it imports, Python that it calls, notebooks."""
PATH = str(PROJECT / "test.mlp")
TARGETS = ("kfp", "airflow", "flyte")
SECONDS = 30.0
"""How long a phase may take, in processor time, before it counts as a hang: a test worker full of engines pauses for its garbage.

`make fuzz`, whose processes do nothing else, allows one second.
"""

_COMMENT = re.compile(r'"""[\s\S]*?"""|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\'[^\'\\\n]*(?:\\.[^\'\\\n]*)*\'|(#[^\n]*)')


class Broken(Exception):
    """A program for which something does not hold."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a program: the codes, all that a user reads (the same on every run), and the slowest phase in seconds."""

    codes: frozenset[str]
    said: str
    seconds: float


def check(data: bytes) -> Checked:
    """Check everything of a program. Raises Broken, or whatever the compiler raises."""
    try:
        source = decode(PATH, data)
    except SourceError as error:
        return Checked(frozenset(), str(error), 0.0)
    times = [time.process_time()]
    found = analysed(source)
    said = [to_json(found.diagnostics, found.files), *(full(d, found.files, colour=False) for d in found.diagnostics)]
    times.append(time.process_time())
    round_trip(source)
    times.append(time.process_time())
    mended(source, found)
    times.append(time.process_time())
    said += compiled(source, found)
    times.append(time.process_time())
    took = [after - before for before, after in pairwise(times)]
    if max(took) > SECONDS:
        raise Broken(
            "slow: " + ", ".join(f"{s:.1f} s to {name}" for s, name in zip(took, ("check", "format", "mend", "compile"), strict=True))
        )
    return Checked(frozenset(d.rule.code for d in found.diagnostics), "\n".join(said), max(took))


def analysed(source: SourceFile) -> Analysis:
    """Elaborate, lint and verify a program with the files beside it, and ask the targets that it names, and one or none more."""
    return analyse(PATH, for_targets=True, targets=_targets(source), read=lambda path: source if path == PATH else load(path))


def _targets(source: SourceFile) -> tuple[str, ...]:
    return (*TARGETS, *TARGETS)[len(source.text) % 6 :][:1] if len(source.text) % 2 else ()


def mended(source: SourceFile, found: Analysis) -> None:
    """A correction that needs no person removes its finding."""
    fixable = compatible(found.diagnostics, {PATH})
    if not fixable:
        return
    chosen = Random(len(source.text)).choice(fixable)
    text = corrected({PATH: source.text}, [chosen])[PATH]
    # A syntax error that is mended lets the next one of its kind be seen.
    if _times(chosen, analysed(SourceFile(PATH, text)).diagnostics) >= _times(chosen, found.diagnostics):
        raise Broken(f"the correction of {chosen.rule.code} leaves it: {chosen.message}")


def _times(finding: Diagnostic, among: tuple[Diagnostic, ...]) -> int:
    """How often the same is found, up to the place of a finding."""
    end = finding.primary.span.start
    return sum(d.rule == finding.rule and d.message == finding.message and d.primary.span.start <= end for d in among)


def compiled(source: SourceFile, found: Analysis) -> list[str]:
    """One target's bundle of each pipeline, in the order of its files."""
    said: list[str] = []
    for pipeline in found.pipelines:
        made = driver.compile(found, pipeline, TARGETS[len(source.text) % 3])
        said += [d.message for d in made.diagnostics]
        files = made.artifacts or {}
        said += [f"{path} {files[path]!r}" for path in files]
    return said


def round_trip(source: SourceFile) -> bool:
    """Whether a program has no syntax errors; then formatting must keep its tree and comments, and be the same when done twice."""
    bag = Bag()
    result = formatted(source, bag)
    parsed = Bag()
    tree = parse(source, parsed)
    if result is None:
        # Brackets leave nothing in a tree, so a tree may be less deep than what is laid out.
        too_deep = any(finding.rule == TOO_DEEP for finding in bag)
        if not too_deep and not (bag.has_errors and parsed.has_errors):
            raise Broken("the formatter refuses what the parser takes")
        return False
    again = SourceFile(PATH, result)
    twice = Bag()
    after = parse(again, twice)
    if skeleton(after) != skeleton(tree) or messages(parsed) != messages(twice):
        raise Broken("formatting changes the tree")
    if comments(source.text) != comments(result):
        raise Broken("formatting changes the comments")
    if formatted(again, Bag()) != result:
        raise Broken("formatting twice is not formatting once")
    return not parsed.has_errors


def messages(bag: Bag) -> list[str]:
    return [diagnostic.message for diagnostic in bag.sorted()]


def comments(text: str) -> Counter[str]:
    """The comments of a text, found without the formatter's own reader of them."""
    return Counter(match.group(1).rstrip() for match in _COMMENT.finditer(text) if match.group(1) is not None)


def skeleton(value: object) -> object:
    """A tree without its places."""
    if isinstance(value, tuple):
        return tuple(skeleton(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        inside = (getattr(value, f.name) for f in fields(value))
        return (type(value).__name__, *(skeleton(item) for item in inside if not isinstance(item, Span)))
    return value
