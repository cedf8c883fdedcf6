"""The Flyte module as data: tasks, bodies (workflows and dynamic tasks) and what stands in them, with every name decided."""

from __future__ import annotations

from typing import Literal, TypeAlias, Union

from mloc.emit.python import Code
from mloc.frozen import dataclass
from mloc.ir.model import Settings

TEXT = "str"
TEXTS = "list[str]"
NO_SETTINGS = Settings()


@dataclass(frozen=True, slots=True)
class Port:
    """An input of a task or body: the runner's capture key, its Python name, and its annotation.

    Values travel as canonical JSON in a `str`; what a `for` collects travels as `list[str]`, one text an item.
    """

    key: str
    name: str
    annotation: str = TEXT


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a function gives: a NamedTuple class with these annotated fields, or one plain value when there is no class."""

    annotation: str = TEXT
    class_name: str | None = None
    fields: tuple[tuple[str, str], ...] = ()
    doc: str = ""

    def handles(self, target: str) -> tuple[str, ...]:
        """The code that reads each output of a call bound to `target`."""
        return (target,) if self.class_name is None else tuple(f"{target}.{name}" for name, _ in self.fields)


TaskKind: TypeAlias = Literal[
    "step",
    "parameters",
    "launch",
    "schedule",
    "outputs",
    "decide",
    "merge",
    "items",
    "yield",
    "each",
    "note",
    "nothing",
    "close",
    "hand_on",
    "tolerate",
]


@dataclass(frozen=True, slots=True)
class Task:
    """A flytekit task: the units it runs, one after the other, and how; `options` are arguments of its decorator beside its settings.

    `arm` is the arm a merge stands in and `names` what it gives, or what a launch or schedule task does; `json` names the values
    that a parameters, outputs or schedule task leaves as JSON text. `tolerated` says that it hands on a failure as a value.
    """

    kind: TaskKind
    name: str
    units: tuple[str, ...]
    inputs: tuple[Port, ...]
    outputs: Outputs | None
    doc: str
    line: str
    settings: Settings = NO_SETTINGS
    options: tuple[tuple[str, Code], ...] = ()
    arm: str = ""
    names: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    tolerated: bool = False


@dataclass(frozen=True, slots=True)
class Invoke:
    """`target = function(name=value, …)`; no target where the value is only passed on. `node` is a name for the node that it becomes."""

    target: str
    function: str
    args: tuple[tuple[str, str], ...]
    node: str | None = None


@dataclass(frozen=True, slots=True)
class MapOver:
    """`target = map_task(partial(function, …), concurrency=limit)(item=items)`."""

    target: str
    function: str
    item: str
    items: str
    bound: tuple[tuple[str, str], ...]
    limit: int | None


@dataclass(frozen=True, slots=True)
class Conditional:
    """`target = conditional(name).if_(arm == label).then(…)….else_().then(…)`; the last case is the else."""

    target: str
    name: str
    arm: str
    cases: tuple[tuple[str, Invoke], ...]


@dataclass(frozen=True, slots=True)
class Order:
    """`before >> after`."""

    before: str
    after: str


Statement: TypeAlias = Union[Invoke, MapOver, Conditional, Order]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A `@workflow`: the pipeline itself, its body or a handler where there are handlers, an arm of a branch, or the body of a fan-out.

    `unit` says which, `returns` is code, in the order of the outputs, `on_failure` the workflow that runs when this one has failed.
    """

    name: str
    unit: str
    inputs: tuple[Port, ...]
    statements: tuple[Statement, ...]
    outputs: Outputs | None
    returns: tuple[str, ...]
    doc: str
    line: str
    on_failure: str | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """A `@dynamic` that calls a body for every item: `captures` are those the items are found by, `item` is the body's input for one.

    `tolerated` says that the items may have failed, which it then gives in their place.
    """

    name: str
    unit: str
    inputs: tuple[Port, ...]
    captures: tuple[Port, ...]
    body: str
    item: str
    args: tuple[tuple[str, str], ...]
    limit: int | None
    doc: str
    line: str
    tolerated: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An arm of a choice: its statements and what it returns, or the merge that is made on the spot when it has no steps."""

    label: str
    statements: tuple[Statement, ...]
    returns: tuple[str, ...]
    merge: Task | None


@dataclass(frozen=True, slots=True)
class Choice:
    """A `@dynamic` that decides and then does one of its cases; `captures` are those it decides by, the last case is the else.

    `arm` is the variable that holds the arm's label, or with `tolerated` what failed.
    """

    name: str
    unit: str
    inputs: tuple[Port, ...]
    captures: tuple[Port, ...]
    arm: str
    cases: tuple[Case, ...]
    outputs: Outputs
    doc: str
    line: str
    tolerated: bool = False


Block: TypeAlias = Union[Task, Workflow, Loop, Choice]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of the pipeline's workflow: the parameter it stands for, its annotation and its default as code.

    `json` says that it is the canonical JSON text of the value, for want of a type of Flyte's that keeps every value.
    `type` is the type in the program.
    """

    parameter: str
    name: str
    annotation: str
    json: bool
    default: Code | None
    doc: str
    type: str


@dataclass(frozen=True, slots=True)
class Module:
    """The whole of `<pipeline>.py`: the blocks in the order they are written, the pipeline's own workflow last.

    `images` are the images that a constant holds, with its name; a constant is a name and its code. `options` are further arguments of
    its decorator; `plans` are the launch plans, by their variables, and `launched` what is written before them for schedules.
    """

    constants: tuple[tuple[str, Code], ...]
    images: tuple[tuple[str, str], ...]
    arguments: tuple[Argument, ...]
    blocks: tuple[Block, ...]
    main: Workflow
    options: tuple[tuple[str, Code], ...] = ()
    launched: tuple[Block, ...] = ()
    plans: tuple[tuple[str, Code], ...] = ()
