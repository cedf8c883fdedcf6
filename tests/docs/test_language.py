"""What docs/language.md shows is so: programs say what is shown below them, runs give what is shown, no word of the language is missing."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from mloc.cli import main
from mloc.diagnostics.model import Diagnostic
from mloc.driver import analyse
from mloc.elaborate.attributes import STEP
from mloc.elaborate.launches import ATTRIBUTES
from mloc.elaborate.options import OPTIONS
from mloc.syntax.tables import grammar_text
from tests.docs.pages import Block, blocks, page

PAGE = page("language.md")
ALL = blocks(PAGE)
DEFINED = {block.value: block.text for block in ALL if block.word == "define"}
PROGRAMS = [(at, block) for at, block in enumerate(ALL) if block.language == "mlp"]
SHOWN = ("finding", "output")
"""The languages of blocks that show what the program before them gives."""


def place(value: object) -> str:
    return f"line {value.line}" if isinstance(value, Block) else ""


def shown_of(at: int, language: str) -> list[Block]:
    """What is shown of the program at a place: the blocks that follow it, up to the next program or file."""
    found = []
    for block in ALL[at + 1 :]:
        if block.language not in SHOWN:
            break
        found += [block] if block.language == language else []
    return found


def written(at: int, block: Block) -> str:
    """Write the program, and the files of its section that stand before it; gives the program's path."""
    for other in ALL[:at]:
        if other.section == block.section and other.word == "file":
            Path(other.value).parent.mkdir(parents=True, exist_ok=True)
            Path(other.value).write_text(other.text, encoding="utf-8")
    name = block.value if block.word == "file" else "p.mlp"
    text = "".join(DEFINED[each] for each in block.value.split(", ")) if block.word == "with" else ""
    text += ("\n" if text else "") + block.text
    Path(name).write_text(text if "mlp 1\n" in text else f"mlp 1\n\n{text}", encoding="utf-8")
    return name


def lines_of(found: Sequence[Diagnostic]) -> list[str]:
    lines = []
    for each in found:
        lines.append(f"{each.rule.severity}[{each.rule.code}]: {each.message}")
        lines += [f"  = help: {each.help}"] if each.help else []
    return lines


@pytest.mark.parametrize(("at", "block"), PROGRAMS, ids=place)
def test_findings(at: int, block: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = lines_of(analyse(written(at, block)).diagnostics)
    said = [line for other in shown_of(at, "finding") for line in other.text.splitlines()]
    # Help may be left out on the page, findings may not.
    assert [line for line in found if line in said or not line.startswith("  = help: ")] == said


RUNS = [(at, block, other) for at, block in PROGRAMS for other in shown_of(at, "output")]


@pytest.mark.parametrize(("at", "block", "shown"), RUNS, ids=place)
def test_outputs(
    at: int, block: Block, shown: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    name = written(at, block)
    command, said = [], shown.text.splitlines()
    if said[0].startswith("$ mloc run "):
        command, said = shlex.split(said[0].removeprefix("$ mloc run ")), said[1:]
    failed = main(["run", name, *command])
    got = capsys.readouterr()
    why = [line for line in got.err.splitlines() if line.startswith("mloc: ") and not line.startswith("mloc: logs ")]
    assert (got.out.splitlines() if failed == 0 else why) == said


def test_every_block_is_read() -> None:
    assert len(ALL) * 2 == len(re.findall(r"^```", PAGE, re.MULTILINE))
    assert {block.language for block in ALL} == {"mlp", "python", "csv", "json", "toml", *SHOWN}
    assert sum(block.language in SHOWN for block in ALL) == sum(len(shown_of(at, each)) for at, _ in PROGRAMS for each in SHOWN)


def test_the_contents_are_the_sections() -> None:
    prose = re.sub(r"^```.*?^```$", "", PAGE, flags=re.DOTALL | re.MULTILINE)
    sections = [re.sub(r"[^\w\s-]", "", title).lower().replace(" ", "-") for title in re.findall(r"^## (.+)$", prose, re.MULTILINE)]
    contents = re.findall(r"\]\(#([^)]+)\)", prose[: prose.index("\n## ")])
    assert contents == sections
    assert set(re.findall(r"\]\(#([^)]+)\)", prose)) == set(sections)


def test_every_word_is_told() -> None:
    keywords = set(re.findall(r'"([a-z]+)"', re.sub(r"//.*", "", grammar_text())))
    words = keywords | {*STEP, *OPTIONS, *(name for names in ATTRIBUTES.values() for name in names)}
    code = " ".join(re.findall(r"```mlp.*?```|(?<!`)`[^`\n]+`(?!`)", PAGE, re.DOTALL))  # prose has `for` and `in` too
    assert len(keywords) > 20
    assert {word for word in words if not re.search(rf"\b{word}\b", code)} == set()
