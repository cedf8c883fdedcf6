"""The syntax tree: what the user wrote, with spans, before any name is resolved."""

from __future__ import annotations

from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass, field
from mloc.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class Identifier:
    """A name with its place."""

    text: str
    span: Span


# ---- expressions --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class IntLiteral:
    value: int
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class FloatLiteral:
    """`text` is the literal as written, underscores removed."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """`4GiB`, `30min`, `10pct`: a number with a unit."""

    number: str
    unit: str
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A string literal. `long` for triple-quoted ones, whose text is raw."""

    value: str
    long: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class FString:
    parts: tuple[str | Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Bool:
    value: bool
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Null:
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class ListLiteral:
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """`[body for name in source if condition]`."""

    body: Expr
    name: Identifier
    source: Expr
    condition: Expr | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """`name: value` (a record) or `"key": value` (a map, `quoted`)."""

    key: Identifier
    quoted: bool
    value: Expr


@dataclass(frozen=True, slots=True, eq=False)
class Braces:
    """`{…}`: a record or a map, by its keys."""

    entries: tuple[Entry, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    value: Expr
    name: Identifier
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Subscript:
    value: Expr
    key: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Argument:
    """An argument of a call or attribute; `name` None when positional."""

    name: Identifier | None
    value: Expr

    @property
    def span(self) -> Span:
        start = self.value.span if self.name is None else self.name.span
        return Span(start.file, start.start, self.value.span.end)


@dataclass(frozen=True, slots=True, eq=False)
class CallExpr:
    callee: Expr
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Unary:
    op: Literal["-", "not"]
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Binary:
    """`+ - * / %`, comparisons, `and`, `or`, `??`."""

    op: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Ternary:
    then: Expr
    condition: Expr
    otherwise: Expr
    span: Span


Expr: TypeAlias = Union[
    Name,
    IntLiteral,
    FloatLiteral,
    Quantity,
    Text,
    FString,
    Bool,
    Null,
    ListLiteral,
    Projection,
    Braces,
    Member,
    Subscript,
    CallExpr,
    Unary,
    Binary,
    Ternary,
]

# ---- types --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class ColumnExpr:
    name: Identifier
    type: TypeExpr
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RestExpr:
    """`...` or `...R`."""

    variable: Identifier | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class RowExpr:
    columns: tuple[ColumnExpr | RestExpr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class TypeExpr:
    """`name[args]{row}?`; `name` None for a bare record type `{…}`."""

    name: Identifier | None
    arguments: tuple[TypeExpr, ...]
    row: RowExpr | None
    optional: bool
    span: Span


# ---- declarations -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class RangeDomain:
    low: Expr
    high: Expr

    @property
    def span(self) -> Span:
        return Span(self.low.span.file, self.low.span.start, self.high.span.end)


@dataclass(frozen=True, slots=True, eq=False)
class ChoiceDomain:
    choices: Expr

    @property
    def span(self) -> Span:
        return self.choices.span


DomainExpr: TypeAlias = Union[RangeDomain, ChoiceDomain]


@dataclass(frozen=True, slots=True, eq=False)
class Param:
    name: Identifier
    type: TypeExpr
    default: Expr | None
    domain: DomainExpr | None
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Out:
    """An output; `name` None for a single unnamed one."""

    name: Identifier | None
    type: TypeExpr
    domain: DomainExpr | None
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SignatureExpr:
    params: tuple[Param, ...]
    outputs: tuple[Out, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """`name args` or, with `block`, `name:` and nested attributes. `run` is an attribute whose `kind` is set."""

    name: Identifier
    arguments: tuple[Argument, ...]
    block: tuple[Attribute, ...] | None
    kind: Identifier | None
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class StepOverride:
    """`step path:` in a target block."""

    path: Identifier
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SecretSource:
    """`secret name from source` in a target block: where the secret comes from on that target."""

    name: Identifier
    source: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    path: Text
    name: Identifier
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class FromImport:
    path: Text
    names: tuple[tuple[Identifier, Identifier | None], ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class TypeAliasDef:
    name: Identifier
    type: TypeExpr
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class RecordDef:
    name: Identifier
    fields: tuple[Param, ...]
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class EnumDef:
    name: Identifier
    members: tuple[Identifier, ...]
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ConstDef:
    name: Identifier
    value: Expr
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class SecretDef:
    name: Identifier
    source: Expr
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class DefaultsDef:
    attributes: tuple[Attribute, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class StepDef:
    name: Identifier
    signature: SignatureExpr
    attributes: tuple[Attribute, ...]
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PipelineDef:
    name: Identifier
    signature: SignatureExpr
    body: tuple[Statement, ...]
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class LaunchDef:
    """`schedule NAME for PIPELINE:` or `trigger NAME for PIPELINE:`."""

    kind: Literal["schedule", "trigger"]
    name: Identifier
    pipeline: Identifier
    attributes: tuple[Attribute, ...]
    span: Span
    doc: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TargetDef:
    name: Identifier
    pipeline: Identifier | None
    items: tuple[Attribute | StepOverride | SecretSource, ...]
    span: Span


Declaration: TypeAlias = Union[
    Import,
    FromImport,
    TypeAliasDef,
    RecordDef,
    EnumDef,
    ConstDef,
    SecretDef,
    DefaultsDef,
    StepDef,
    PipelineDef,
    LaunchDef,
    TargetDef,
]

# ---- statements ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Bind:
    """`name = value after … with …`; `name` None for a call whose outputs are not used."""

    name: Identifier | None
    value: Expr
    after: tuple[Expr, ...]
    overrides: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Require:
    """`require condition, message`; `condition` None for `fail message`."""

    condition: Expr | None
    message: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class IfArm:
    """`condition` None for else; `span` covers the keyword and condition."""

    condition: Expr | None
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class If:
    name: Identifier | None
    arms: tuple[IfArm, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class For:
    name: Identifier | None
    item: Identifier
    source: Expr
    limit: Expr | None
    tolerate: Expr | None
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Loop:
    name: Identifier
    state: Identifier
    initial: Expr
    maximum: Expr
    body: tuple[Statement, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Yield:
    value: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Next:
    value: Expr
    until: Expr
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Return:
    arguments: tuple[Argument, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Options:
    attributes: tuple[Attribute, ...]
    span: Span


@dataclass(frozen=True, slots=True, eq=False)
class Handler:
    kind: Literal["finally", "on failure"]
    body: tuple[Statement, ...]
    span: Span


Statement: TypeAlias = Union[Bind, Require, If, For, Loop, Yield, Next, Return, Options, Handler]


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One file. `broken` are the names that declarations with syntax errors would declare."""

    path: str
    declarations: tuple[Declaration, ...] = field(default=())
    broken: tuple[str, ...] = field(default=())
