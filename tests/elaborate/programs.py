"""Programs in tests: elaborated from text."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Diagnostic
from mloc.elaborate.program import elaborate
from mloc.ir.model import Pipeline
from mloc.source import SourceError, SourceFile


def check(text: str, **others: str) -> tuple[tuple[Pipeline, ...], tuple[Diagnostic, ...]]:
    """The pipelines and diagnostics of a program; `others` are files beside it, by name without the ending."""
    files = {"test.mlp": text} | {f"{name}.mlp": content for name, content in others.items()}

    def load(path: str) -> SourceFile:
        if path not in files:
            raise SourceError(f"{path}: no such file")
        return SourceFile(path, files[path])

    bag = Bag()
    found = elaborate("test.mlp", load, bag)
    return found.pipelines, bag.sorted()


def codes(text: str, **others: str) -> list[str]:
    return [d.rule.code for d in check(text, **others)[1]]


def pipeline(text: str) -> Pipeline:
    """The one pipeline of a program without diagnostics."""
    pipelines, diagnostics = check(text)
    assert not diagnostics, [f"{d.rule.code} {d.message}" for d in diagnostics]
    return pipelines[0]


STEPS = """mlp 1

step number(x: int) -> int:
    run inline "return x"

step text(s: str) -> str:
    run inline "return s"

step many(n: int) -> (xs: list[int], label: str):
    run inline \"\"\"return {"xs": list(range(n)), "label": "l"}\"\"\"

step say(s: str):
    run inline "print(s)"

"""


def body(*lines: str, signature: str = "(n: int = 1)") -> str:
    """A program of the usual steps and one pipeline with these lines."""
    return STEPS + f"pipeline p{signature}:\n" + "".join(f"    {line}\n" for line in lines)
