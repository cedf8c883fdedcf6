"""A few hundred random programs for every run of the tests; `make fuzz` does more."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mloc.diagnostics.model import Bag
from mloc.source import SourceFile
from mloc.syntax.parse import parse
from tests.fuzz import promises, properties
from tests.fuzz.attempt import checked, failure
from tests.fuzz.damage import damaged
from tests.fuzz.generate import program
from tests.fuzz.mutate import mutated
from tests.fuzz.programs import corpus, data_of
from tests.fuzz.properties import Checked
from tests.fuzz.repeat import differing, digest
from tests.fuzz.run import reduced, run

REGRESSIONS = Path(__file__).parent / "regressions"


@pytest.mark.parametrize("first", range(0, 300, 60))
def test_random_programs(first: int) -> None:
    codes: set[str] = set()
    for seed in range(first, first + 60):
        data = data_of(seed)
        found = checked(data)
        assert isinstance(found, Checked), f"seed {seed}: {found[1]}\n{data!r}"
        codes |= found.codes
    # Syntax, names, types, calls, control flow, code of steps, attributes, targets: what is made reaches them all.
    assert {code[1:3] for code in codes} >= {"00", "01", "02", "03", "05", "06", "07", "11"}


def test_every_known_program_keeps_its_meaning_when_formatted() -> None:
    for path, text in corpus().items():
        assert properties.round_trip(SourceFile(properties.PATH, text)) or path.startswith("golden"), path


def test_another_order_of_hashes_says_the_same() -> None:
    seeds = range(12)
    digests = {seed: digest(checked(data_of(seed))) for seed in seeds}
    assert differing(seeds, digests) == []
    assert differing(seeds, {**digests, 3: "other"}) == [3]


def test_what_the_language_has_is_made() -> None:
    text = "\n".join(program(seed) for seed in range(300))
    words = "secret schedule trigger publish cache effects idempotent options tolerate container notebook target finally shell loop"
    missing = [word for word in words.split() if not re.search(rf"\b{word}\b", text)]
    assert missing == []
    for part in ("run.error.message", "from k8s(", "out(", 'from "wrong.mlp"', *(f"target {name}" for name in promises.TARGETS)):
        assert part in re.sub(r" *([.(]) *", r"\1", text), part


def test_damage_is_of_every_kind() -> None:
    whole = 'mlp 1\nstep f(n: int) -> int:\n    run inline "return n"\n' * 20
    made = [damaged(whole, seed) for seed in range(600)]
    assert any(b"\0" in data for data in made)
    assert any(b"\r\n" in data for data in made)
    assert any(b"\t" in data for data in made)
    assert any(data.startswith(b"\xef\xbb\xbf") for data in made)
    assert any(len(line) > 10_000 for data in made for line in data.split(b"\n"))
    assert any(b"(" * 300 in data for data in made)
    assert any(len(data) < len(whole) // 2 for data in made)


def test_generated_programs_are_right_by_the_grammar() -> None:
    for seed in range(100):
        bag = Bag()
        parse(SourceFile("test.mlp", program(seed)), bag)
        wrong = [d.message for d in bag if d.rule.code in ("E0001", "E0003", "E0004", "E0005")]
        assert not wrong, (seed, wrong)


def test_the_same_seed_gives_the_same_program() -> None:
    assert program(7) == program(7)
    assert mutated(program(7), 3) == mutated(program(7), 3)
    assert damaged(program(7), 3) == damaged(program(7), 3)


def test_a_failure_is_saved_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.fuzz.attempt.check", _refuse_loops)
    monkeypatch.setattr("tests.fuzz.run.differing", lambda seeds, digests: [])
    assert run(range(30), tmp_path) > 0
    saved = [path.read_text(encoding="utf-8") for path in tmp_path.glob("*.mlp")]
    assert saved == ["for"]


def _refuse_loops(data: bytes) -> Checked:
    if b"for" in data:
        raise ValueError("a loop")
    return Checked(frozenset(), "", 0.0)


@pytest.mark.parametrize("text", ["a\n# b\nc", 'a "# x" # y', '"""\n# no\n""" # yes'])
def test_comments_are_found_without_the_formatter(text: str) -> None:
    assert sum(properties.comments(text).values()) == 1


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


@pytest.mark.parametrize("path", sorted(REGRESSIONS.glob("*.mlp")), ids=lambda path: path.stem)
def test_regressions(path: Path) -> None:
    found = checked(path.read_bytes())
    assert isinstance(found, Checked), found[1]


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
