"""The smallest program that still shows a difference, found by leaving parts of it out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tests.differential.tree import Line, Program, Routine


def shrunk(program: Program, still_differs: Callable[[Program], bool], seconds: float = 120.0) -> Program:
    """Make the program smaller as long as that can be done in the time."""
    end = time.monotonic() + seconds
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for smaller in smaller_ones(program):
            if time.monotonic() >= end:
                break
            if still_differs(smaller):
                program, progress = smaller, True
                break
    return program


def smaller_ones(program: Program) -> Iterator[Program]:
    """The program without one of its parts, the large ones first; most of these are wrong."""
    for at in range(len(program.routines) - 1):
        yield replace(program, routines=_without(program.routines, at))
    for at, routine in enumerate(program.routines):
        for smaller in _routines(routine):
            yield replace(program, routines=(*program.routines[:at], smaller, *program.routines[at + 1 :]))
    for at in range(len(program.declarations)):
        yield replace(program, declarations=_without(program.declarations, at))
    for lines in _blocks(program.declarations):
        yield replace(program, declarations=lines)
    for at in range(len(program.given)):
        yield replace(program, given=_without(program.given, at))


def _routines(routine: Routine) -> Iterator[Routine]:
    for lines in _blocks(routine.block):
        if lines:
            yield replace(routine, block=lines)
    for lines in _blocks(routine.handlers):
        yield replace(routine, handlers=lines)
    for at in range(len(routine.outputs)):
        yield replace(routine, outputs=_without(routine.outputs, at))
    for at in range(len(routine.parameters)):
        yield replace(routine, parameters=_without(routine.parameters, at))


def _blocks(lines: tuple[Line, ...]) -> Iterator[tuple[Line, ...]]:
    """The lines without one of them, or with the block of one in its place, at any depth."""
    for at in reversed(range(len(lines))):
        yield _without(lines, at)
    for at, line in enumerate(lines):
        before, after = lines[:at], lines[at + 1 :]
        if line.block and line.text:
            yield (*before, *line.block, *after)
        for block in _blocks(line.block):
            yield (*before, replace(line, block=block), *after)


def _without(items: Sequence[Line], at: int) -> tuple:  # type: ignore[type-arg]
    return (*items[:at], *items[at + 1 :])
