"""Cached steps whose results are not worth keeping: their code reads more than its inputs, or no run asks for them again."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import CACHED_CHANCE, KEY_OF_THE_RUN, OPEN_CLOSURE
from mloc.elaborate.asked import asked
from mloc.elaborate.attributes import Leaves
from mloc.elaborate.promises import place
from mloc.ir.handlers import RUN_NODE
from mloc.ir.model import Call, Expr, MakeRecord, RunInline, RunPython
from mloc.ir.walk import every_call, refs
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import statements

_DIFFERS = ("id", "now")
_WAYS = {
    "random": ("draws a random number", "give it a seed, an input of the step, or leave `cache` out"),
    "clock": ("reads the clock", "take the time as an input, or leave `cache` out"),
    "network": ("reads from the network", "say until when a result holds, `cache ttl=1d`, or leave `cache` out"),
    "environment": ("reads a variable that the step does not declare", "declare it, `env NAME=…`, so that the key has it"),
}


def caching(program: Program, bag: Bag) -> None:
    """W0801 and W0805 of every cached step, W0808 of every call of one."""
    for declaration, leaves in _cached(program):
        _code(program, declaration, leaves, place(declaration, "cache") or declaration.name.span, bag)
    seen: set[Span] = set()
    for pipeline in program.pipelines:
        for call in every_call(pipeline):
            if call.settings.cache is not None and call.span is not None and call.span not in seen:
                seen.add(call.span)
                _arguments(program, call, call.span, bag)


def _cached(program: Program) -> Iterator[tuple[t.StepDef, Leaves]]:
    """The cached steps of a file, with what is said of them."""
    for declaration in program.steps():
        found = program.file.steps.step(declaration)
        leaves = {} if found is None else {**program.file.defaults(), **found[1]}
        if leaves.get("cache.on"):
            yield declaration, leaves


# ---- what the code reads ------------------------------------------------------------------------------------------


def _code(program: Program, declaration: t.StepDef, leaves: Leaves, span: Span, bag: Bag) -> None:
    name, effects = declaration.name.text, leaves.get("effects")
    if isinstance(effects, tuple) and "random" in effects:
        there = place(declaration, "effects")
        labels = () if there is None else (Label(there, "it says so"),)
        message = f"step `{name}` is cached but `effects random`: every later run gets the numbers of the first"
        bag.report(CACHED_CHANCE, span, message, secondary=labels, help="give it a seed, an input of the step, or leave `cache` out")
        return
    found = program.file.steps.step(declaration)
    run = None if found is None else found[0].run
    if isinstance(run, RunInline):
        _inline(program, declaration, run, leaves, span, bag)
    elif isinstance(run, RunPython):
        _python(program, declaration, run, leaves, span, bag)


def _inline(program: Program, declaration: t.StepDef, run: RunInline, leaves: Leaves, span: Span, bag: Bag) -> None:
    from mloc.types.python.steadiness import of_statements  # only programs with cached steps pay for it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(run.code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # reported where the code is checked
    evidence = of_statements(body, _declared(program, declaration))
    if evidence is None or _is_meant(evidence.kind, leaves):
        return
    source, number = program.file.source, run.line + evidence.node.lineno - 1
    text = source.line(number)
    start = source.line_start(number) + len(text) - len(text.lstrip())
    there = Label(Span(span.file, start, start + max(1, len(text.strip()))), f"{evidence.what} here")
    _tell(declaration.name.text, evidence.kind, f"with {evidence.what}", span, (there,), (), bag)


def _python(program: Program, declaration: t.StepDef, run: RunPython, leaves: Leaves, span: Span, bag: Bag) -> None:
    from mloc.types.python.closure import closure
    from mloc.types.python.files import PythonFileError
    from mloc.types.python.lookup import Function, find_function
    from mloc.types.python.steadiness import of_function

    project, name = program.file.world.project(program.file.source.path), declaration.name.text
    found = find_function(project, run.module, run.function)
    try:
        evidence = of_function(project, found, _declared(program, declaration)) if isinstance(found, Function) else None
    except PythonFileError:
        return  # reported where the function is looked up
    if evidence is not None and not _is_meant(evidence.kind, leaves):
        note = f"{evidence.file}:{evidence.node.lineno}: `{_short(evidence.node)}`"
        _tell(name, evidence.kind, f"with {evidence.what}", span, (), (note,), bag)
    open_ends = [p for p in closure(project, [run.module]).problems if "computed" in p.reason] if isinstance(found, Function) else []
    if open_ends and "cache.version" not in leaves:
        notes = tuple(f"{problem.place}: {problem.reason}" for problem in open_ends[:3])
        message = (
            f"step `{name}` is cached, and its code imports modules by computed names: a change of one that is not seen gives old results"
        )
        help_ = 'say `cache version="1"`, and raise it when such a module changes'
        bag.report(OPEN_CLOSURE, span, message, notes=notes, help=help_)


def _declared(program: Program, declaration: t.StepDef) -> frozenset[str]:
    return frozenset(asked(program.file.module, declaration.name.text, ("env", "secrets")))


def _is_meant(kind: str, leaves: Leaves) -> bool:
    """Whether the step says that it reads from outside, or how long its results hold."""
    effects = leaves.get("effects")
    return kind in ("network", "clock") and ("cache.ttl" in leaves or (isinstance(effects, tuple) and "reads" in effects))


def _short(node: ast.expr) -> str:
    text = ast.unparse(node).split("\n")[0]
    return text if len(text) <= 60 else f"{text[:59]}…"


def _tell(name: str, kind: str, what: str, span: Span, also: tuple[Label, ...], notes: tuple[str, ...], bag: Bag) -> None:
    does, help_ = _WAYS[kind]
    message = f"step `{name}` is cached, and its code {does} ({what}): later runs get the result of the first"
    bag.report(CACHED_CHANCE, span, message, secondary=also, notes=notes, help=help_)


# ---- what it is given ---------------------------------------------------------------------------------------------


def _arguments(program: Program, call: Call, span: Span, bag: Bag) -> None:
    """Arguments that differ in every run, so that no result is found again."""
    given = next((_given(s) for body in program.bodies for s in statements(body.pipeline.body) if s.span == span), {})
    ignored = frozenset(() if call.settings.cache is None else call.settings.cache.ignore)
    for name, value in call.args:
        differs = next((ref for ref in _of_run(value, name, ignored)), None)
        if differs is None:
            continue
        message = (
            f"step `{call.step}` is cached, but its input `{name}` is made of `{differs}`, which no two runs share: it runs every time"
        )
        help_ = f'leave it out of the key, `cache ignore=["{name}"]`, if results do not depend on it'
        bag.report(KEY_OF_THE_RUN, given.get(name, span), message, help=help_)


def _given(statement: t.Statement) -> dict[str, Span]:
    call = statement.value if isinstance(statement, t.Bind) else None
    return {a.name.text: a.span for a in call.arguments if a.name is not None} if isinstance(call, t.CallExpr) else {}


def _of_run(value: Expr, path: str, ignored: frozenset[str]) -> Iterator[str]:
    """What of a run a value is made of, without the parts that the key leaves out."""
    if path in ignored:
        return
    if isinstance(value, MakeRecord):
        for name, part in value.fields:
            yield from _of_run(part, f"{path}.{name}", ignored)
        return
    yield from (f"run.{ref.output}" for ref in refs(value) if ref.node == RUN_NODE and ref.output in _DIFFERS)
