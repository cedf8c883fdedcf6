"""The emitted DAGs on a real scheduler, where tasks run at the same time and in processes of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.airflow import programs
from tests.airflow.running import compile_file, compile_text
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

FILES = [ROOT / "examples" / "hello" / "hello.mlp", ROOT / "tests" / "conformance" / "programs" / "domains.mlp"]
TEXTS = [programs.STRUCTURES, programs.FAILURES, programs.RETRIES, programs.TEMPLATES, LIMITED, LONG]


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Airflow]:
    bundles = [compile_file(path) for path in FILES]
    bundles += [compile_text(text, tmp_path_factory.mktemp("program")) for text in TEXTS]
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


def test_a_run_ended_from_outside_ends_its_steps(airflow: Airflow, tmp_path: Path) -> None:
    run_id = airflow.launch("long", {"folder": str(tmp_path)})
    airflow.wait("the step", 60, (tmp_path / "pid").exists)
    process = Path("/proc", (tmp_path / "pid").read_text().strip())
    assert process.exists()
    airflow.end("long", run_id)
    airflow.wait("the end of the step", 60, lambda: not process.exists())
