"""Random programs that are right by every rule of the language: declarations, steps, pipelines that call each other, parameters."""

from __future__ import annotations

from random import Random

from mloc.runner.types import parse_type
from mloc.runner.values import encode_text
from mloc.types.encode import type_json
from mloc.types.model import INT, Optional, Type
from mloc.types.show import show
from tests.differential import constants
from tests.differential.expressions import Expressions, Known
from tests.differential.profile import SECRET_NAME, draw, options
from tests.differential.scope import MOMENTS, Callee, Names, Scope
from tests.differential.statements import Statements
from tests.differential.steps import Step, fragile_steps, make_step
from tests.differential.tree import Line, Output, Program, Routine

_STEP_NAMES = ("make", "s2", "print", "list", "Task", "f_", "workflow")
_PARAMETER_NAMES = ("n", "xs", "context", "params", "self", "item", "kwargs", "dag_run")


def program(seed: int) -> Program:
    """The program of a seed; the same seed gives the same program."""
    return _Maker(Random(seed)).make()


class _Maker:
    """One program being made."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.profile = draw(rng)
        self.expressions = Expressions(rng, self.profile.risk)
        count = rng.choice((2, 3, 4, 5))
        self.steps = [make_step(name, rng, self.profile) for name in rng.sample(_STEP_NAMES, count)]
        if all(any(given.type == constants.FILE for given in step.inputs) for step in self.steps):
            self.steps.append(Step("one", (), (("", INT),), Line("step one() -> int:", (Line('run inline "return 1"'),))))
        self.fragile = fragile_steps(rng) if self.profile.tolerate else ()
        self.steps += self.fragile

    def make(self) -> Program:
        callees = [_callee(step) for step in self.steps]
        routines: list[Routine] = []
        given: list[tuple[str, str]] = []
        inner = self.rng.choices((0, 1, 2), (6, 3, 1))[0]
        for number in range(inner + 1):
            last = number == inner
            routine, callee, given = self.routine("p" if last else f"sub{number}", callees, is_last=last)
            routines.append(routine)
            callees = [*callees, callee]
        declared = [Line(text) for text in constants.DECLARED]
        if self.profile.has_secret:
            declared.append(Line(f'secret token from env("{SECRET_NAME}")'))
        if self.profile.defaults:
            declared.append(Line("defaults:", (Line(self.profile.defaults),)))
        return Program((*declared, *(step.line for step in self.steps)), tuple(routines), tuple(given))

    def routine(self, name: str, callees: list[Callee], *, is_last: bool) -> tuple[Routine, Callee, list[tuple[str, str]]]:
        rng = self.rng
        parameters: list[tuple[str, str]] = []
        inputs: list[tuple[str, Type, bool]] = []
        given: list[tuple[str, str]] = []
        for parameter in rng.sample(_PARAMETER_NAMES, rng.choice((0, 1, 2, 3))):
            type_ = constants.random_type(rng, files=0.0 if is_last else 0.15)
            declared, has_default = self.declared(type_)
            parameters.append((parameter, declared))
            inputs.append((parameter, type_, has_default))
            if is_last and (not has_default or rng.random() < 0.5):
                given.append((parameter, encode_text(parse_type(type_json(type_)), constants.value(type_, rng), parameter)))
        names = Names(rng)
        scope = Scope([*(MOMENTS if self.profile.asks_run else ()), *(Known(parameter, type_) for parameter, type_, _ in inputs)], [])
        budget = rng.choice((2, 4, 7, 10)) if is_last else rng.choice((1, 2, 3))
        kept = frozenset((*(name for name, _ in parameters), *(moment.text for moment in MOMENTS)))
        statements = Statements(
            rng, self.expressions, callees, names, budget, kept, self.profile.tolerate, tuple(map(_callee, self.fragile))
        )
        block = statements.block(scope, 3 if is_last else 2)
        outputs = self.outputs(scope)
        if not block:
            block = [Line(f"{names.new()} = 1")]
        chosen = options(self.profile, rng, is_last=is_last)
        if chosen:
            block.insert(0, Line("options:", tuple(Line(option) for option in chosen)))
        handlers = statements.handlers(scope, self.profile.handlers) if is_last else ()
        made = Callee(
            name, tuple(inputs), tuple((output.name, type_) for output, type_ in outputs), cost=max(1, statements.spent), is_step=False
        )
        return Routine(name, tuple(parameters), tuple(output for output, _ in outputs), tuple(block), handlers), made, given

    def declared(self, type_: Type) -> tuple[str, bool]:
        """How a parameter is declared after its name, and whether it has a default."""
        rng = self.rng
        if rng.random() < 0.4 or type_ == constants.FILE:
            return show(type_), False
        if type_ == INT and rng.random() < 0.3:
            return rng.choice(("int = 3 in 0..9007199254740991", "int = 0 in -5..9223372036854775807", "int = 2 in 0..2")), True
        default = "null" if isinstance(type_, Optional) else constants.written(type_, constants.value(type_, rng))
        return f"{show(type_)} = {default}", True

    def outputs(self, scope: Scope) -> list[tuple[Output, Type]]:
        rng = self.rng
        wanted = [known.type for known in scope.known[-3:] if rng.random() < 0.9]
        wanted += [constants.random_type(rng) for _ in range(rng.choice((0, 0, 1)))]
        if len(wanted) == 1 and rng.random() < 0.5:
            return [(self.output("", wanted[0], scope), wanted[0])]
        names = ("out", "result", "y", "values")
        return [(self.output(name, type_, scope), type_) for name, type_ in zip(names, wanted, strict=False)]

    def output(self, name: str, type_: Type, scope: Scope) -> Output:
        return Output(name, show(type_), self.expressions.of(type_, scope.known, 1))


def _callee(step: Step) -> Callee:
    inputs = tuple((given.name, given.type, bool(given.fallback)) for given in step.inputs)
    return Callee(step.name, inputs, step.outputs, cost=1, is_step=True)
