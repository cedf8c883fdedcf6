"""What a DAG file says, before it is written: task functions, and the statements that wire them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from mloc.emit.python import Code
from mloc.frozen import dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter of a task function, and the variable or expression that the DAG passes for it."""

    name: str
    value: str
    annotation: str


@dataclass(frozen=True, slots=True)
class Task:
    """A task function and its one call. `result` is the expression it returns, `notes` comments above that."""

    task_id: str
    function: str
    variable: str
    doc: str
    line: str
    arguments: tuple[Argument, ...]
    result: Code
    returns: str = "Outputs"
    decorator: str = "task"
    options: tuple[tuple[str, Code], ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Bind:
    """`variable = function(arguments)`; mapped when it has an item: the argument for it, and the variable of the items."""

    task: Task
    mapped: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Join:
    """A task that does nothing and waits for others, of which some may be skipped when it `skips`; it stands beside `node`."""

    node: str
    variable: str
    task_id: str
    skips: bool


@dataclass(frozen=True, slots=True)
class Order:
    """`before >> after`."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AtEnd:
    """Let a task run when all others before it have ended, however they did."""

    variable: str


@dataclass(frozen=True, slots=True)
class Arms:
    """The tasks of one arm of a branch, as a TaskGroup."""

    node: str
    group_id: str
    title: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """A mapped TaskGroup: a function of the item that gives the variables `returned`."""

    node: str
    function: str
    group_id: str
    title: str
    item: str
    items: str
    statements: tuple[Statement, ...]
    returned: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """Where a branch or fan-out begins, with its title and line, or ends, with neither."""

    title: str = ""
    line: str = ""


Statement: TypeAlias = Bind | Join | Order | AtEnd | Arms | Body | Section


@dataclass(frozen=True, slots=True)
class Graph:
    """A DAG file: the name of its DAG function, what stands in it, and the function that holds that: another where there are launches.

    `launches` have a DAG each: the launch's name, its DAG function, and the id of the task that lets one run at a time go on, "" without.
    `needs` are the distributions without which Airflow cannot load the file.
    `tolerated` are the ids of the tasks whose failure is none of the run by itself.
    """

    function: str
    statements: tuple[Statement, ...]
    body: str
    launches: tuple[tuple[str, str, str], ...] = ()
    tolerated: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


def tasks(statements: Iterable[Statement]) -> Iterator[Task]:
    """Every task, in the order in which it is called."""
    for statement in statements:
        if isinstance(statement, Bind):
            yield statement.task
        elif isinstance(statement, (Arms, Body)):
            yield from tasks(statement.statements)
