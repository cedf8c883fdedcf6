"""Programs in tests of the rules over whole programs: what is found in a text."""

from __future__ import annotations

from mloc.diagnostics.fixes import compatible, corrected
from mloc.diagnostics.model import Bag, Diagnostic
from mloc.elaborate.program import elaborate
from mloc.lint.page import lint
from mloc.lint.program import Program
from mloc.source import SourceError, SourceFile

STEPS = """mlp 1

enum Mode: fast, slow, exact

step inc(x: int) -> int:
    run inline "return x + 1"

step pair(x: int) -> (low: int in 0..9, high: int):
    run inline "return {'low': x, 'high': x}"

step say(s: str):
    run inline "print(s)"

step rate(x: int) -> float:
    run inline "return x / 3"

step find(x: int) -> (n: int?):
    run inline "return x"

"""


def findings(text: str, **others: str) -> tuple[Diagnostic, ...]:
    """What the rules find in a program; `others` are files beside it, by name without the ending. Errors before them fail the test."""
    files = {"test.mlp": text} | {f"{name}.mlp": content for name, content in others.items()}

    def load(path: str) -> SourceFile:
        if path not in files:
            raise SourceError(f"{path}: no such file")
        return SourceFile(path, files[path])

    bag = Bag()
    found = elaborate("test.mlp", load, bag)
    assert not bag.has_errors, [f"{d.rule.code} {d.message}" for d in bag]
    return tuple(lint(Program(found.file, found.types, found.pipelines), bag))


def codes(text: str, **others: str) -> list[str]:
    """The codes of what is found and told without asking for it."""
    return [d.rule.code for d in findings(text, **others) if not d.rule.taste]


def body(*lines: str, signature: str = "(n: int = 1)") -> str:
    """A program of the usual steps and one pipeline with these lines."""
    return STEPS + f"pipeline p{signature}:\n" + "".join(f"    {line}\n" for line in lines)


def told(*lines: str, signature: str = "(n: int = 1)") -> list[str]:
    """The codes found in the pipeline of `body`, without those about steps that it does not call, and parameters it leaves alone."""
    return [code for code in codes(body(*lines, signature=signature)) if code not in ("W0108", "W0109", "W0110")]


def mended(text: str, code: str) -> str:
    """The text with the corrections of a rule made, as `mloc check --fix` makes them."""
    for _ in range(5):
        chosen = compatible([d for d in findings(text) if d.rule.code == code], {"test.mlp"})
        if not chosen:
            return text
        text = corrected({"test.mlp": text}, chosen)["test.mlp"]
    raise AssertionError("there is no end of corrections")
