"""The rules over Python code on one page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from mloc.diagnostics.model import Bag
from mloc.lint.code.environment import environment
from mloc.lint.code.failures import failures
from mloc.lint.code.model import StepCode, step_codes
from mloc.lint.code.names import names
from mloc.lint.code.returned import returned
from mloc.lint.program import Program

Check: TypeAlias = Callable[[StepCode, Bag], None]

CHECKS: tuple[Check, ...] = (
    environment,  # variables that are not there
    names,  # names that are not there
    returned,  # what is returned, and when nothing is
    failures,  # failures that nobody sees
)


def check_code(program: Program, bag: Bag) -> None:
    """Every rule on the code of every step of a file."""
    for step in step_codes(program):
        for check in CHECKS:
            check(step, bag)
