"""What text parses to: `golden/syntax/<what>.mlp` and its tree, printed in `<what>.tree`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from mloc.diagnostics.model import Bag
from mloc.source import Span, load
from mloc.syntax.parse import parse
from tests.conftest import Golden

FOLDER = Path(__file__).parents[2] / "golden" / "syntax"
CASES = sorted(path.stem for path in FOLDER.glob("*.mlp"))


@pytest.mark.parametrize("case", CASES)
def test_tree(case: str, golden: Golden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    source = load(f"{case}.mlp")
    bag = Bag()
    tree = parse(source, bag)
    assert [diagnostic.message for diagnostic in bag] == []
    golden.check(FOLDER / f"{case}.tree", "\n".join(printed(tree, "")) + "\n")


def test_no_orphans() -> None:
    assert {path.stem for path in FOLDER.glob("*.tree")} == set(CASES)


def printed(value: object, indent: str, label: str = "") -> Iterator[str]:
    """A tree as lines: one for each node, with its plain fields, then its children; places are left out."""
    head = f"{indent}{label}"
    if isinstance(value, (tuple, list)):
        yield f"{head}[]" if not value else head.rstrip(" ")
        for item in value:
            yield from printed(item, indent + "  ", "- ")
    elif is_dataclass(value) and not isinstance(value, type):
        inside = [(f.name, getattr(value, f.name)) for f in fields(value) if not isinstance(getattr(value, f.name), Span)]
        plain = [f"{name}={found!r}" for name, found in inside if is_plain(found)]
        yield " ".join([f"{head}{type(value).__name__}", *plain])
        for name, found in inside:
            if not is_plain(found):
                yield from printed(found, indent + "  ", f"{name}: ")
    else:
        yield f"{head}{value!r}"


def is_plain(value: object) -> bool:
    return isinstance(value, (str, int, float, bool)) or value is None or value == ()
