"""A generated program as a tree of statements, so that parts of it can be left out, and its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A statement (its text may have several lines) with the block below it. Without a text it is its block: the arms of an `if`."""

    text: str
    block: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """An output of a pipeline: how it is declared, and the expression that is returned. One without a name is the only one."""

    name: str
    declared: str
    value: str


@dataclass(frozen=True, slots=True)
class Routine:
    """A pipeline; `parameters` are declarations by name, `handlers` stand after what it returns."""

    name: str
    parameters: tuple[tuple[str, str], ...]
    outputs: tuple[Output, ...]
    block: tuple[Line, ...]
    handlers: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """What a seed stands for. The last routine is the one that is run, with the wire texts `given` for some of its parameters."""

    declarations: tuple[Line, ...]
    routines: tuple[Routine, ...]
    given: tuple[tuple[str, str], ...] = ()


def render(program: Program) -> str:
    """The program's text."""
    declared = ["".join(_lines((declaration,), 0)) for declaration in program.declarations]
    return "\n".join(["mlp 1\n", *declared, *(_routine(routine) for routine in program.routines)])


def _routine(routine: Routine) -> str:
    parameters = ", ".join(f"{name}: {declared}" for name, declared in routine.parameters)
    head = f"pipeline {routine.name}({parameters})"
    named = [output for output in routine.outputs if output.name]
    if named:
        head += " -> (" + ", ".join(f"{output.name}: {output.declared}" for output in named) + ")"
    elif routine.outputs:
        head += f" -> {routine.outputs[0].declared}"
    body = list(routine.block)
    if named:
        body.append(Line("return " + ", ".join(f"{output.name}={output.value}" for output in named)))
    elif routine.outputs:
        body.append(Line(f"return {routine.outputs[0].value}"))
    return "".join(_lines((Line(f"{head}:", (*body, *routine.handlers)),), 0))


def _lines(lines: Iterable[Line], indent: int) -> Iterable[str]:
    for line in lines:
        for text in line.text.split("\n") if line.text else ():
            yield (" " * indent + text).rstrip(" ") + "\n"
        yield from _lines(line.block, indent + 4 if line.text else indent)
