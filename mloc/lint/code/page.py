"""The rules over Python code on one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from mloc.diagnostics.model import Bag
from mloc.lint.code.columns import columns
from mloc.lint.code.devices import devices
from mloc.lint.code.environment import environment
from mloc.lint.code.failures import failures
from mloc.lint.code.inputs import inputs
from mloc.lint.code.kept import kept
from mloc.lint.code.labels import labels
from mloc.lint.code.model import StepCode, step_codes
from mloc.lint.code.names import names
from mloc.lint.code.returned import returned
from mloc.lint.code.scratch import scratch, shared
from mloc.lint.code.spliced import spliced
from mloc.lint.code.state import state
from mloc.lint.code.waiting import waiting
from mloc.lint.code.writes import writes
from mloc.lint.program import Program

Check: TypeAlias = Callable[[StepCode, Bag], None]

CHECKS: tuple[Check, ...] = (
    environment,  # variables that are not there
    names,  # names that are not there
    returned,  # what is returned, and when nothing is
    failures,  # failures that nobody sees
    columns,  # columns that are not there
    inputs,  # inputs used as what they are not
    spliced,  # inputs that become code
    writes,  # what must not be done twice, or left out
    waiting,  # what may never end
    kept,  # texts that name what a key does not have
    devices,  # GPUs that nobody asked for
    labels,  # what a model is to predict
)
TOGETHER: tuple[Callable[[Iterable[StepCode], Bag], None], ...] = (
    state,  # variables that another step changes
    scratch,  # files that another step, or nobody, writes
    shared,  # paths that two steps have
)


def check_code(program: Program, bag: Bag) -> None:
    """Every rule on the code of every step of a file."""
    steps = list(step_codes(program))
    for step in steps:
        for check in CHECKS:
            check(step, bag)
    for together in TOGETHER:
        together(steps, bag)
