"""The intermediate representation: a tree of regions whose leaves are step calls.

Everything is frozen, hashable and made of tuples; spans take no part in equality.
A node's `id` is stable, unique in its program and survives every pass: the dotted path of the run report with `[]` where a fan-out's
index goes (`checked`, `trials[].fit`, `else.kept`).
Values are single-assignment: an expression names what it reads by `Ref(node, output)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass, field
from mloc.source import Span
from mloc.types.model import DATE, DATETIME, STR, Domain, Type

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


@dataclass(frozen=True, slots=True)
class InputWord:
    """A container argument that is the value of an input, or the path where its artifact lies."""

    name: str


@dataclass(frozen=True, slots=True)
class OutputWord:
    """A container argument that is the path where an output is to be written (`out(rows)`)."""

    name: str


@dataclass(frozen=True, slots=True)
class ValueWord:
    """A container argument that is computed of the step's inputs, which it reads as `Ref("$", input)`; left out when it is null."""

    value: Expr


@dataclass(frozen=True, slots=True)
class JoinedWord:
    """One argument made of several parts, as of an f-string; left out when one of them is null."""

    parts: tuple[str | InputWord | OutputWord | ValueWord, ...]


@dataclass(frozen=True, slots=True)
class WordGroup:
    """Arguments that stand together (`["--limit", n]`): left out whole when any input in it is null."""

    words: tuple[str | InputWord | OutputWord | ValueWord | JoinedWord, ...]


Word: TypeAlias = Union[str, InputWord, OutputWord, ValueWord, JoinedWord, WordGroup]


@dataclass(frozen=True, slots=True)
class RunContainer:
    """`run container command=[…], args=[…]`: a program of an image, without a runner of ours in it."""

    command: tuple[Word, ...]
    args: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class RunNotebook:
    """`run notebook "path.ipynb"`: the sources of its code cells, and before which of them, counted from 0, the inputs are set."""

    path: str
    cells: tuple[str, ...] = ()
    parameters: int = 0


Run: TypeAlias = Union[RunPython, RunInline, RunShell, RunRequire, RunContainer, RunNotebook]


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
    shm: int | None = None


@dataclass(frozen=True, slots=True)
class Cache:
    """`cache`: results may be kept under a key of inputs, code and `version`; `ttl_ms` None keeps them for good."""

    version: str | None = None
    ttl_ms: int | None = None
    ignore: tuple[str, ...] = ()
    scope: Literal["pipeline", "project"] = "pipeline"


Effect: TypeAlias = Literal["none", "reads", "writes", "random"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How a call is run, after defaults, step, `with` and target were merged leaf by leaf.

    `secrets` gives environment variables the value of a declared secret, by name. `effects` None says that nothing is known of them;
    `publishes` names the assets that a successful call updates.
    """

    retry: Retry = Retry()
    timeout_ms: int | None = None
    resources: Resources = Resources()
    image: str | None = None
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[tuple[str, str], ...] = ()
    cache: Cache | None = None
    effects: tuple[Effect, ...] | None = None
    idempotent: bool = False
    publishes: tuple[str, ...] = ()


# ---- nodes and regions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a step. `args` holds every input of the step, in its order; a default not overridden stands as Const.

    `spans` has the places of the attributes that its settings come from, by their names.
    """

    id: str
    step: str
    args: tuple[tuple[str, Expr], ...]
    after: tuple[str, ...]
    settings: Settings
    span: Span | None = field(default=None, compare=False)
    spans: tuple[tuple[str, Span], ...] = field(default=(), compare=False)


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
class Tolerate:
    """How many items of a fan-out may fail: a number of them, or a share in percent of all; `amount` is a decimal (`10`, `2.5`)."""

    kind: Literal["count", "percent"]
    amount: str


@dataclass(frozen=True, slots=True)
class FanOut:
    """`for item in source [limit n]: … yield result`.

    In the region the item is `Ref(node=id, output="item")`; outside, the collected list is `Ref(node=id, output="result")`.
    `id` ends in `[]` never: the nodes inside have ids that begin with `<id>[].`.
    With `tolerate` the type of `result` is optional, and null stands in the list for an item that failed.
    """

    id: str
    item: str
    item_type: Type
    source: Expr
    limit: int | None
    region: Region
    result: Expr | None
    after: tuple[str, ...] = ()
    tolerate: Tolerate | None = None
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
class SecretSource:
    """Where a secret comes from: `kind` is k8s, env, file, vault or airflow; `target` None is for every target not named otherwise."""

    kind: str
    arguments: tuple[tuple[str, str], ...]
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Secret:
    """A declared secret; its value is never in the IR."""

    name: str
    sources: tuple[SecretSource, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Options:
    """`options:` of a pipeline. `fail_fast` starts nothing new after a failure; `converge` fails loops that end without `until`.

    `timeout_ms` is the time of the body; handlers run after it. `spans` says where each option stands.
    """

    timeout_ms: int | None = None
    max_parallel: int | None = None
    fail_fast: bool = False
    converge: bool = False
    spans: tuple[tuple[str, Span], ...] = field(default=(), compare=False)


RUN: Mapping[str, Type] = {"id": STR, "scheduled_date": DATE, "scheduled_time": DATETIME, "today": DATE, "now": DATETIME}
"""What is known of a run from its launch on: the outputs of the node `run`, which a body may read as well as a launch."""

Overlap: TypeAlias = Literal["skip", "queue", "allow"]


@dataclass(frozen=True, slots=True)
class Launch:
    """A `schedule` or `trigger` of a pipeline. `args` bind parameters to values of the launch phase.

    A schedule has `cron`, five fields, and `timezone`; a trigger the `assets` of which an update of any starts a run.
    `start` and `end` are a date or an instant. `given` names the parameters that are given an asset, with its name.
    """

    kind: Literal["schedule", "trigger"]
    name: str
    args: tuple[tuple[str, Expr], ...] = ()
    cron: str | None = None
    timezone: str = "UTC"
    catchup: bool = False
    overlap: Overlap = "skip"
    start: str | None = None
    end: str | None = None
    assets: tuple[str, ...] = ()
    given: tuple[tuple[str, str], ...] = ()
    doc: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class TargetAttribute:
    """One attribute that a `target` block gives to a call, by its id, or to the pipeline, whose `path` is "".

    `name` is one of the target's own attributes, or a setting of steps by its leaf (`image`, `retry.count`, `resources.memory`,
    `env.MODE`); `value` is canonical JSON text.
    """

    path: str
    name: str
    value: str
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Target:
    """What the `target` blocks say to one target, file-wide and per pipeline already merged; no attribute of a path stands twice."""

    name: str
    attributes: tuple[TargetAttribute, ...]
    span: Span | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One pipeline with everything it needs: what a backend lowers and the native executor runs.

    The handlers' regions, `on_failure` and `final`, run after `region` has ended, in this order;
    in them the values of the body are optional, and the node `run` gives what became of the run (`mloc.ir.handlers`).
    """

    name: str
    parameters: tuple[Parameter, ...]
    steps: tuple[Step, ...]
    region: Region
    results: tuple[Result, ...]
    source: str
    source_sha256: str
    secrets: tuple[Secret, ...] = ()
    options: Options = Options()
    on_failure: Region = Region()
    final: Region = Region()
    launches: tuple[Launch, ...] = ()
    targets: tuple[Target, ...] = ()
    doc: str = field(default="", compare=False)
    span: Span | None = field(default=None, compare=False)
