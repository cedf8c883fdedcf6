"""Any pipeline, ended in any order with any failures: the plan comes to an end, in order and within its limits."""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from mloc.ir.model import Branch, Call, Const, Expr, FanOut, Merged, Pipeline
from mloc.ir.program import key
from mloc.ir.walk import nodes, own_exprs, refs
from mloc.types.model import INT
from tests.local.pipelines import INTS, call, equal, fan_out, if_else, item, number, param, pipeline, result_of
from tests.local.test_plan import ADD, Driver

Nodes = tuple[Call | Branch | FanOut, ...]


@st.composite
def bodies(draw: st.DrawFn, prefix: str, visible: tuple[str, ...], depth: int) -> Nodes:
    """Nodes of one region, with ids below the prefix, that read calls before them and around them."""
    made: list[Call | Branch | FanOut] = []
    calls = list(visible)
    for place in range(draw(st.integers(0, 3))):
        name = f"{prefix}n{place}"
        kind = draw(st.sampled_from(["call", "call", "branch", "fan-out"] if depth else ["call"]))
        after = (draw(st.sampled_from([node.id for node in made])),) if made and draw(st.booleans()) else ()
        if kind == "call":
            source = result_of(draw(st.sampled_from(calls))) if calls and draw(st.booleans()) else number(1)
            made.append(call(name, "add", after, x=source))
            calls.append(name)
        elif kind == "branch":
            arms = [draw(bodies(f"{name}_{arm}_", tuple(calls), depth - 1)) for arm in ("then", "else")]
            merged = Merged("v", INT, (_value_of(arms[0]), _value_of(arms[1])))
            made.append(if_else(name, equal(param("flag"), number(draw(st.integers(0, 1)))), arms[0], arms[1], merged))
        else:
            body = draw(bodies(f"{name}[].", tuple(calls), depth - 1))
            length, limit = draw(st.integers(0, 3)), draw(st.sampled_from([None, 1, 2]))
            made.append(fan_out(name, Const(INTS, str(list(range(length)))), *body, result=_value_of(body, item(name)), limit=limit))
    return tuple(made)


def _value_of(body: Nodes, default: Expr | None = None) -> Expr:
    calls = [node.id for node in body if isinstance(node, Call)]
    return result_of(calls[-1]) if calls else default or number(0)


@st.composite
def pipelines(draw: st.DrawFn) -> Pipeline:
    return pipeline([ADD], list(draw(bodies("", (), 2))), {}, {"flag": "1"})


def limits_hold(of: Pipeline, driver: Driver) -> bool:
    """Whether no fan-out has more items with something to run than its limit says."""
    limits = {node.id: node.limit for node in nodes(of.region) if isinstance(node, FanOut)}
    busy: defaultdict[tuple[str, tuple[int, ...]], set[int]] = defaultdict(set)
    for task in driver.ready.values():
        for fan, limit in limits.items():
            if limit is not None and task.unit.startswith(f"{fan}[]."):
                depth = fan.count("[]")
                busy[(fan, task.at[:depth])].add(task.at[depth])
    return all(len(items) <= (limits[fan] or 0) for (fan, _), items in busy.items())


@settings(deadline=None, max_examples=200)
@given(pipelines(), st.data())
def test_a_plan_ends_whatever_fails_and_in_whatever_order(of: Pipeline, data: st.DataObject) -> None:
    driver = Driver(of, {"flag": "1"})
    ended: set[str] = set()
    failed = False
    while driver.ready:
        assert driver.plan.succeeded is None
        assert limits_hold(of, driver)
        task = driver.ready[data.draw(st.sampled_from(sorted(driver.ready)))]
        assert task.call is not None
        assert {key(ref) for ref in refs(*own_exprs(task.call))} <= set(task.captures)
        assert task.id not in ended
        ended.add(task.id)
        fails = data.draw(st.integers(0, 4)) == 0
        failed = failed or fails
        driver.end(task.id, None if fails else "1")
    assert driver.plan.succeeded == (not failed)
