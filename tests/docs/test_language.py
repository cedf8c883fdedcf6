"""What docs/language.md shows is so: programs are clean or give the codes they name, outputs are those of runs, no keyword is missing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mloc.cli import main
from mloc.driver import analyse
from mloc.elaborate.attributes import STEP
from mloc.elaborate.launches import ATTRIBUTES
from mloc.elaborate.options import OPTIONS
from mloc.syntax.tables import grammar_text

PAGE = (Path(__file__).parents[2] / "docs" / "language.md").read_text(encoding="utf-8")
PREAMBLES = {"": "", "number": 'step number(x: int) -> int:\n    run inline "return x"\n\n'}
BLOCK = re.compile(
    r"(?:<!-- preamble: (?P<preamble>\w+) -->\n)?```mlp(?P<codes>[^\n]*)\n(?P<text>.*?)```(?:\n\n```output\n(?P<output>.*?)```)?", re.DOTALL
)
BLOCKS = list(BLOCK.finditer(PAGE))
RUN = [block for block in BLOCKS if block["output"] is not None]


def program(block: re.Match[str]) -> str:
    text = PREAMBLES[block["preamble"] or ""] + block["text"]
    return text if text.startswith("mlp 1\n") else f"mlp 1\n\n{text}"


def place(block: re.Match[str]) -> str:
    return f"line {PAGE.count(chr(10), 0, block.start()) + 1}"


@pytest.mark.parametrize("block", BLOCKS, ids=place)
def test_what_is_said_of_a_block(block: re.Match[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.mlp").write_text(program(block), encoding="utf-8")
    found = [(each.rule.code, each.message) for each in analyse("p.mlp").diagnostics]
    assert [code for code, _ in found] == re.findall(r"[EW]\d{4}", block["codes"]), found


@pytest.mark.parametrize("block", RUN, ids=place)
def test_outputs(block: re.Match[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.mlp").write_text(program(block), encoding="utf-8")
    assert main(["run", "p.mlp"]) == 0
    assert capsys.readouterr().out.strip().splitlines()[: block["output"].count("\n")] == block["output"].splitlines()


def test_every_block_is_read() -> None:
    assert len(BLOCKS) == PAGE.count("```mlp") > 0
    assert len(RUN) == PAGE.count("```output") > 0


def test_every_word_is_told() -> None:
    keywords = set(re.findall(r'"([a-z]+)"', re.sub(r"//.*", "", grammar_text())))
    words = keywords | {*STEP, *OPTIONS, *(name for names in ATTRIBUTES.values() for name in names)}
    code = " ".join(re.findall(r"```mlp.*?```|(?<!`)`[^`\n]+`(?!`)", PAGE, re.DOTALL))  # prose has `for` and `in` too
    assert len(keywords) > 20
    assert {word for word in words if not re.search(rf"\b{word}\b", code)} == set()
