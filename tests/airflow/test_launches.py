"""The DAGs of schedules and triggers as they stand in the file, and where `publish` is refused."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from tests.airflow import programs
from tests.airflow.running import compile_all

STEPS = """mlp 1

step make(i: int) -> (o: int):
    run inline "return i"
    publish asset("made")

step plain(i: int) -> (o: int):
    run inline "return i"

"""
HANDLED = (
    STEPS
    + "pipeline p(n: int = 1) -> (o: int):\n    a = plain(i=n)\n    return o=a.o\n\n    finally:\n        make(i=2)\n        plain(i=3)\n"
)


def body(*lines: str) -> str:
    return STEPS + "pipeline p(xs: list[int] = [1], n: int = 1) -> (r: list[int]):\n" + "".join(f"    {line}\n" for line in lines)


def dags(source: str) -> dict[str, dict[str, str]]:
    """The arguments of every `@dag`, as source, by the DAG's id."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dag":
            arguments = {each.arg or "": ast.unparse(each.value) for each in node.keywords}
            found[ast.literal_eval(arguments.pop("dag_id"))] = arguments
    return found


def test_each_launch_is_a_dag(tmp_path: Path) -> None:
    (tmp_path / "program.mlp").write_text(programs.LAUNCHED + '\nschedule again for produce:\n    cron "0 3 * * *"\n    catchup true\n')
    text = (tmp_path / "program.mlp").read_text().replace("catchup true", 'catchup true\n    args day=run.today, label="x"')
    (tmp_path / "program.mlp").write_text(text)
    produce, consume = (dags(program.dag_file) for program in compile_all(tmp_path / "program.mlp"))
    assert list(produce) == ["produce", "produce__nightly", "produce__again"]
    assert produce["produce"]["schedule"] == "None"
    nightly = produce["produce__nightly"]
    assert nightly["schedule"] == "CronTriggerTimetable('* * * * *', timezone='Pacific/Kiritimati')"
    assert nightly["start_date"] == "pendulum.datetime(2026, 1, 31, tz='Pacific/Kiritimati')"
    assert nightly["end_date"] == "pendulum.datetime(2099, 12, 30, 23, 59, 59, tz='Pacific/Kiritimati')"
    assert nightly["params"] == "{'n': Param(3, type='integer', minimum=1, maximum=5, title='n: int')}"
    again = produce["produce__again"]
    assert (again["catchup"], "start_date" in again, again["schedule"]) == (
        "True",
        False,
        "CronTriggerTimetable('0 3 * * *', timezone='UTC')",
    )
    assert again["params"].startswith("{'label': Param('x', ")
    arrived = consume["consume__arrived"]
    assert (arrived["schedule"], arrived["max_active_runs"]) == ("AssetAny(Asset('raw/rows'), Asset('raw/others'))", "1")
    assert "rows" not in arrived["params"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HANDLED, "a handler runs in one task"),
        (body("r = for x in xs limit 1:", "    a = make(i=x)", "    b = plain(i=a.o)", "    yield b.o", "return r=r"), "run in one task"),
        (
            body(
                "r = for x in xs:",
                "    if x > n:",
                "        a = make(i=x)",
                "        y = a.o",
                "    else:",
                "        y = 1",
                "    yield y",
                "return r=r",
            ),
            "the steps of untaken arms",
        ),
        (body("r = for x in xs:", "    a = make(i=x)", "    b = plain(i=a.o)", "    yield b.o", "return r=r"), None),
        (body("if n > 1:", "    a = make(i=n)", "    y = a.o", "else:", "    y = 1", "return r=[y]"), None),
    ],
    ids=["handler", "one task", "branch", "mapped", "outside"],
)
def test_publish_where_a_task_does_not_speak_for_a_step(tmp_path: Path, text: str, why: str | None) -> None:
    (tmp_path / "p.mlp").write_text(text)
    analysis = analyse(str(tmp_path / "p.mlp"))
    assert not analysis.has_errors, analysis.diagnostics
    found = [d.message for d in compile_(analysis, analysis.pipelines[-1], "airflow").diagnostics if d.rule.code == "E1120"]
    assert len(found) == (why is not None)
    assert all((why or "") in message for message in found)
