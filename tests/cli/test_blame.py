"""From every name that an engine shows back to the line, with nothing but the bundle."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mloc import driver
from mloc.cli import main
from mloc.cli.blame import Found, places
from mloc.cli.traces import Trace, traces
from mloc.emit.trace import FILE

ROOT = Path(__file__).parents[2]
FLIGHTS = ROOT / "examples" / "flights" / "flights.mlp"
PROGRAMS = [*sorted(ROOT.glob("examples/*/*.mlp")), *sorted((ROOT / "tests" / "conformance" / "programs").glob("*.mlp"))]


def bundle(program: Path, target: str, out: Path) -> Path:
    """The bundle of the program's last pipeline."""
    analysis = driver.analyse(str(program))
    artifacts = driver.compile(analysis, analysis.pipelines[-1], target).artifacts
    # What a target refuses has no names there.
    for path, content in (artifacts or {}).items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    return out


def only(path: Path) -> Trace:
    (trace,) = traces(path)
    return trace


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's three bundles beside each other, far from the program."""
    folder = tmp_path_factory.mktemp("bundles")
    for target in ("kfp", "airflow", "flyte"):
        bundle(FLIGHTS, target, folder / target)
    return folder


def lines(found: tuple[Found, ...]) -> list[tuple[str, int | None]]:
    return [(each.id, each.line) for each in found]


def shown_by_kubeflow(folder: Path) -> set[str]:
    (path,) = folder.glob("*.yaml")
    spec: dict[str, Any] = next(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    dags = [each["dag"] for each in (spec["root"], *spec["components"].values()) if "dag" in each]
    return {*spec["components"], *spec["deploymentSpec"]["executors"], *(task for dag in dags for task in dag["tasks"])}


def shown_by_airflow(folder: Path) -> set[str]:
    """The ids in the DAG file; a task without one is called as its function."""
    (path,) = folder.glob("*.py")
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            found |= {k.value.value for k in node.keywords if k.arg in ("task_id", "group_id") and isinstance(k.value, ast.Constant)}
    return {name for name in found if isinstance(name, str)}


def shown_by_flyte(folder: Path) -> set[str]:
    """The decorated functions."""
    (path,) = folder.glob("*.py")
    return {node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize(("target", "shown"), [("kfp", shown_by_kubeflow), ("airflow", shown_by_airflow), ("flyte", shown_by_flyte)])
def test_every_name_is_traced(program: Path, target: str, shown: Callable[[Path], set[str]], tmp_path: Path) -> None:
    folder = bundle(program, target, tmp_path)
    if not any(folder.iterdir()):
        return
    trace = only(folder)
    for name in shown(folder):
        found = places(trace, name)
        assert found, f"{name} of {program.stem} on {target}"
        assert all(each.line for each in found)


def test_the_names_of_kubeflow(flights: Path) -> None:
    trace = only(flights / "kfp")
    assert lines(places(trace, "trials-fitted")) == [("trials[].fitted", 226)]
    assert lines(places(trace, "comp-trials-fitted")) == lines(places(trace, "exec-train")) == [("trials[].fitted", 226)]
    assert lines(places(trace, "flights-x7k2p.root.condition-branches-trials.for-loop-trials.trials-fitted.executor")) == [
        ("trials[].fitted", 226)
    ]
    assert places(trace, "for-loop-trials-driver") == (Found("for-loop-trials", "flights.mlp", 225, "trials", "a DAG", LOOP),)
    assert {id_ for id_, _ in lines(places(trace, "exec-mloc"))} == {"trials"}


LOOP = "trials = for setting in settings limit 2:"


def test_the_names_of_airflow(flights: Path) -> None:
    trace = only(flights / "airflow")
    both = [("trials[3].fitted", 226), ("trials[3].judged", 227)]
    for name in (
        "trials[3]",
        "flights.trials[3]",
        "dag_id=flights/run_id=manual__2026-01-01/task_id=trials/map_index=3/attempt=1.log",
        "<TaskInstance: flights.trials manual__2026-01-01T00:00:00+00:00 map_index=3 [failed]>",
    ):
        assert lines(places(trace, name)) == both, name
    assert places(trace, "trials.collect") == (
        Found("trials.collect", "flights.mlp", 225, "trials", "collects what the items yield", LOOP),
    )
    assert [(each.id, each.does) for each in places(trace, "if_1_then")] == [("if#1", "a group of tasks")]
    assert lines(places(trace, "task_id=counted")) == [("counted", 214)]


def test_the_names_of_flyte(flights: Path) -> None:
    trace = only(flights / "flyte")
    for name in ("count_rows", "flights.count_rows", "n1", "n1-0", "f6x2k9-n1-0"):
        assert lines(places(trace, name)) == [("counted", 214)], name
    for name in ("n10-0-dn3-0-n1", "n10-dn3-n1", "a5bq-n10-0-dn3-0-n1-2"):
        assert lines(places(trace, name)) == [("trials[3].judged", 227)], name
    assert lines(places(trace, "n14-0-n0-0-n0")) == [("done", 237)]
    assert [(each.id, each.does) for each in places(trace, "n14")] == [("if#1", "a conditional")]


def test_a_mapped_task_of_flyte(tmp_path: Path) -> None:
    program = ROOT / "tests" / "conformance" / "programs" / "fan_out_in_branch.mlp"
    trace = only(bundle(program, "flyte", tmp_path))
    mapped = "fan_out_in_branch.map_inc_ys_y_6b3bd0353da5de6e84d7982921ead2b3-arraynode"
    for name in (mapped, "n2-0-n0-0-n1"):
        assert [id_ for id_, _ in lines(places(trace, name))] == ["ys[].y", "ys"], name
    assert [id_ for id_, _ in lines(places(trace, "n2-0-n0-0-n1-0-n4-0"))] == ["ys[4].y", "ys"]


@pytest.mark.parametrize("target", ["kfp", "airflow", "flyte"])
def test_the_ids_of_reports_are_known_too(flights: Path, target: str) -> None:
    assert lines(places(only(flights / target), "trials[2].judged")) == [("trials[2].judged", 227)]


LIBRARY = """mlp 1
step one() -> int:
    run inline "return 1"

pipeline sub() -> (r: int):
    o = one()
    return r=o
"""


def test_lines_of_imported_files(tmp_path: Path) -> None:
    (tmp_path / "lib.mlp").write_text(LIBRARY, encoding="utf-8")
    program = tmp_path / "p.mlp"
    program.write_text('mlp 1\nfrom "lib.mlp" import sub\n\npipeline p() -> (r: int):\n    s = sub()\n    return r=s.r\n', encoding="utf-8")
    for target in ("kfp", "airflow", "flyte"):
        (found,) = places(only(bundle(program, target, tmp_path / target)), "s.o")
        assert (found.file, found.line, found.text) == ("lib.mlp", 6, "o = one()")


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["blame", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_what_is_printed(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = "flights.mlp:230: winner\n    winner = best_of(scores=[trial.report.auc for trial in trials])\n"
    for place in ("airflow", "airflow/flights.py", "airflow/flights_mloc", f"airflow/flights_mloc/{FILE}", "kfp/flights.yaml"):
        assert said(capsys, str(flights / place), "winner") == (0, shown, ""), place
    assert said(capsys, str(flights / "flyte" / "flights.py"), "best_of") == (0, shown, "")
    code, out, _ = said(capsys, str(flights), "trials.items")
    assert (code, out) == (0, f"flights.mlp:225: trials (lists the items)\n    {LOOP}\n")


def test_several_bundles(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, str(flights), "parameters")
    assert code == 0
    assert [line for line in out.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        f"{flights / 'airflow' / 'flights_mloc' / FILE}:",
        f"{flights / 'flyte' / 'flights_mloc' / FILE}:",
        f"{flights / 'kfp' / 'flights.yaml'}:",
    ]


def test_json(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, str(flights / "airflow"), "if_1", "--output-format", "json")
    (found,) = json.loads(out)
    assert code == 0
    assert found | {"bundle": "", "text": ""} == {
        "bundle": "",
        "task": "if_1",
        "file": "flights.mlp",
        "line": 236,
        "id": "if#1",
        "does": "decides which arm is taken",
        "text": "",
    }


def test_a_yaml_that_was_written_anew(flights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Comments are lost where a YAML is loaded and dumped; what the pipeline carries is not."""
    spec = yaml.safe_load((flights / "kfp" / "flights.yaml").read_text(encoding="utf-8"))
    (tmp_path / "downloaded.yml").write_text(yaml.safe_dump(spec, default_style='"'), encoding="utf-8")
    assert said(capsys, str(tmp_path / "downloaded.yml"), "winner")[0] == 0


def test_unknown_tasks(flights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, str(flights / "airflow"), "countd")
    assert (code, out) == (1, "")
    assert err == "mloc: the bundle of `flights` for airflow has no task `countd`; did you mean `counted`?\n"
    code, _, err = said(capsys, str(flights / "airflow"), "nothing_like_it")
    assert code == 1
    assert err.startswith("mloc: the bundle of `flights` for airflow has no task `nothing_like_it`; it has parameters, counted, ")
    assert said(capsys, str(flights), "countd")[2] == "mloc: none of the 3 bundles has a task `countd`; did you mean `counted`?\n"


def test_what_is_no_bundle(flights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "other.yaml").write_text("kind: Deployment\n")
    (tmp_path / "broken.yaml").write_text("MLOC_BUNDLE_000: [\n")
    (tmp_path / "other.py").write_text("print()\n")
    for path in (tmp_path, tmp_path / "other.yaml", tmp_path / "broken.yaml", tmp_path / "other.py"):
        code, _, err = said(capsys, str(path), "winner")
        assert (code, err) == (
            2,
            f"mloc: {path}: holds no bundle of mloc's (name the folder that `mloc compile` wrote, or the file in it)\n",
        )
    missing = tmp_path / "missing"
    assert said(capsys, str(missing), "winner") == (2, "", f"mloc: {missing}: no such file or folder\n")


@pytest.mark.parametrize("change", ['"mloc-trace/1"->"mloc-trace/9"', '"units": {->"unit": {', "{->"])
def test_a_damaged_trace(flights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str) -> None:
    copy = shutil.copytree(flights / "airflow", tmp_path / "copy") / "flights_mloc" / FILE
    old, new = change.split("->")
    copy.write_text(copy.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    code, _, err = said(capsys, str(tmp_path / "copy"), "winner")
    assert code == 2
    assert err.startswith(f"mloc: {copy}: is no trace that this mloc reads (")
    assert "compile the program again" in err
