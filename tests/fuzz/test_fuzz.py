"""A few hundred random programs for every run of the tests; `make fuzz` does more."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax.parse import parse
from tests.fuzz.generate import program
from tests.fuzz.mutate import mutated
from tests.fuzz.run import corpus, failure, programs, reduced, run, text_of


@pytest.mark.parametrize("first", range(0, 450, 50))
def test_random_programs(first: int) -> None:
    known = programs()
    for seed in range(first, first + 50):
        text = text_of(seed, known)
        found = failure(text)
        assert found is None, f"seed {seed}: {found[1]}\n{text}"


def test_every_known_program_keeps_its_meaning_when_formatted() -> None:
    for path, text in corpus().items():
        found = failure(text)
        assert found is None, f"{path}: {found[1]}"


def test_generated_programs_are_right_by_the_grammar() -> None:
    for seed in range(100):
        bag = Bag()
        parse(SourceFile("test.mlp", program(seed)), bag)
        wrong = [d.message for d in bag if d.rule.code in ("E0001", "E0003", "E0004", "E0005")]
        assert not wrong, (seed, wrong)


def test_the_same_seed_gives_the_same_program() -> None:
    assert program(7) == program(7)
    assert mutated(program(7), 3) == mutated(program(7), 3)


def test_a_failure_is_saved_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.run.check", _refuse_loops)
    assert run(range(30), tmp_path) > 0
    saved = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.mlp")]
    assert saved == ["for"]


def _refuse_loops(text: str, others: dict[str, str]) -> None:
    if "for" in text:
        raise ValueError("a loop")


def test_reducing_keeps_what_fails() -> None:
    assert reduced("a\nbc\nd", lambda text: "c" in text) == "c"


# What the fuzzer found; each crashed or lost something once.
FOUND = {
    "an attribute that is an empty list": 'step f() -> int:\n    run inline "return 1"\n    env A=[], B={a: []}\n',
    "an element of an empty list": 'step f(n: int) -> int:\n    run inline "return n"\npipeline p() -> (n: int):\n    return n=[][0]\n',
    "a limit that is an empty list": "pipeline p(xs: list[int]):\n    y = for x in xs limit []:\n        yield x\n",
    "a default of a type with something unknown in it": 'step f(a: map[str, w] = {}) -> int:\n    run inline "return 1"\n',
    "a table with a column of no type": 'step f(a: list[Table{y: w}]? = null) -> int:\n    run inline "return 1"\n',
    "a field beside an empty list": "const A = {a: [], b: 1}.b\n",
    "a doc comment indented like the block before": "pipeline p():\n    x = 1\n    ## Doc.\nconst A = 1\n",
    "a doc comment above a lone backslash": "## Doc.\n\\\nconst A = 1\n",
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_what_was_found(text: str) -> None:
    found = failure("mlp 1\n" + text)
    assert found is None, found[1]


@pytest.mark.parametrize("word", ["type", "step", "const", "target", "import", "schedule"])
def test_a_keyword_of_declarations_is_a_name_after_a_block(word: str) -> None:
    bag = Bag()
    text = f"mlp 1\npipeline p(a: bool):\n    if a:\n        x = 1\n    {word} = 2\n    y = {word}\n"
    parse(SourceFile("test.mlp", text), bag)
    assert [d.message for d in bag] == []


def test_fail_is_an_option_after_a_group() -> None:
    bag = Bag()
    parse(
        SourceFile("test.mlp", "mlp 1\npipeline p():\n    options:\n        retry:\n            count 1\n        fail fast\n    x = 1\n"),
        bag,
    )
    assert [d.message for d in bag] == []
