"""What must hold for a program, right or wrong: nothing crashes, nothing hangs, and formatting keeps what it must."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from mloc.diagnostics.machine import to_json
from mloc.diagnostics.model import Bag
from mloc.diagnostics.render import full
from mloc.elaborate.program import elaborate
from mloc.passes import PIPELINE, run
from mloc.source import SourceError, SourceFile, Span
from mloc.syntax.format import formatted
from mloc.syntax.format.lines import read_lines
from mloc.syntax.parse import parse, tokens

SECONDS = 30.0
"""How long a phase may take, in processor time, before it counts as a hang: a test worker full of engines pauses for its garbage.

`make fuzz`, whose processes do nothing else, allows one second.
"""


class Broken(Exception):
    """A program for which something does not hold."""


def check(text: str, others: Mapping[str, str]) -> frozenset[str]:
    """Check everything of a program and give the codes of its diagnostics. Raises Broken, or whatever the compiler raises."""
    start = time.process_time()
    codes = analysed(text, others)
    between = time.process_time()
    round_trip(text)
    end = time.process_time()
    if between - start > SECONDS or end - between > SECONDS:
        raise Broken(f"slow: {between - start:.1f} s to check, {end - between:.1f} s to format")
    return codes


def analysed(text: str, others: Mapping[str, str]) -> frozenset[str]:
    """Elaborate a program with the files beside it, run the passes, and render every diagnostic."""
    files = {"test.mlp": text, **others}

    def load(path: str) -> SourceFile:
        if path not in files:
            raise SourceError(f"{path}: no such file")
        return SourceFile(path, files[path])

    bag = Bag()
    found = elaborate("test.mlp", load, bag)
    if not bag.has_errors:
        for pipeline in found.pipelines:
            run(pipeline, bag, PIPELINE)
    for diagnostic in bag.sorted():
        full(diagnostic, found.files, colour=False)
    to_json(bag.sorted(), found.files)
    return frozenset(diagnostic.rule.code for diagnostic in bag)


def round_trip(text: str) -> bool:
    """Whether a program has no syntax errors; then formatting must keep its tree and comments, and be the same when done twice."""
    source = SourceFile("test.mlp", text)
    bag = Bag()
    result = formatted(source, bag)
    parsed = Bag()
    tree = parse(source, parsed)
    if result is None:
        if not (bag.has_errors and parsed.has_errors):
            raise Broken("the formatter refuses what the parser takes")
        return False
    again = SourceFile("test.mlp", result)
    twice = Bag()
    after = parse(again, twice)
    if skeleton(after) != skeleton(tree) or messages(parsed) != messages(twice):
        raise Broken("formatting changes the tree")
    if comments(source) != comments(again):
        raise Broken("formatting changes the comments")
    if formatted(again, Bag()) != result:
        raise Broken("formatting twice is not formatting once")
    return not parsed.has_errors


def messages(bag: Bag) -> list[str]:
    return [diagnostic.message for diagnostic in bag.sorted()]


def comments(source: SourceFile) -> Counter[str]:
    lines, end = read_lines(source.text, tokens(source, Bag()))
    gaps = [piece.gap for line in lines for piece in line.pieces] + [end]
    return Counter(comment.text for gap in gaps for comment in (gap.trailing, *gap.own) if comment is not None)


def skeleton(value: object) -> object:
    """A tree without its places."""
    if isinstance(value, tuple):
        return tuple(skeleton(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        inside = (getattr(value, f.name) for f in fields(value))
        return (type(value).__name__, *(skeleton(item) for item in inside if not isinstance(item, Span)))
    return value
