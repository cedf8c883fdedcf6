"""The script that runs a container step's command: as Kubeflow runs it, with a shell that knows nothing of mloc."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.ir.program import program
from mloc.runner.api import FileStore, Program, Records, Spill
from mloc.runner.jsons import canonical
from mloc.version import VERSION
from mloc_kfp.vendored.outside import results, write_idle, write_script
from mloc_kfp.vendored.pods import PodStore
from tests.elaborate.programs import pipeline
from tests.kfp.emitted import document

SOURCE = """mlp 1

step tool(text: str) -> (tree: Dir):
    run container command=["sh", "-c"], args=[CODE, "sh", text, out(tree)]
    image "tool@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    env WORD="$(X) 'q'", EMPTY=""
    SETTINGS

pipeline p(text: str):
    a = tool(text=text)
"""
TEXT = "$(HOME) {{$.x}} 'a' \"b\" \\n \\\\ `c` $1 *\n"


class Script:
    """A script below a folder, and what it leaves."""

    def __init__(self, folder: Path, code: str, settings: str, *, lenient: bool = False) -> None:
        source = SOURCE.replace("CODE", json.dumps(code)).replace("SETTINGS", settings)
        self.program = Program(dict(program(pipeline(source), VERSION, {})))
        self.folder, self.left, self.said = folder / "command", folder / "left", folder / "said" / "output.json"
        self.store, self.spill = PodStore({}, folder / "staging"), Spill(FileStore(folder / "values"), 1000, "a test")
        write_script(self.program, "a", {"$text": canonical(TEXT)}, self.store, Records(None), self.spill, self.folder, lenient)

    def run(self, environment: Mapping[str, str] | None = None, said: str | None = None) -> subprocess.CompletedProcess[str]:
        places = [str(self.left), "s3://bucket/left", str(self.said) if said is None else said, "kfp.dsl.executor_main"]
        clean = {name: text for name, text in os.environ.items() if name != "MLOC_RECORDS"}
        return subprocess.run(
            ["sh", str(self.folder / "run"), *places], env={**clean, **(environment or {})}, capture_output=True, text=True, check=False
        )

    @property
    def attempts(self) -> list[str]:
        return [line.rpartition(" ")[0] for line in (self.left / "attempts").read_text().splitlines()]


def test_words_and_variables_arrive_as_they_are(tmp_path: Path) -> None:
    script = Script(
        tmp_path,
        'mkdir -p "$2/deep/er"; printf "%s|%s|%s|%s" "$1" "$WORD" "${EMPTY-unset}" "$#" > "$2/text"; : > "$2/run"; chmod +x "$2/run"',
        "",
    )
    ran = script.run()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (script.left / "out" / "tree" / "text").read_text() == f"{TEXT}|$(X) 'q'||2"
    assert script.attempts == ["ended 0"]
    assert json.loads(script.said.read_text()) == {
        "artifacts": {"mloc-left": {"artifacts": [{"name": "mloc-left", "uri": "s3://bucket/left"}]}}
    }


def test_what_an_object_store_loses_is_made_again(tmp_path: Path) -> None:
    script = Script(tmp_path, 'mkdir -p "$2"; echo 1 > "$2/run"; chmod +x "$2/run"; echo 2 > "$2/plain"', "")
    assert script.run(said="{{$.outputs.output_file}}").returncode == 0
    tree = script.left / "out" / "tree"
    (tree / "run").chmod(0o644)
    made = results(script.program, "a", {}, script.store, Records(None), script.spill, script.left)
    assert json.loads(made["tree"])["type"] == "dir"
    assert [os.access(tree / name, os.X_OK) for name in ("run", "plain")] == [True, False]


@pytest.mark.parametrize(
    ("settings", "environment", "lenient", "code", "attempts"),
    [
        ("retry 1, backoff=100ms", {}, False, 7, ["ended 7", "ended 7"]),
        ("retry 1, backoff=100ms, on=[timeout]", {}, False, 7, ["ended 7"]),
        ("retry 0", {"MLOC_RECORDS": "/nowhere"}, False, 0, ["ended 7"]),
        ("retry 0", {}, True, 0, ["ended 7"]),
    ],
)
def test_failures(tmp_path: Path, settings: str, environment: dict[str, str], lenient: bool, code: int, attempts: list[str]) -> None:
    script = Script(tmp_path, 'test -z "$MLOC_RECORDS" && exit 7', settings, lenient=lenient)
    assert script.run(environment).returncode == code
    assert script.attempts == attempts


def test_a_time_limit_ends_what_the_command_has_started(tmp_path: Path) -> None:
    script = Script(tmp_path, "sleep 600 & sleep 600; echo never", "timeout 1s")
    # All of them hold the pipe that this waits for the end of.
    ran = script.run()
    assert (ran.returncode, ran.stdout) == (143, "")
    assert script.attempts == ["late 143"]


def test_nothing_runs_after_a_failure_that_is_a_value(tmp_path: Path) -> None:
    script = Script(tmp_path, "echo ran", "")
    write_idle(script.folder)
    ran = script.run()
    assert (ran.returncode, ran.stdout, script.attempts) == (0, "", [])


def test_the_container_of_a_call(tmp_path: Path) -> None:
    source = """
step tool(file: File[txt], n: int) -> (made: File[csv]):
    run container command=["tool"], args=["$(X) {{y}}", file, n, out(made)]
    image "registry.example/tool@sha256:1111111111111111111111111111111111111111111111111111111111111111"
    resources cpu=2, memory=1GiB

pipeline p() -> (made: File[csv]):
    a = note(text="x")
    b = tool(file=a.file, n=3)
    return made=b.made
"""
    found = document(source, tmp_path)
    tasks = found["root"]["dag"]["tasks"]
    assert tasks["b"]["dependentTasks"] == ["b-command"]
    assert tasks["b-outputs"]["inputs"]["artifacts"]["mloc-left"] == {
        "taskOutputArtifact": {"producerTask": "b", "outputArtifactKey": "mloc-left"}
    }
    container = found["deploymentSpec"]["executors"]["exec-tool"]["container"]
    assert container["image"].startswith("registry.example/tool@")
    assert container["command"] == ["sh"]
    assert container["args"][0] == "{{$.inputs.artifacts['mloc-command'].path}}/run"
    assert container["resources"]["resourceMemoryLimit"] == "1Gi"
    # What runs no step of the user's does not run in a tool's image.
    assert found["deploymentSpec"]["executors"]["exec-mloc"]["container"]["image"] == "python:3.11-slim"


def test_the_command_of_an_image_is_not_known(tmp_path: Path) -> None:
    path = tmp_path / "program.mlp"
    path.write_text(SOURCE.replace('command=["sh", "-c"], ', "").replace("CODE", '"x"').replace("SETTINGS", "timeout 1min"))
    analysis = analyse(str(path))
    compilation = compile_(analysis, analysis.pipelines[-1], "kfp")
    assert compilation.artifacts is None
    assert [d.rule.code for d in compilation.diagnostics] == ["E1120"]
    assert "run container without command" in compilation.diagnostics[0].message
