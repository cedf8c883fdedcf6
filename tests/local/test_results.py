"""Results that are kept: when they are found again, when not and why, and that nobody is given what is not theirs.

Museum: D077 (a cached step does not notice changed code), D141 (what an older version kept cannot be read).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mloc.driver import analyse
from mloc.local.execute import Caching, run_native

STEPS = """
def number(rows: int, tag: str = "") -> int:
    return helped(rows)


def helped(rows: int) -> int:
    return rows + 1
"""
PROGRAM = """mlp 1

step number(rows: int, tag: str = "") -> int:
    run python "steps:number"
    cache

pipeline p(rows: int = 1, tag: str = "") -> (n: int):
    made = number(rows=rows, tag=tag)
    return n=made
"""
FILES = """mlp 1

step write(text: str) -> File[text]:
    run inline \"\"\"
        with open("made.txt", "w") as file:
            file.write(text[:1])
        return "made.txt"
        \"\"\"
    cache

step length(file: File[text]) -> int:
    run inline "return len(open(file).read())"
    cache

pipeline p(text: str = "ab") -> (n: int):
    made = write(text=text)
    long = length(file=made)
    return n=long
"""


@dataclass
class Place:
    """A project with a store: `run` gives what the report says of each step, and the output `n`."""

    folder: Path

    def write(self, program: str, **modules: str) -> None:
        (self.folder / "p.mlp").write_text(program, encoding="utf-8")
        for name, text in modules.items():
            (self.folder / f"{name}.py").write_text(text, encoding="utf-8")

    def run(self, *refresh: str, **values: str) -> tuple[dict[str, tuple[str, str]], Any]:
        analysis = analyse(str(self.folder / "p.mlp"))
        assert not analysis.has_errors
        caching = Caching(analysis.project, frozenset(refresh))
        roots = [str(root) for root in analysis.project.source_roots]
        report: Any = run_native(analysis.pipelines[0], values, store=self.folder / "store", jobs=1, source_roots=roots, caching=caching)
        steps = {id_: (entry["status"], (entry["cache"] or {"why": ""})["why"]) for id_, entry in report["steps"].items()}
        return steps, report["outputs"].get("n")

    def made(self, *refresh: str, **values: str) -> tuple[str, str]:
        return self.run(*refresh, **values)[0]["made"]

    def records(self) -> list[Path]:
        return sorted((self.folder / "store" / "cache" / "results").glob("*/*.json"))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    found = Place(tmp_path)
    found.write(PROGRAM, steps=STEPS)
    return found


def test_a_result_is_found_again(place: Place) -> None:
    assert place.run() == ({"made": ("succeeded", "nothing is kept of it yet")}, 2)
    steps, n = place.run()
    assert steps["made"][0] == "cached"
    assert n == 2
    assert place.made(rows="2") == ("succeeded", "changed: input `rows`")
    assert place.made()[0] == "cached"


def test_changed_code_is_noticed_and_a_comment_is_none(place: Place) -> None:
    """D077: a function that the step's function calls is part of the key; `version` is only added to it."""
    place.write(PROGRAM.replace("cache", 'cache version="1"'))
    place.made()
    place.write(PROGRAM.replace("cache", 'cache version="1"'), steps=f"# said\n{STEPS.replace('rows + 1', '(rows  +  1)  # one more')}")
    assert place.made()[0] == "cached"
    place.write(PROGRAM.replace("cache", 'cache version="1"'), steps=STEPS.replace("rows + 1", "rows + 20"))
    steps, n = place.run()
    assert steps["made"] == ("succeeded", "changed: code: steps.py")
    assert n == 21


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("cache", 'cache version="2"', "`version`"),
        ("cache", "cache scope=project", "`scope`"),
        ("cache", 'cache\n    env MODE="fast"', "variable MODE"),
        ("cache", 'cache\n    image "base:1.0@sha256:' + "a" * 64 + '"', "the image"),
        ("rows: int, tag", "rows: int in 0..9, tag", "the step's inputs and outputs"),
    ],
)
def test_what_is_said_of_a_step_is_part_of_the_key(place: Place, before: str, after: str, why: str) -> None:
    place.made()
    place.write(PROGRAM.replace(before, after, 1))
    assert place.made() == ("succeeded", f"changed: {why}")


@pytest.mark.parametrize("after", ["cache\n    retry 2", "cache\n    timeout 1min", "cache\n    resources cpu=1", "cache ttl=1h"])
def test_how_a_step_runs_is_no_part_of_the_key(place: Place, after: str) -> None:
    place.made()
    place.write(PROGRAM.replace("cache", after))
    assert place.made()[0] == "cached"


def test_ignored_inputs_are_no_part_of_the_key(place: Place) -> None:
    place.write(PROGRAM.replace("cache", 'cache ignore=["tag"]'))
    place.made()
    assert place.made(tag='"x"')[0] == "cached"
    assert place.made(rows="5", tag='"x"') == ("succeeded", "changed: input `rows`")


def test_an_input_with_the_same_content_is_the_same(tmp_path: Path) -> None:
    """The first step runs again, for another text, and makes the same file: the second one need not."""
    place = Place(tmp_path)
    place.write(FILES)
    place.run()
    steps, n = place.run(text='"ac"')
    assert steps["made"] == ("succeeded", "changed: input `text`")
    assert steps["long"][0] == "cached"
    assert n == 1


def test_a_file_that_is_gone_is_made_again(tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.write(FILES)
    place.run()
    for path in (tmp_path / "store" / "objects").glob("*/*"):
        path.unlink()
    steps, n = place.run()
    assert steps["made"][0] == "succeeded"
    assert steps["made"][1].endswith("is no longer in the store")
    assert n == 1
    assert place.run()[0]["made"][0] == "cached"


def test_what_another_version_kept_is_not_there(place: Place) -> None:
    """D141: a record of another format, or none at all, is a reason to run, and no error."""
    place.made()
    (record,) = place.records()
    document = json.loads(record.read_text())
    record.write_text(json.dumps({**document, "schema": "mloc-result/0"}))
    assert place.made() == ("succeeded", "what is kept of it has the format mloc-result/0, and this version reads mloc-result/1")
    assert place.made()[0] == "cached"
    for broken in ("{", "[]", json.dumps({**document, "key": "sha256:0"}), "\u00e9"):
        record.write_text(broken, encoding="utf-8")
        status, why = place.made()
        assert (status, why.partition(" (")[0]) == ("succeeded", "what is kept of it cannot be read")
    assert place.made()[0] == "cached"


def test_a_result_holds_for_its_time(place: Place) -> None:
    place.write(PROGRAM.replace("cache", "cache ttl=1h"))
    place.made()
    (record,) = place.records()
    document = json.loads(record.read_text())
    record.write_text(json.dumps({**document, "created": document["created"] - 3_700_000}))
    status, why = place.made()
    assert (status, why.endswith("s old, and holds for 3600 s")) == ("succeeded", True)
    assert place.made()[0] == "cached"


def test_a_step_may_be_asked_to_run_again(place: Place) -> None:
    place.made()
    assert place.made("number") == ("succeeded", "it was asked to run again")
    assert place.made("made") == ("succeeded", "it was asked to run again")
    assert place.made()[0] == "cached"


def test_failures_are_not_kept(place: Place) -> None:
    place.write(PROGRAM, steps=STEPS.replace("return rows + 1", "raise ValueError(rows)"))
    assert place.made() == ("failed", "nothing is kept of it yet")
    assert place.made() == ("failed", "nothing is kept of it yet")
    assert place.records() == []


def test_code_that_is_edited_while_it_runs(place: Place) -> None:
    """The step changes its own module, as somebody may who does not wait: whose result it is, nobody knows."""
    edits = "from pathlib import Path\n" + STEPS.replace("    return helped", "    Path(__file__).write_text(TEXT)\n    return helped")
    place.write(PROGRAM, steps=f"{edits}\n\nTEXT = {STEPS!r}\n")
    assert place.made()[0] == "succeeded"
    assert place.records() == []
    assert place.made()[0] == "succeeded"
    assert len(place.records()) == 1


def test_without_caching_nothing_is_kept(place: Place) -> None:
    analysis = analyse(str(place.folder / "p.mlp"))
    roots = [str(root) for root in analysis.project.source_roots]
    for _ in range(2):
        report: Any = run_native(analysis.pipelines[0], {}, store=place.folder / "store", source_roots=roots)
        assert (report["steps"]["made"]["status"], report["steps"]["made"]["cache"]) == ("succeeded", None)
    assert place.records() == []


def test_the_first_result_of_a_key_stays(place: Place) -> None:
    from mloc.local.keys import Keys
    from mloc.local.results import Results
    from mloc.local.shelf import Folder

    pipeline = analyse(str(place.folder / "p.mlp")).pipelines[0]
    call = Results(Folder(place.folder), pipeline, Keys("p", lambda _: {}), "one").call("made")
    assert call is not None
    one, two = (Results(Folder(place.folder), pipeline, Keys("p", lambda _: {}), name) for name in ("one", "two"))
    inputs = {"rows": 1, "tag": ""}
    first, second = one.ask(call, "made", inputs), two.ask(call, "made", inputs)
    one.keep(first, "number", {"result": 1})
    two.keep(second, "number", {"result": 2})
    assert two.ask(call, "made", inputs).outputs == {"result": 1}
