"""Container steps: what their words become, and what is said of wrong ones."""

from __future__ import annotations

import pytest

from mloc.ir.model import InputWord, JoinedWord, OutputWord, RunContainer, WordGroup
from tests.elaborate.programs import check, codes, pipeline

IMAGE = 'image "tool@sha256:1111111111111111111111111111111111111111111111111111111111111111"\n    timeout 1h'


def program(command: str, args: str, *, more: str = IMAGE) -> str:
    return f"""mlp 1

const MODE = "fast"

secret token from env("TOKEN")

step tool(rows: File[csv], n: int = 1, tag: str? = null) -> (scored: File[csv], count: int):
    run container command={command}, args={args}
    {more}

step other():
    run inline "print(1)"
    secrets TOKEN=token

pipeline p(rows: File[csv]) -> (count: int):
    other()
    a = tool(rows=rows)
    return count=a.count
"""


# D012 of the museum: an argument is a value of a known type, and nothing of its making runs when the program is compiled.
def test_words() -> None:
    text = program('["tool", MODE]', '["--in", rows, f"--n={n}", ["--tag", tag], 3, out(scored), "--c", out(count)]')
    (step,) = [s for s in pipeline(text).steps if s.name == "tool"]
    assert step.run == RunContainer(
        ("tool", "fast"),
        (
            "--in",
            InputWord("rows"),
            JoinedWord(("--n=", InputWord("n"))),
            WordGroup(("--tag", InputWord("tag"))),
            "3",
            OutputWord("scored"),
            "--c",
            OutputWord("count"),
        ),
    )


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("[rows, n, tag, out(scored), out(count)]", []),
        ("[rows, out(scored), out(count), row]", ["E0101"]),
        ("[rows, out(scored), out(cont)]", ["E0101"]),
        ("[rows, out(scored), out(count), nothing_like_it]", ["E0101"]),
        ("[rows, out(scored)]", ["E0617"]),
        ("[rows, scored, out(count)]", ["E0628"]),
        ("[n + 1, tag ?? MODE, out(scored), out(count)]", []),
        ("[[n + 1], {n: n}, out(scored), out(count)]", ["E0628"]),
        ("[n + tag, out(scored), out(count)]", ["E0206"]),
        ("[other, out(scored), out(count)]", ["E0628"]),
        ("[token, out(scored), out(count)]", ["E0901"]),
        ('["--token", f"x{token}", out(scored), out(count)]', ["E0901"]),
        ('["--tag", tag, out(scored), out(count)]', ["E0206"]),
        ('["--tag=", tag, out(scored), out(count)]', []),
    ],
)
def test_one_mistake_is_one_error(args: str, expected: list[str]) -> None:
    assert [c for c in codes(program('["tool"]', args)) if c.startswith("E")] == expected


def test_the_flag_of_what_may_be_null() -> None:
    (found,) = [d for d in check(program('["tool"]', '["--tag", tag, out(scored), out(count)]'))[1] if d.rule.code == "E0206"]
    assert "`--tag` would take the next one" in found.message
    assert found.fix is not None
    assert found.fix.edits[0].text == '["--tag", tag]'


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        ('run container comand=["x"]', "E0721"),
        ("run container", "E0721"),
        ('run container "tool"', "E0721"),
        ('run container command=["x"], command=["y"]', "E0721"),
        ('run container command="tool"', "E0628"),
    ],
)
def test_the_shape(run: str, expected: str) -> None:
    assert codes(f"mlp 1\n\nstep s():\n    {run}\n    {IMAGE}\n") == [expected]


def test_an_image_is_needed() -> None:
    assert codes('mlp 1\n\nstep s():\n    run container command=["x"]\n    timeout 1h\n') == ["E0706"]
    assert codes(f'mlp 1\n\ndefaults:\n    {IMAGE}\n\nstep s():\n    run container command=["x"]\n') == []
