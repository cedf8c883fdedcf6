#!/usr/bin/env python3
"""Writes the pages of docs/ that are made from the code: `python tools/docs.py`, or with `--print` one page to the standard output."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from mloc.backend import Backend, Feature, load
from mloc.passes import PIPELINE, NamedPass
from mloc.testing.table import details, matrix, unclaimed

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
ENGINES = {"kfp": ("Kubeflow Pipelines", "kfp"), "airflow": ("Airflow", "apache-airflow-core"), "flyte": ("Flyte", "flytekit")}


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


def backends() -> str:
    """docs/backends.md, from what the backends declare and from the conformance programs."""
    text = (DOCS / "backends.in.md").read_text(encoding="utf-8")
    loaded = [load(target) for target in ENGINES]
    parts = {
        "MATRIX": matrix(loaded, "../tests/conformance/programs"),
        "ENGINES": "\n".join(f"* {_engine(target)}" for target in ENGINES) + "\n",
        "UNCLAIMED": _nowhere(unclaimed(loaded)),
        "DETAILS": "\n".join(_target(backend) for backend in loaded),
    }
    made = "docs/backends.in.md, mloc_*/capabilities.py and tests/conformance"
    head = f"<!-- Made by `python tools/docs.py` from {made}; a test fails when it is stale. -->"
    return head + "\n\n" + re.sub(r"@([A-Z]+)@\n?", lambda found: parts[found.group(1)], text)


def _nowhere(features: Iterable[Feature]) -> str:
    names = ", ".join(f"`{feature.value}`" for feature in features)
    return f"On none of them yet: {names}.\n\n" if names else ""


def _engine(target: str) -> str:
    name, package = ENGINES[target]
    lock = (ROOT / "tests" / "requirements" / "engines.lock").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==(\S+)", lock, re.MULTILINE)
    if found is None:
        raise LookupError(f"tests/requirements/engines.lock has no {package}")
    return f"`{target}`: {name}, run on {package} {found.group(1)} ([its mapping](../backends/mloc_{target}/README.md))"


def _target(backend: Backend) -> str:
    lines = [f"### {backend.name}", "", details(backend)]
    lines += ["What its local mode does differently from the language:", ""]
    lines += [f"* {difference.what} ({_evidence(difference.evidence)})" for difference in backend.differences]
    return "\n".join(lines) + "\n"


def _evidence(text: str) -> str:
    path, is_test, function = text.partition("::")
    return f"[{function}](../{path})" if is_test else text


PAGES = {"passes.md": passes, "backends.md": backends}


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--print"]:
        sys.stdout.write(PAGES[arguments[1]]())
        return
    for name, page in PAGES.items():
        (DOCS / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
