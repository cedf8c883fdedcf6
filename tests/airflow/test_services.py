"""The emitted DAGs on a real scheduler, where tasks run at the same time and in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from mloc.local.compare import compare
from mloc.local.execute import run_native
from mloc.runner.jsons import Json, canonical
from tests.airflow import programs
from tests.airflow.running import Compiled, compile_all, compile_file, compile_text
from tests.airflow.services import Airflow, ApiError, services

pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.xdist_group("airflow-services")]

ROOT = Path(__file__).parents[2]

# Each item leaves a file for as long as it is in progress, and says how many there were at most.
LIMITED = """mlp 1

step begin(i: int, folder: str) -> (i: int):
    run inline \"\"\"
        import pathlib, time
        (pathlib.Path(folder) / f"running-{i}").write_text("")
        time.sleep(2)
        return i
        \"\"\"

step end(i: int, folder: str) -> (most: int):
    run inline \"\"\"
        import pathlib
        most = len(list(pathlib.Path(folder).glob("running-*")))
        (pathlib.Path(folder) / f"running-{i}").unlink()
        return most
        \"\"\"

step both(i: int, folder: str) -> (most: int):
    run inline \"\"\"
        import pathlib, time
        mine = pathlib.Path(folder) / f"running-{i}"
        mine.write_text("")
        time.sleep(2)
        most = len(list(pathlib.Path(folder).glob("running-*")))
        mine.unlink()
        return most
        \"\"\"

pipeline limited(one: str, two: str) -> (single: list[int], many: list[int]):
    single = for x in [1, 2, 3, 4] limit 2:
        a = both(i=x, folder=one)
        yield a.most
    many = for x in [1, 2, 3, 4] limit 2:
        b = begin(i=x, folder=two)
        c = end(i=b.i, folder=two)
        yield c.most
    return single=single, many=many
"""


LONG = """mlp 1

step sleep(folder: str) -> int:
    run shell \"\"\"
        echo $$ > "$folder/pid"
        sleep 600
        echo 1 > "$out"
        \"\"\"

pipeline long(folder: str) -> (n: int):
    n = sleep(folder=folder)
    return n=n
"""

CONFORMANCE = ROOT / "tests" / "conformance" / "programs"
FILES = [ROOT / "examples" / "hello" / "hello.mlp", CONFORMANCE / "domains.mlp"]
TEXTS = [programs.STRUCTURES, programs.FAILURES, programs.RETRIES, programs.TEMPLATES, programs.SLOW, programs.MANY, LIMITED, LONG]
# Their reports are compared with the native executor's.
COMPARED: dict[str, tuple[Path, dict[str, Json]]] = {
    "cleanup": (CONFORMANCE / "finally.mlp", {"n": 1, "fail": True}),
    "branch": (CONFORMANCE / "branch.mlp", {"n": 6}),
    "fan_out": (CONFORMANCE / "fan_out.mlp", {"n": 2}),
    "looping": (CONFORMANCE / "loop.mlp", {"start": 1, "rounds": 1, "xs": [11]}),
    "called": (CONFORMANCE / "called.mlp", {"fail": True}),
    "tolerate": (CONFORMANCE / "tolerate.mlp", {"ns": [1, -2, 3, -4]}),
    "tolerate_steps": (CONFORMANCE / "tolerate_steps.mlp", {"ns": [3, 4, 5, 6]}),
    "tolerate_handlers": (CONFORMANCE / "tolerate_handlers.mlp", {"ns": [-1, 9]}),
}


def launched(folder: Path) -> list[Compiled]:
    path = folder / "program.mlp"
    path.write_text(programs.LAUNCHED, encoding="utf-8")
    return compile_all(path)


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    bundles = [compile_file(path) for path in FILES]
    bundles += [compile_text(text, tmp_path_factory.mktemp("program")) for text in TEXTS]
    bundles += [compile_all(path)[-1] for path, _ in COMPARED.values()]
    bundles += launched(tmp_path_factory.mktemp("program"))
    with services(tmp_path_factory.mktemp("airflow"), bundles) as running:
        yield running


def test_structures(airflow: Airflow) -> None:
    """Branches within fan-outs, fan-outs within branches and each other, called pipelines, an empty list, and what is skipped."""
    ended = airflow.run("structures")
    assert ended.state == "success", ended.tasks
    assert ended.outputs == {
        "sums": [2, 3, 4],
        "seen": [None, 2, 13],
        "table": [[2, 3, 4], [3, 4, 5], [4, 5, 6]],
        "late": 1,
        "both": 5,
        "each": [2, 4, 6],
        "last": 8,
    }
    ended = airflow.run("structures", {"xs": [4], "deep": False})
    expected: dict[str, object] = {"sums": [5], "seen": [14], "table": [[8]], "late": None, "both": 5, "each": [8], "last": 8}
    assert (ended.state, ended.outputs) == ("success", expected)
    assert ended.tasks["g.items", -1][0] == ended.tasks["k", -1][0] == "skipped"
    ended = airflow.run("structures", {"xs": [], "wide": False})
    expected = {"sums": [], "seen": [], "table": [], "late": None, "both": None, "each": [], "last": 8}
    assert (ended.state, ended.outputs) == ("success", expected)
    assert ended.tasks["before_hushed", -1][0] == ended.tasks["hushed.outputs", -1][0] == "skipped"


def test_a_failure_drains_and_fails_the_run(airflow: Airflow) -> None:
    ended = airflow.run("failures")
    assert ended.state == "failed"
    assert ended.tasks["ys", 1] == ("failed", 1)
    assert ended.tasks["ys", 2][0] == ended.tasks["f", -1][0] == "success"
    assert ended.tasks["ys.collect", -1][0] == ended.tasks["d", -1][0] == ended.tasks["outputs", -1][0] == "upstream_failed"


def test_retries(airflow: Airflow, tmp_path: Path) -> None:
    ended = airflow.run("retries", {"folder": str(tmp_path)})
    assert (ended.state, ended.outputs) == ("success", {"a": 3, "b": 3, "c": [2, 2]})
    # The attempts of `a` are Airflow's, those of the others the runner's.
    assert (ended.tasks["a", -1], ended.tasks["b", -1], ended.tasks["c.e", 0]) == (("success", 3), ("success", 1), ("success", 1))


def test_no_text_is_rendered_as_a_template(airflow: Airflow, tmp_path: Path) -> None:
    program = compile_text(programs.TEMPLATES, tmp_path)
    ended = airflow.run("templates", {"m": {"{{ ds }}": "{{ ti }}"}})
    assert ended.state == "success"
    expected = program.run(tmp_path, m={"{{ ds }}": "{{ ti }}"})["outputs"]
    assert json.loads(json.dumps(ended.outputs)) == expected


def test_a_limit_counts_items(airflow: Airflow, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("one", "two")}
    for folder in folders.values():
        folder.mkdir()
    ended = airflow.run("limited", {name: str(folder) for name, folder in folders.items()})
    assert ended.state == "success", ended.tasks
    assert max(ended.outputs["single"]) <= 2
    assert max(ended.outputs["many"]) <= 2


def test_a_wrong_launch_is_refused(airflow: Airflow) -> None:
    with pytest.raises(ApiError, match="greater than the maximum of 9") as refused:
        airflow.launch("domains", {"n": 10})
    assert refused.value.status == 400


def test_hello(airflow: Airflow) -> None:
    ended = airflow.run("hello", {"names": ["Ada"], "loud": True})
    assert (ended.state, ended.outputs) == ("success", {"texts": ["Hello, Ada!"], "closing": "SEE YOU"})


def native(program: Compiled, params: dict[str, Json], folder: Path) -> dict[str, Json]:
    """The report of the native executor."""
    analysis = program.analysis
    return run_native(
        program.pipeline,
        {name: canonical(value) for name, value in params.items()},
        store=folder / "native",
        source_roots=[str(root) for root in analysis.project.source_roots],
        lines=analysis.lines(program.pipeline),
    )


@pytest.mark.parametrize("dag", COMPARED)
def test_the_report_is_the_native_executors(airflow: Airflow, dag: str, tmp_path: Path) -> None:
    path, params = COMPARED[dag]
    program = compile_all(path)[-1]
    ended = airflow.run(dag, params)
    reference = native(program, params, tmp_path)
    assert compare(program.pipeline, reference, airflow.report(program, ended, params)) == ()
    assert ended.state == ("failed" if params.get("fail") else "success")


def test_a_schedule_starts_a_run(airflow: Airflow, tmp_path: Path) -> None:
    """With the parameters that it binds, of which some are known at its start only, and days those of its time zone."""
    program = launched(tmp_path)[0]
    airflow.start_by_itself("produce__nightly")
    ended = airflow.first_run("produce__nightly")
    assert ended.state == "success", ended.tasks
    due = datetime.fromisoformat(ended.due).astimezone(ZoneInfo("Pacific/Kiritimati"))
    params: dict[str, Json] = {"day": due.date().isoformat(), "label": f"run {ended.run_id}", "n": 3}
    assert ended.run_id.startswith("scheduled__")
    reference = native(program, params, tmp_path)
    outputs = reference["outputs"]
    assert isinstance(outputs, dict)
    # A step that asks the run itself sees what the schedule bound.
    outputs["same"] = True
    assert compare(program.pipeline, reference, airflow.report(program, ended, params)) == ()
    assert ended.tasks["only_one", -1][0] == "success"


def test_an_asset_starts_a_run(airflow: Airflow) -> None:
    """The parameter that is given the asset is the artifact that its last update made."""
    airflow.start_by_itself("consume__arrived")
    made = airflow.run("produce", {"day": "2026-02-03", "label": "x"})
    assert (made.state, made.outputs) == ("success", {"count": 3, "label": "x", "n": 1, "same": False})
    ended = airflow.first_run("consume__arrived")
    assert (ended.state, ended.outputs) == ("success", {"text": "2026-02-03", "n": 5})
    assert ended.run_id.startswith("asset_triggered__")


def test_a_run_is_skipped_while_another_is_in_progress(airflow: Airflow, tmp_path: Path) -> None:
    """With its handlers, whether it is known when it was due or not."""
    conf = {"folder": str(tmp_path)}
    first = airflow.launch("slow__often", conf, "2026-01-01T00:00:00Z")
    airflow.wait("the first run", 60, lambda: airflow.state("slow__often", first, "n") == "running")
    for due in ("2026-01-02T00:00:00Z", None):
        skipped = airflow.ended("slow__often", airflow.launch("slow__often", conf, due))
        states = {name: state for (name, _), (state, _) in skipped.tasks.items()}
        assert (skipped.state, states.pop("only_one"), set(states.values())) == ("success", "success", {"skipped"}), skipped.tasks
    (tmp_path / "go").touch()
    ended = airflow.ended("slow__often", first)
    assert (ended.state, ended.outputs, (tmp_path / "told").read_text()) == ("success", {"n": 1}, "succeeded\n")
    assert airflow.run("slow__often", conf).outputs == {"n": 1}


def test_two_hundred_items(airflow: Airflow, tmp_path: Path) -> None:
    program = compile_text(programs.MANY, tmp_path)
    ended = airflow.run("many")
    assert compare(program.pipeline, native(program, {}, tmp_path), airflow.report(program, ended, {})) == ()
    assert sum(name == "squares.y" for name, _ in ended.tasks) == 200, ended.tasks


def test_a_run_ended_from_outside_ends_its_steps(airflow: Airflow, tmp_path: Path) -> None:
    run_id = airflow.launch("long", {"folder": str(tmp_path)})
    airflow.wait("the step", 60, (tmp_path / "pid").exists)
    process = Path("/proc", (tmp_path / "pid").read_text().strip())
    assert process.exists()
    airflow.end("long", run_id)
    airflow.wait("the end of the step", 60, lambda: not process.exists())
