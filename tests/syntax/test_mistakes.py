"""What a syntax error means to who made it: units of other tools, names that are none, `else if`."""

from __future__ import annotations

import pytest

from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax.parse import parse


def told(text: str) -> tuple[str, str | None, tuple[str, ...]]:
    bag = Bag()
    parse(SourceFile("p.mlp", f"mlp 1\n\n{text}\n"), bag)
    (found,) = bag.sorted()
    return found.message, found.help, tuple(edit.text for edit in found.fix.edits) if found.fix else ()


@pytest.mark.parametrize(
    ("attribute", "message", "fix"),
    [
        ("resources memory=4Gi", "`4Gi` has an unknown unit", ("GiB",)),
        ("resources memory=512Mi", "`512Mi` has an unknown unit", ("MiB",)),
        ("resources memory=1.5gb", "`1.5gb` has an unknown unit", ("GB",)),
        ("resources memory=16G", "`16G` has an unknown unit", ("GB",)),
        ("resources cpu=500m", "`500m` has an unknown unit", ()),
        ("timeout 2hours", "`2hours` has an unknown unit", ("h",)),
        ("timeout 5fortnights", "`5fortnights` has an unknown unit", ()),
        ('env MY-VAR="x"', "`MY-VAR` is not a name", ()),
    ],
)
def test_attributes(attribute: str, message: str, fix: tuple[str, ...]) -> None:
    found = told(f'step f():\n    run inline "pass"\n    {attribute}')
    assert (found[0], found[2]) == (message, fix)


@pytest.mark.parametrize(
    ("head", "name", "good"),
    [
        ("step load-data()", "load-data", "load_data"),
        ("step load.data.now()", "load.data.now", "load_data_now"),
        ('step "load data"()', '"load data"', "load_data"),
        ("pipeline my pipeline()", "my pipeline", "my_pipeline"),
        ("step 2nd()", "2nd", "n_2nd"),
    ],
)
def test_names(head: str, name: str, good: str) -> None:
    assert told(f'{head}:\n    run inline "pass"')[:2] == (f"`{name}` is not a name", f"a name has letters, digits and `_`: `{good}`")


def test_else_if() -> None:
    assert told("pipeline p(a: bool, b: bool):\n    if a:\n        f()\n    else if b:\n        f()")[1] == "write `elif`"


def test_two_items_of_a_for() -> None:
    assert told("pipeline p():\n    for a, b in c:\n        f()")[0] == "a `for` takes one element at a time"
