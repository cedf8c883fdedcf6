"""The plan alone, with units evaluated in place and steps answered by the test."""

from __future__ import annotations

from collections import deque

import pytest

from mloc.ir.model import Call, Const, Merged, Pipeline, Ref
from mloc.ir.program import program
from mloc.local.plan import Plan, Task
from mloc.runner.api import FileStore, Program, Records, run_unit
from mloc.types.model import INT, ListOf, Optional
from tests.local.pipelines import INTS, call, equal, fan_out, if_else, item, number, param, pipeline, result_of, step

ADD = step("add", "return x", {"x": INT})


class Driver:
    """Runs a plan step by step; a step's result is its argument `x`, which the tests make a constant or a capture."""

    def __init__(self, of: Pipeline, params: dict[str, str] | None = None) -> None:
        self.program = Program(program(of, "0"))
        self.plan = Plan(of.region, self.program)
        self.ready: dict[str, Task] = {}
        self.outputs: dict[str, str] = {}
        self.log: list[str] = []
        self.take(self.plan.begin({f"${name}": text for name, text in (params or {}).items()}))

    def take(self, tasks: list[Task]) -> None:
        queue = deque(sorted(tasks, key=lambda task: task.order))
        while queue:
            task = queue.popleft()
            if task.call is not None:
                self.ready[task.id] = task
                continue
            self.log.append(task.id)
            given = run_unit(self.program, task.unit, task.captures, store=FileStore("."), records=Records(None), guards=False)
            if task.unit == "$outputs":
                self.outputs = given
            queue.extend(self.plan.finished(task, given))

    def end(self, task_id: str, value: str | None = "1") -> None:
        task = self.ready.pop(task_id)
        self.take(self.plan.finished(task, None if value is None else {"result": value}))

    def names(self) -> list[str]:
        return [task.id for task in sorted(self.ready.values(), key=lambda task: task.order)]


def test_data_and_after_order_calls() -> None:
    of = pipeline(
        [ADD],
        [
            call("a", "add", x=number(1)),
            call("b", "add", x=result_of("a")),
            call("c", "add", after=("b",), x=number(2)),
            call("d", "add", x=number(3)),
        ],
        {"out": result_of("c")},
    )
    driver = Driver(of)
    assert driver.names() == ["a", "d"]
    driver.end("a", "7")
    assert driver.names() == ["b", "d"]
    assert driver.ready["b"].captures == {"a.result": "7"}
    driver.end("b")
    driver.end("d")
    assert driver.plan.succeeded is None
    driver.end("c", "9")
    assert driver.plan.succeeded
    assert driver.outputs == {"out": "9"}


def test_a_failure_stops_only_what_depends_on_it() -> None:
    of = pipeline(
        [ADD],
        [
            call("a", "add", x=number(1)),
            call("b", "add", x=result_of("a")),
            call("c", "add", x=result_of("b")),
            call("d", "add", x=number(3)),
        ],
    )
    driver = Driver(of)
    driver.end("a", None)
    assert driver.names() == ["d"]
    assert driver.plan.succeeded is None
    driver.end("d")
    assert driver.plan.succeeded is False


def test_a_limit_counts_items_in_progress() -> None:
    body = (call("t[].a", "add", x=item("t")), call("t[].b", "add", x=result_of("t[].a")))
    of = pipeline(
        [ADD], [fan_out("t", param("xs", INTS), *body, result=result_of("t[].b"), limit=2)], {"out": result_of("t", INTS)}, {"xs": "[]"}
    )
    driver = Driver(of, {"xs": "[5,6,7]"})
    assert driver.names() == ["t[0].a", "t[1].a"]
    driver.end("t[0].a")
    assert driver.names() == ["t[1].a", "t[0].b"]
    driver.end("t[0].b", "50")
    assert driver.names() == ["t[1].a", "t[2].a"]
    driver.end("t[1].a", None)
    assert driver.names() == ["t[2].a"]
    driver.end("t[2].a")
    driver.end("t[2].b")
    assert driver.plan.succeeded is False
    assert "t.collect" not in driver.log


def test_results_are_collected_in_item_order() -> None:
    of = pipeline(
        [ADD],
        [fan_out("t", param("xs", INTS), call("t[].a", "add", x=item("t")), result=result_of("t[].a"))],
        {"out": result_of("t", INTS)},
        {"xs": "[]"},
    )
    driver = Driver(of, {"xs": "[5,6,7]"})
    for index in (2, 0, 1):
        driver.end(f"t[{index}].a", str(index))
    assert driver.outputs == {"out": "[0,1,2]"}


def test_a_region_begins_when_everything_it_reads_is_there_and_gives_when_all_succeeded() -> None:
    inside = fan_out("t", param("xs", INTS), call("t[].a", "add", x=item("t")), call("t[].b", "add", x=result_of("late")))
    of = pipeline([ADD], [call("late", "add", x=number(1)), inside, call("last", "add", after=("t",), x=number(1))], params={"xs": "[]"})
    driver = Driver(of, {"xs": "[1]"})
    assert driver.names() == ["late"]
    driver.end("late")
    assert driver.names() == ["t[0].a", "t[0].b"]
    driver.end("t[0].b", None)
    driver.end("t[0].a")
    assert driver.names() == []
    assert driver.plan.succeeded is False


@pytest.mark.parametrize(("flag", "taken", "value"), [("1", "then.k", "41"), ("0", "else.k", "42")])
def test_a_branch_takes_one_arm_and_merges_its_value(flag: str, taken: str, value: str) -> None:
    merged = Merged("k", INT, (result_of("then.k"), result_of("else.k")))
    branch = if_else(
        "if#1", equal(param("flag"), number(1)), (call("then.k", "add", x=number(1)),), (call("else.k", "add", x=number(2)),), merged
    )
    of = pipeline([ADD], [branch, call("use", "add", x=Ref(INT, "if#1", "k"))], params={"flag": "0"})
    driver = Driver(of, {"flag": flag})
    assert driver.names() == [taken]
    driver.end(taken, value)
    assert driver.ready["use"].captures == {"if#1.k": value}


def test_a_name_of_an_untaken_arm_is_null_and_its_consumer_runs() -> None:
    optional = Optional(INT)
    branch = if_else(
        "if#1",
        equal(param("flag"), number(1)),
        (call("k", "add", x=number(1)),),
        (),
        Merged("k", optional, (result_of("k"), Const(optional, "null"))),
    )
    of = pipeline([ADD], [branch, call("use", "add", x=Ref(optional, "if#1", "k"))], params={"flag": "0"})
    assert Driver(of, {"flag": "0"}).ready["use"].captures == {"if#1.k": "null"}


def test_nested_fan_outs_and_branches_expand_at_run_time() -> None:
    inner = fan_out("t[].i", param("ys", INTS), call("t[].i[].a", "add", x=item("t[].i")), result=result_of("t[].i[].a"))
    branch = if_else("t[].if#1", equal(item("t"), number(1)), (inner,), (call("t[].e", "add", x=item("t")),))
    of = pipeline([ADD], [fan_out("t", param("xs", INTS), branch)], params={"xs": "[]", "ys": "[]"})
    driver = Driver(of, {"xs": "[0,1,1]", "ys": "[8,9]"})
    assert driver.names() == ["t[1].i[0].a", "t[1].i[1].a", "t[2].i[0].a", "t[2].i[1].a", "t[0].e"]
    assert driver.ready["t[2].i[1].a"].captures == {"t[].i.item": '{"at":[2,1],"item":9}'}
    for name in driver.names():
        driver.end(name)
    assert driver.plan.succeeded


def test_empty_regions_end_at_once_however_many() -> None:
    of = pipeline(
        [ADD],
        [fan_out("t", param("xs", INTS)), fan_out("none", Const(INTS, "[]"), call("none[].a", "add", x=item("none")))],
        params={"xs": "[]"},
    )
    assert Driver(of, {"xs": str(list(range(5000)))}).plan.succeeded


def test_a_long_chain_needs_no_deep_stack() -> None:
    calls: list[Call] = [call("c0", "add", x=number(1))]
    calls += [call(f"c{n}", "add", x=result_of(f"c{n - 1}")) for n in range(1, 3000)]
    driver = Driver(pipeline([ADD], list(calls)))
    driver.end("c0", None)
    assert driver.plan.succeeded is False


def test_a_pipeline_without_steps_gives_its_parameters() -> None:
    driver = Driver(pipeline([], [], {"out": param("x")}, {"x": "1"}), {"x": "3"})
    assert driver.plan.succeeded
    assert driver.outputs == {"out": "3"}


def test_a_fan_out_without_steps_yields_what_it_says() -> None:
    lists = ListOf(INTS)
    of = pipeline([ADD], [fan_out("t", param("xs", INTS), result=Const(INTS, "[1]"))], {"out": result_of("t", lists)}, {"xs": "[]"})
    assert Driver(of, {"xs": "[1,2]"}).outputs == {"out": "[[1],[1]]"}
