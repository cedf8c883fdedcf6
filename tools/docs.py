#!/usr/bin/env python3
"""Writes the pages of docs/ that are made from the code: `python tools/docs.py`, or with `--print` one page to the standard output."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from mloc.passes import PIPELINE, NamedPass

DOCS = Path(__file__).resolve().parent.parent / "docs"


def passes() -> str:
    """docs/passes.md, from the docstrings of the passes."""
    head = """\
<!-- Made by `python tools/docs.py` from the docstrings in mloc/passes/; a test fails when it is stale. -->

# Passes

Every pipeline goes through these passes, in this order; then come the target's own (`Backend.lowering`).
A pass takes a pipeline of the [IR](ir.md) and gives one, the same object when it changes nothing; done twice it does no more than once.
The IR is verified before the first pass and after each that changed it.
`mloc.passes.run(…, dump_after=NAME, write=…)` prints it after the pass of that name.
"""
    return "\n".join([head, *(_pass(number, each) for number, each in enumerate(PIPELINE, start=1))])


def _pass(number: int, each: NamedPass) -> str:
    module = inspect.getmodule(each.apply)
    summary = inspect.cleandoc((module and module.__doc__) or "").split("\n\n")
    contract = inspect.getdoc(each.apply) or ""
    paragraphs = [f"## {number}. {each.name}", summary[0], *(_pictures(part) for part in summary[1:]), contract]
    return "\n\n".join(paragraphs) + "\n"


def _pictures(part: str) -> str:
    """The lines before and after, as a block of code."""
    lines = [line.split(": ", 1) for line in part.splitlines()]
    return "```text\n" + "\n".join(f"{when:8}{what.strip('`')}" for when, what in lines) + "\n```"


PAGES = {"passes.md": passes}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        sys.stdout.write(PAGES[arguments[1]]())
        return
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
