"""The DAG files: valid, clean, the same every time, and free of the user's text where it would be run."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mloc.backend import load
from mloc.testing import PROGRAMS, refuses
from mloc_airflow.names import Names
from tests.airflow import programs
from tests.airflow.running import Compiled, compile_all, compile_file, compile_text

ROOT = Path(__file__).parents[2]
EXAMPLES = [ROOT / "examples" / name / f"{name}.mlp" for name in ("hello", "flights")]
CONFORMANCE = [
    PROGRAMS / f"{name}.mlp" for name in sorted(path.stem for path in PROGRAMS.glob("*.mlp")) if not refuses(load("airflow"), name)
]
OWN = {name: getattr(programs, name) for name in ("TEMPLATES", "STRUCTURES", "FAILURES", "RETRIES", "LAUNCHED", "SLOW")}


def everything(folder: Path) -> list[Compiled]:
    found = [program for path in (*EXAMPLES, *CONFORMANCE) for program in compile_all(path)]
    for name, text in OWN.items():
        (folder / name).mkdir(exist_ok=True)
        found.append(compile_text(text, folder / name))
    return found


def test_what_is_emitted_is_python_without_a_fault(tmp_path: Path) -> None:
    for program in everything(tmp_path):
        program.write(tmp_path / "all" / program.pipeline.name)
        for path, content in program.artifacts.items():
            if path.endswith(".py"):
                ast.parse(content, filename=path)
    dags = sorted(str(path) for path in (tmp_path / "all").glob("*/*.py"))
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "--quiet"]
    # The user's own texts may make long lines; a bundle's package is its DAG file's neighbour.
    house = [*ruff, "--config", str(ROOT / "pyproject.toml"), "--config", "src=['all/*']", "--ignore", "E501"]
    for command in (house, [*ruff, "--isolated", "--preview", "--select", "AIR,F"]):
        done = subprocess.run([*command, *dags], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", [EXAMPLES[1], ROOT / "tests" / "conformance" / "programs" / "branch_in_fan_out.mlp"], ids=lambda p: p.stem)
def test_bundles_are_the_same_in_every_process(path: Path) -> None:
    script = (
        "import sys, hashlib; from pathlib import Path; from tests.airflow.running import compile_file\n"
        "files = compile_file(Path(sys.argv[1])).artifacts\n"
        "print([(k, hashlib.sha256(v if isinstance(v, bytes) else v.encode()).hexdigest()) for k, v in files.items()])"
    )
    paths = os.pathsep.join([str(ROOT), str(ROOT / "backends")])
    outputs = set()
    for seed in ("0", "1", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": paths}
        outputs.add(subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, env=env, check=True).stdout)
    assert len(outputs) == 1


def test_a_bundle_needs_nothing_of_mloc() -> None:
    program = compile_file(EXAMPLES[1])
    for path, content in program.artifacts.items():
        if path.endswith(".py"):
            for node in ast.walk(ast.parse(content)):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                modules += [node.module or ""] if isinstance(node, ast.ImportFrom) and node.level == 0 else []
                assert not any(name.split(".")[0].startswith("mloc") for name in modules), path


def test_only_the_dag_file_is_parsed() -> None:
    artifacts = compile_file(EXAMPLES[0]).artifacts
    assert artifacts["hello_mloc/.airflowignore"] == "*\n"
    assert [path for path in artifacts if "/" not in path] == ["hello.py"]


def test_parameters_are_json_schemas(tmp_path: Path) -> None:
    text = """mlp 1
enum Color: red, blue

record Setting:
    rate: float = 0.1 in 0.0..1.0
    size: int
    color: Color? = null

step use(s: Setting) -> int:
    run inline "return 1"

pipeline many(
        n: int in 1..9,
        x: float,
        s: Setting = Setting(size=3),
        ## How long
        d: duration = 90s,
        names: list[str] = ["a"] in 1..3,
        file: File[csv]?,
        mode: str = "fast" in ["fast", "slow"]) -> (r: int):
    r = use(s=s)
    return r=r
"""
    source = compile_text(text, tmp_path).dag_file
    tree = ast.parse(source)
    (params,) = (
        keyword.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dag"
        for keyword in node.keywords
        if keyword.arg == "params"
    )
    assert isinstance(params, ast.Dict)
    found = {}
    for name, call in zip(params.keys, params.values, strict=True):
        assert isinstance(call, ast.Call)
        assert isinstance(name, ast.Constant)
        found[name.value] = (
            [ast.literal_eval(argument) for argument in call.args],
            {keyword.arg: ast.literal_eval(keyword.value) for keyword in call.keywords if keyword.arg is not None},
        )
    assert found["n"] == ([], {"type": "integer", "minimum": 1, "maximum": 9, "title": "n: int"})
    assert found["x"] == ([], {"type": ["number", "string"], "pattern": "^f:(nan|inf|-inf)$", "title": "x: float"})
    assert found["s"][0] == [{"rate": 0.1, "size": 3, "color": None}]
    assert found["s"][1]["required"] == ["size"]
    assert found["s"][1]["properties"]["color"] == {"type": ["string", "null"], "enum": ["red", "blue", None], "default": None}
    assert found["d"][0] == [90000]
    assert found["d"][1]["description"] == "How long\n\nIn milliseconds."
    assert (found["names"][1]["minItems"], found["names"][1]["maxItems"]) == (1, 3)
    assert found["file"][1]["type"] == ["string", "object", "null"]
    assert found["mode"][1]["enum"] == ["fast", "slow"]


def test_names_do_not_collide_with_what_taskflow_reserves(tmp_path: Path) -> None:
    text = """mlp 1

step params(ti: int) -> (task: int):
    run inline "return ti"

pipeline run_it(dag: int = 1) -> (ds: int):
    ti = params(ti=dag)
    items = params(ti=ti.task)
    launch_parameters = params(ti=items.task)
    decide = params(ti=launch_parameters.task)
    return ds=decide.task
"""
    source = compile_text(text, tmp_path).dag_file
    tree = ast.parse(source)
    names = {argument.arg for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for argument in node.args.args}
    assert names.isdisjoint({"ti", "params", "task", "dag", "items", "launch_parameters", "decide"})
    assert 'task_id="ti"' in source


def test_names_are_given_once() -> None:
    names = Names()
    assert [names.python("a", "b"), names.python("a", "b"), names.python("a", "b"), names.python("ti")] == ["a", "b", "b_2", "ti_2"]
    assert [names.task("x[].if#1"), names.task("x.if_1"), names.group("x.if_1")] == ["x.if_1", "x.if_1_2", "x_if_1"]
    assert len(names.task("x" * 400)) <= 200


def test_the_program_is_json(tmp_path: Path) -> None:
    artifacts = compile_text(programs.TEMPLATES, tmp_path).artifacts
    program = artifacts["templates_mloc/program.json"]
    assert isinstance(program, str)
    assert json.loads(program)["schema"] == "mloc-program/1"
