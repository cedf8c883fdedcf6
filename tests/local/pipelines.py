"""Small pipelines built by hand: inline steps, and the shortest way to run them."""

from __future__ import annotations

from pathlib import Path

from mloc.ir.model import (
    Arm,
    Branch,
    Call,
    Compare,
    Const,
    Expr,
    FanOut,
    Input,
    Merged,
    Output,
    Parameter,
    Pipeline,
    Ref,
    Region,
    Resources,
    Result,
    Retry,
    RunInline,
    Settings,
    Step,
)
from mloc.ir.walk import nodes
from mloc.local.execute import run_native
from mloc.runner.jsons import Json
from mloc.source import Line
from mloc.types.model import BOOL, INT, STR, ListOf, Optional, Type

INTS = ListOf(INT)


def step(name: str, code: str, inputs: dict[str, Type] | None = None, output: Type = INT) -> Step:
    """An inline step with an unnamed output."""
    given = tuple(Input(n, t) for n, t in (inputs or {}).items())
    return Step(name, given, (Output("result", output),), False, RunInline(code, 10))


def number(value: int) -> Const:
    return Const(INT, str(value))


def text(value: str) -> Const:
    return Const(STR, f'"{value}"')


def param(name: str, type_: Type = INT) -> Ref:
    return Ref(type_, "$", name)


def result_of(node: str, type_: Type = INT) -> Ref:
    return Ref(type_, node, "result")


def call(id_: str, name: str, after: tuple[str, ...] = (), settings: Settings | None = None, **args: Expr) -> Call:
    return Call(id_, name, tuple(args.items()), after, settings or Settings())


def fan_out(id_: str, source: Expr, *body: Call | Branch | FanOut, result: Expr | None = None, limit: int | None = None) -> FanOut:
    return FanOut(id_, "item", INT, source, limit, Region(body), result)


def item(fan: str) -> Ref:
    return Ref(INT, fan, "item")


def if_else(
    id_: str, condition: Expr, then: tuple[Call | FanOut | Branch, ...], otherwise: tuple[Call | FanOut | Branch, ...], *merged: Merged
) -> Branch:
    return Branch(id_, (Arm("then", condition, Region(then)), Arm("else", None, Region(otherwise))), merged)


def equal(left: Expr, right: Expr) -> Compare:
    return Compare(BOOL, "==", left, right)


def pipeline(
    steps: list[Step], body: list[Call | Branch | FanOut], results: dict[str, Expr] | None = None, params: dict[str, str] | None = None
) -> Pipeline:
    """A pipeline; `params` gives the defaults of its parameters, ints unless the text is a list."""
    declared = tuple(Parameter(n, INTS if t.startswith("[") else INT, t) for n, t in (params or {}).items())
    given = tuple(Result(n, e.type, e) for n, e in (results or {}).items())
    return Pipeline("p", declared, tuple(steps), Region(tuple(body)), given, "p.mlp", "0" * 64)


def lines(of: Pipeline) -> dict[str, Line]:
    """A line for every node: its place in source order, from 101."""
    return {node.id: Line("p.mlp", 101 + place) for place, node in enumerate(nodes(of.region))}


def run(of: Pipeline, store: Path, jobs: int | None = 2, **params: str) -> dict[str, Json]:
    """The report of a run, in shape for questions."""
    return run_native(of, params, store=store, jobs=jobs, lines=lines(of))


def statuses(report: dict[str, Json]) -> dict[str, str]:
    return {step_id: entry["status"] for step_id, entry in report["steps"].items()}


def retry(count: int, timeout_ms: int | None = None) -> Settings:
    return Settings(retry=Retry(count=count), timeout_ms=timeout_ms)


def resources(cpu: float | None = None, memory: int | None = None, gpu: int | None = None) -> Settings:
    return Settings(resources=Resources(cpu=cpu, memory=memory, gpu=gpu))


OPTIONAL_INT = Optional(INT)
