"""What statements are made of: names, what may be called, and what is visible at a place."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from mloc.types.model import BOOL, Type
from tests.differential.expressions import Known

# Names that Python, mloc or an engine use for something.
_NAMES = (
    "a",
    "list",
    "ti",
    "dag",
    "Items",
    "arm",
    "merge",
    "loops",
    "outputs_",
    "program",
    "str",
    "Any",
    "collect",
    "decide",
    "x_y",
    "condition",
)

MOMENTS = tuple(
    Known(text, BOOL)
    for text in ("(run.id != '')", "(run.today == run.scheduled_date)", "(run.now >= run.scheduled_time)", "(run.now > run.scheduled_time)")
)
"""What can be said of a run that is the same whenever and wherever it runs: nobody schedules these."""


@dataclass(frozen=True, slots=True)
class Callee:
    """A step or a pipeline: inputs as (name, type, has a default), outputs by name ('' for the only one).

    `cost` is how many steps it runs.
    """

    name: str
    inputs: tuple[tuple[str, Type, bool], ...]
    outputs: tuple[tuple[str, Type], ...]
    cost: int
    is_step: bool


@dataclass(slots=True)
class Scope:
    """What is visible: paths with values, and names that `after` may name."""

    known: list[Known]
    orders: list[str]

    def inner(self) -> Scope:
        return Scope(list(self.known), list(self.orders))


class Names:
    """Names that no other of the pipeline is like."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.free = rng.sample(_NAMES, len(_NAMES))
        self.count = 0

    def new(self) -> str:
        if self.free and self.rng.random() < 0.3:
            return self.free.pop()
        self.count += 1
        return f"v{self.count}"
