"""What the rules look at: one file of a program, elaborated."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from mloc.diagnostics.model import Bag
from mloc.elaborate.declarations import FileScope
from mloc.ir.model import Const, Pipeline
from mloc.lint.scopes import Body, resolve
from mloc.syntax import tree as t
from mloc.types.model import STR, UNKNOWN, Type
from mloc.types.signature import Signature


class Program:
    """A file, the types that were found for its expressions, and its pipelines.

    `pipelines` are those of this file, in its order; what has an error is missing in them.
    `shared` tells which of its names other files of the project import; it is asked only when one seems unused.
    """

    def __init__(
        self,
        file: FileScope,
        types: Mapping[t.Expr, Type],
        pipelines: tuple[Pipeline, ...],
        shared: Callable[[], frozenset[str]] = frozenset,
    ) -> None:
        self.file, self.types, self.pipelines, self.shared = file, types, pipelines, shared

    @cached_property
    def bodies(self) -> tuple[Body, ...]:
        """The bodies of the pipelines, in their order."""
        return tuple(resolve(d) for d in self.file.module.declarations if isinstance(d, t.PipelineDef))

    def type_of(self, expr: t.Expr) -> Type:
        """The type of an expression in a pipeline; Unknown where an error keeps it from being known."""
        return self.types.get(expr, UNKNOWN)

    def called(self, expr: t.Expr, name: str | None) -> Called | None:
        """What a call calls, and the file that declares it; None for anything that is not a step or pipeline."""
        if name is None or not isinstance(expr, t.CallExpr):
            return None
        found = self.file.find(name)
        if found is None or not isinstance(found.declaration, (t.StepDef, t.PipelineDef)):
            return None
        return found.file, found.declaration

    def step_of(self, expr: t.Expr, name: str | None) -> Signature | None:
        """The signature of the step that a call calls."""
        found = self.called(expr, name)
        if found is None or not isinstance(found[1], t.StepDef):
            return None
        return found[0].steps.signature(found[1])

    def text_of(self, expr: t.Expr) -> str | None:
        """The text of a string literal or of a constant that holds one."""
        match expr:
            case t.Text(value=text):
                return text
            case t.Name(text=name):
                found = self.file.constant_or_kind(name)
            case t.Member(value=t.Name(text=module), name=name_):
                found = member if isinstance(member := self.file.member(module, name_.text), Const) else None
            case _:
                return None
        return str(json.loads(found.text)) if isinstance(found, Const) and found.type == STR else None

    def steps(self) -> Iterator[t.StepDef]:
        return (d for d in self.file.module.declarations if isinstance(d, t.StepDef))


Called: TypeAlias = "tuple[FileScope, t.StepDef | t.PipelineDef]"
Check: TypeAlias = Callable[[Program, Bag], None]
"""A rule, or a few of one purpose: reports what it finds."""
