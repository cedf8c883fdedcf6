"""Imports and declarations that nothing uses."""

from __future__ import annotations

from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import UNUSED_DECLARATION, UNUSED_IMPORT, UNUSED_STEP
from mloc.lint.mentions import mentioned
from mloc.lint.program import Program
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t

_WORDS = {t.TypeAliasDef: "type", t.RecordDef: "record", t.EnumDef: "enum", t.ConstDef: "constant", t.StepDef: "step"}
_KINDS = (t.TypeAliasDef, t.RecordDef, t.EnumDef, t.ConstDef, t.StepDef)


def unused(program: Program, bag: Bag) -> None:
    """W0107 in every file; W0108 and W0109 where there is a pipeline: a file without one is there for others to import."""
    names = mentioned(program)
    declarations = program.file.module.declarations
    for declaration in declarations:
        if isinstance(declaration, (t.Import, t.FromImport)):
            _import(program.file.source, declaration, names, bag)
    if not any(isinstance(d, t.PipelineDef) for d in declarations):
        return
    idle = [d for d in declarations if isinstance(d, _KINDS) and d.name.text not in names and not d.name.text.startswith("_")]
    shared = program.shared() if idle else frozenset()
    for declaration in idle:
        name, word = declaration.name, _WORDS[type(declaration)]
        if name.text in shared:
            continue
        if isinstance(declaration, t.StepDef):
            help_ = "call it, or remove it; a file of steps for others to import has no pipeline of its own"
            bag.report(UNUSED_STEP, name.span, f"step `{name.text}` is never called: it is unused", help=help_)
        else:
            bag.report(UNUSED_DECLARATION, name.span, f"{word} `{name.text}` is unused", help="use it, or remove it")


def _import(source: SourceFile, declaration: t.Import | t.FromImport, names: frozenset[str], bag: Bag) -> None:
    if isinstance(declaration, t.Import):
        if declaration.name.text not in names:
            fix = Fix("machine-applicable", (Edit(_lines(source, declaration.span), ""),))
            name = declaration.name
            bag.report(UNUSED_IMPORT, name.span, f"`{name.text}` is imported but unused", help="remove the import", fix=fix)
        return
    idle = [(name, alias) for name, alias in declaration.names if (alias or name).text not in names]
    for name, alias in idle:
        if len(idle) == len(declaration.names):
            edit = Edit(_lines(source, declaration.span), "")
        else:
            edit = Edit(_item(declaration, (name, alias)), "")
        target = alias or name
        fix = Fix("machine-applicable", (edit,))
        bag.report(UNUSED_IMPORT, target.span, f"`{target.text}` is imported but unused", help="remove it from the import", fix=fix)


def _item(declaration: t.FromImport, item: tuple[t.Identifier, t.Identifier | None]) -> Span:
    """One name of several, with the comma that parts it from its neighbour."""
    place = declaration.names.index(item)
    first, last = item[0].span, (item[1] or item[0]).span
    if place == 0:
        return Span(first.file, first.start, declaration.names[1][0].span.start)
    before = declaration.names[place - 1]
    return Span(first.file, (before[1] or before[0]).span.end, last.end)


def _lines(source: SourceFile, span: Span) -> Span:
    """The whole lines that a declaration stands on."""
    first, last = source.position(span.start).line, source.position(max(span.start, span.end - 1)).line
    end = source.line_start(last + 1) if last < source.line_count else len(source.text)
    return Span(span.file, source.line_start(first), end)
