"""Small projects and signatures for the tests of what a step's Python code is checked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from mloc.diagnostics.model import Bag, Diagnostic
from mloc.source import Span
from mloc.types.model import Domain, Type
from mloc.types.python.check import check_python_step
from mloc.types.python.inline import check_inline
from mloc.types.python.project import Project
from mloc.types.signature import Input, Output, Signature

FILE = "p.mlp"
RUN = Span(FILE, 900, 910)


def write(folder: Path, files: Mapping[str, str]) -> Project:
    """The project of a program `p.mlp` in `folder`, with these files beside it."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Project.of(folder / FILE)


def given(name: str, type_: Type, default: str | None = None, domain: Domain | None = None) -> Input:
    """An input; its span is told by its name's first letter, `a` at 100."""
    at = 100 + 10 * (ord(name[0]) - ord("a"))
    return Input(name, type_, Span(FILE, at, at + len(name)), default, domain)


def output(name: str, type_: Type, domain: Domain | None = None) -> Output:
    """An output; its span is told by its name's first letter, `a` at 500."""
    at = 500 + 10 * (ord(name[0]) - ord("a"))
    return Output(name, type_, Span(FILE, at, at + len(name)), domain)


def step(*inputs: Input, outputs: tuple[Output, ...] = (), result: Type | None = None) -> Signature:
    """The signature of step `s`; `result` is its single unnamed output's type."""
    single = () if result is None else (Output("result", result, Span(FILE, 500, 503)),)
    return Signature("s", inputs, single or outputs, result is None, Span(FILE, 0, 1))


def check(project: Project, signature: Signature, target: str = "m:f") -> tuple[Diagnostic, ...]:
    bag = Bag()
    module, _, function = target.partition(":")
    check_python_step(signature, module, function, RUN, project, bag)
    return bag.sorted()


def check_code(code: str, signature: Signature) -> tuple[Diagnostic, ...]:
    """Check inline code whose lines stand one after the other in the program from offset 1000, indented by four."""
    bag, spans, at = Bag(), [], 1000
    for line in code.split("\n"):
        spans.append(Span(FILE, at + 4, at + 4 + len(line)))
        at += 5 + len(line)
    check_inline(code, Span(FILE, 1000, at), tuple(spans), signature, bag)
    return bag.sorted()


def codes(found: tuple[Diagnostic, ...]) -> list[str]:
    return [d.rule.code for d in found]
