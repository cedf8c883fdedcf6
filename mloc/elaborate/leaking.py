"""Steps with secrets whose own code lets them out: into the log, an error's text, or an output."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from mloc import patterns
from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import PRINTED_SECRET, RETURNED_SECRET
from mloc.ir.model import Run, RunInline, RunPython, RunShell
from mloc.source import Span
from mloc.types.python.inline import Body
from mloc.types.python.lookup import Function, find_function
from mloc.types.python.taint import ALL, Leak, leaks

if TYPE_CHECKING:
    from mloc.types.python.project import Project

_HELP = {
    "printed": "leave it out of the message; the runner masks the value where it sees it, other programs do not",
    "raised": "leave it out of the message: errors stand in logs, reports and mails",
    "returned": "give the secret to the step that needs it; outputs are stored and shown",
}
_SAYS = {"printed": "prints", "raised": "puts into an error's text", "returned": "gives as an output"}
_DUMP = patterns.of(r"^\s*(?:(?:env|printenv|export\s+-p|set)\s*(?:\||$)|printenv\s+(\w+))")
_TRACE = patterns.of(r"^\s*set\s+(?:-[a-wyzA-Z]*x\w*|-o\s+xtrace)\b")
_WRITES = patterns.of(r"(?<![0-9&])1?>>?\s*[\"']?\$\{?out")
_ELSEWHERE = patterns.of(r"(?<![0-9&])1?>>?\s*[^&\s]|\|")


def check(step: str, run: Run, places: Mapping[int, Span], whole: Span, secrets: Mapping[str, str], project: Project, bag: Bag) -> None:
    """Report the ways out of a step's secrets, by environment variable. `places` are the lines of its own code, `whole` all of it."""
    match run:
        case RunShell(script):
            _shell(step, script, places, whole, secrets, bag)
        case RunInline(code):
            body = Body(whole, tuple(places.values()), tuple(code.split("\n")))
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                statements = _parsed(code)
            for leak in leaks(statements, secrets):
                spans = [body.of(node) for node in leak.path]
                also = tuple(Label(span, "goes on here" if at else "read here") for at, span in enumerate(spans[:-1]))
                _report(step, leak, secrets, spans[-1], also, (), bag)
        case RunPython(module, function):
            found = find_function(project, module, function)
            if isinstance(found, Function):
                file = found.place.rpartition(":")[0]
                for leak in leaks(found.node.body, secrets):
                    path = " → ".join(f"{file}:{node.lineno}: `{_short(node)}`" for node in leak.path)
                    _report(step, leak, secrets, whole, (), (path,), bag)
        case _:
            pass


def _parsed(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []  # reported where the code is checked


def _short(node: ast.AST) -> str:
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else f"{text[:59]}…"


def _report(
    step: str, leak: Leak, secrets: Mapping[str, str], span: Span, also: tuple[Label, ...], notes: tuple[str, ...], bag: Bag
) -> None:
    if leak.variable == ALL:
        names = ", ".join(f"`{name}`" for name in secrets.values())
        what = f"its whole environment, with the secret{'s' if len(secrets) > 1 else ''} {names}"
    else:
        what = f"the secret `{secrets[leak.variable]}` (the variable {leak.variable})"
    rule = RETURNED_SECRET if leak.way == "returned" else PRINTED_SECRET
    message = f"the code of step `{step}` {_SAYS[leak.way]} {what}"
    bag.report(rule, span, message, label=f"{leak.way} here" if also else "", secondary=also, notes=notes, help=_HELP[leak.way])


def _shell(step: str, script: str, places: Mapping[int, Span], whole: Span, secrets: Mapping[str, str], bag: Bag) -> None:
    variables = re.compile(r"\$\{?(" + "|".join(map(re.escape, secrets)) + r")\b")
    for number, line in enumerate(script.split("\n")):
        span = places.get(number, whole)
        if _TRACE.match(line):
            message = f"the script of step `{step}` prints every command with its values (`set -x`), also those with a secret"
            bag.report(PRINTED_SECRET, span, message, help="leave `-x` out")
            continue
        dump = _DUMP.match(line)
        if dump is not None and (dump.group(1) is None or dump.group(1) in secrets):
            _report(step, Leak("printed", dump.group(1) or ALL, ()), secrets, span, (), (), bag)
            continue
        said = re.match(r"\s*(?:echo|printf)\b(.*)", line)
        used = None if said is None else variables.search(said.group(1))
        if said is None or used is None:
            continue
        if _WRITES.search(line):
            _report(step, Leak("returned", used.group(1), ()), secrets, span, (), (), bag)
        elif not _ELSEWHERE.search(line):
            _report(step, Leak("printed", used.group(1), ()), secrets, span, (), (), bag)
