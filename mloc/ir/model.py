"""The intermediate representation: a tree of regions whose leaves are step calls.

Everything is frozen, hashable and made of tuples; spans take no part in equality.
A node's `id` is stable, unique in its program and survives every pass: the dotted path of the run report with `[]` where a fan-out's
index goes (`checked`, `trials[].fit`, `else.kept`).
Values are single-assignment: an expression names what it reads by `Ref(node, output)`.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.model import Domain, Type

# ---- expressions: pure, typed, evaluated by `mloc.runner.evaluate` ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Const:
    """A value known at compile time, as canonical JSON text of its declared type (so that 1 and true differ)."""

    type: Type
    text: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A value made elsewhere.

    `node` is "$" for a pipeline parameter (`output` is its name), a fan-out's id for its current item (`output` is "item"),
    a call's id for a step output, or a branch's or fan-out's id for a merged or collected value.
    """

    type: Type
    node: str
    output: str


@dataclass(frozen=True, slots=True)
class Local:
    """The variable of an enclosing `Project`."""

    type: Type
    name: str


@dataclass(frozen=True, slots=True)
class Get:
    """`value.field` of a record or Metrics. Null stays null when the value is optional."""

    type: Type
    value: Expr
    field: str


@dataclass(frozen=True, slots=True)
class Index:
    """`list[i]` or `map["k"]`; fails at run time when absent."""

    type: Type
    value: Expr
    key: Expr


@dataclass(frozen=True, slots=True)
class Arith:
    """Checked arithmetic on two operands of the same type (after `Widen`); `-` with `left` None is negation."""

    type: Type
    op: Literal["+", "-", "*", "/", "%"]
    left: Expr | None
    right: Expr


@dataclass(frozen=True, slots=True)
class Compare:
    type: Type
    op: Literal["==", "!=", "<", "<=", ">", ">="]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` / `or`, short-circuiting in value."""

    type: Type
    op: Literal["and", "or"]
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Not:
    type: Type
    value: Expr


@dataclass(frozen=True, slots=True)
class Coalesce:
    """`left ?? right`."""

    type: Type
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Choose:
    """`then if condition else otherwise`."""

    type: Type
    condition: Expr
    then: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class MakeList:
    type: Type
    items: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class MakeRecord:
    type: Type
    fields: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class MakeMap:
    type: Type
    entries: tuple[tuple[str, Expr], ...]


@dataclass(frozen=True, slots=True)
class Project:
    """`[body for name in source if condition]`."""

    type: Type
    name: str
    source: Expr
    body: Expr
    condition: Expr | None


@dataclass(frozen=True, slots=True)
class Format:
    """An f-string: literal texts and expressions in turn, rendered by the language's own rule."""

    type: Type
    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Widen:
    """A value converted to `type` without loss of meaning: int to float, T to T?, a record to a declared record."""

    type: Type
    value: Expr


Expr: TypeAlias = Union[
    Const, Ref, Local, Get, Index, Arith, Compare, Logic, Not, Coalesce, Choose, MakeList, MakeRecord, MakeMap, Project, Format, Widen
]

# ---- steps: what is run -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Input:
    """`default` is canonical JSON text, None when required."""

    name: str
    type: Type
    default: str | None = None
    domain: Domain | None = None
    doc: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Output:
    """An unnamed output is called `result`."""

    name: str
    type: Type
    domain: Domain | None = None
    doc: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class RunPython:
    """`run python "module:function"`. `named` says that outputs were declared by name."""

    module: str
    function: str


@dataclass(frozen=True, slots=True)
class RunInline:
    """`run inline`: dedented Python source of a function body; `line` is the source line of its first line."""

    code: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RunShell:
    """`run shell`: a dedented script."""

    script: str
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class RunRequire:
    """A `require`: fails with the text of its input `message` unless its input `ok` is true. It runs no code and is never retried."""


Run: TypeAlias = Union[RunPython, RunInline, RunShell, RunRequire]


@dataclass(frozen=True, slots=True)
class Step:
    """A step's declaration. `named_outputs` is False for a step whose one output has no name (`-> int`)."""

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    named_outputs: bool
    run: Run
    doc: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)


RetryOn: TypeAlias = Literal["exception", "oom", "preempted", "timeout"]


@dataclass(frozen=True, slots=True)
class Retry:
    """`count` further attempts; the delay before attempt k (from 1) is `min(backoff * factor**(k-1), max_delay)`, in milliseconds."""

    count: int = 0
    backoff_ms: int = 0
    factor: float = 1.0
    max_delay_ms: int | None = None
    on: tuple[RetryOn, ...] = ("exception", "oom", "preempted", "timeout")


@dataclass(frozen=True, slots=True)
class Resources:
    """`cpu` in cores, memory and disk in bytes; None where not asked for."""

    cpu: float | None = None
    memory: int | None = None
    disk: int | None = None
    gpu: int | None = None
    gpu_type: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """How a call is run, after defaults, step, `with` and target were merged leaf by leaf."""

    retry: Retry = Retry()
    timeout_ms: int | None = None
    resources: Resources = Resources()
    image: str | None = None
    env: tuple[tuple[str, str], ...] = ()


# ---- nodes and regions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a step. `args` holds every input of the step, in its order; a default not overridden stands as Const."""

    id: str
    step: str
    args: tuple[tuple[str, Expr], ...]
    after: tuple[str, ...]
    settings: Settings
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Arm:
    """One way through a branch: `label` is then, elif1, elif2 … or else; `condition` is None for else, which always exists."""

    label: str
    condition: Expr | None
    region: Region


@dataclass(frozen=True, slots=True)
class Merged:
    """A name bound in several arms (phi). `values` holds one expression an arm, in order; a null Const where the arm does not bind it."""

    name: str
    type: Type
    values: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """One of several arms; with a single arm, an unconditional region: a called pipeline, whose nodes' ids begin with `<id>.`."""

    id: str
    arms: tuple[Arm, ...]
    merged: tuple[Merged, ...]
    after: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class FanOut:
    """`for item in source [limit n]: … yield result`.

    In the region the item is `Ref(node=id, output="item")`; outside, the collected list is `Ref(node=id, output="result")`.
    `id` ends in `[]` never: the nodes inside have ids that begin with `<id>[].`.
    """

    id: str
    item: str
    item_type: Type
    source: Expr
    limit: int | None
    region: Region
    result: Expr | None
    after: tuple[str, ...] = ()
    span: Span | None = field(default=None, compare=False)


Node: TypeAlias = Union[Call, Branch, FanOut]


@dataclass(frozen=True, slots=True)
class Region:
    """Nodes in source order, which is a topological order."""

    nodes: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """`default` is canonical JSON text, None when required."""

    name: str
    type: Type
    default: str | None = None
    domain: Domain | None = None
    doc: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """An output of the pipeline."""

    name: str
    type: Type
    value: Expr
    domain: Domain | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline with everything it needs: what a backend lowers and the native executor runs."""

    name: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    region: Region
    results: tuple[Result, ...]
    source: str
    source_sha256: str
    doc: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)
