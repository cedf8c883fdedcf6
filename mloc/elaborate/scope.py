"""What a name in a pipeline body stands for, and which optionals are known not to be null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, Union

from mloc.frozen import dataclass, field
from mloc.ir.model import Const, Expr
from mloc.source import Span
from mloc.types.model import UNKNOWN, Type
from mloc.types.signature import Signature

POISON = Const(UNKNOWN, "null")
"""The value of something already reported."""


@dataclass(frozen=True, slots=True)
class Value:
    """A name that is a value. `nodes` are the regions and calls it waits for, beside those its expression reads."""

    expr: Expr
    span: Span
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outputs:
    """A call with named outputs: only its outputs are values."""

    fields: Mapping[str, Expr]
    signature: Signature
    span: Span
    node: str


@dataclass(frozen=True, slots=True)
class Order:
    """A name that may only stand in `after`: a call without outputs, or a region without a value."""

    what: str
    span: Span
    node: str


@dataclass(frozen=True, slots=True)
class Poison:
    """A name whose definition had an error."""

    span: Span


Local: TypeAlias = Union[Value, Outputs, Order, Poison]


@dataclass(slots=True)
class Scope:
    """Names of a block; inner blocks see the outer ones. `narrowed` gives the types of paths known not to be null."""

    parent: Scope | None = None
    names: dict[str, Local] = field(default_factory=dict)
    narrowed: dict[str, Type] = field(default_factory=dict)
    hidden: dict[str, Span] = field(default_factory=dict)

    def lookup(self, name: str) -> Local | None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def narrowed_type(self, path: str) -> Type | None:
        scope: Scope | None = self
        while scope is not None:
            if path in scope.narrowed:
                return scope.narrowed[path]
            scope = scope.parent
        return None

    def visible(self) -> list[str]:
        found: list[str] = []
        scope: Scope | None = self
        while scope is not None:
            found.extend(scope.names)
            scope = scope.parent
        return found

    def inner(self) -> Scope:
        return Scope(self)
