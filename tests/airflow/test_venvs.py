"""`run venv`: a step's code runs by the Python of a virtual environment, which is made once and kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from mloc.driver import analyse
from mloc.driver import compile as compile_
from mloc.runner.api import StepFailed
from mloc_airflow.adapter import venvs
from tests.airflow.running import compile_text, statuses

pytestmark = pytest.mark.slow  # each makes environments

# What the environment has and this one has not.
PROJECT = '[project]\nname = "{name}"\nversion = "1.0"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
BACKEND = """
import zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(folder + "/" + name, "w") as wheel:
        wheel.writestr("{name}.py", "WORD = '{name}'\\n")
        wheel.writestr("{name}-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: {name}\\nVersion: 1.0\\n")
        wheel.writestr("{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("{name}-1.0.dist-info/RECORD", "")
    return name
"""
PROGRAM = '''mlp 1

step plain(n: int) -> (prefix: str, n: int):
    run inline "import sys; return {'prefix': sys.prefix, 'n': n}"

step first(n: int) -> (word: str, prefix: str):
    run inline """
        import sys, word_one
        return {"word": word_one.WORD * n, "prefix": sys.prefix}
        """

step second(n: int) -> (word: str, others: bool):
    run inline """
        import importlib.util, word_two
        return {"word": word_two.WORD, "others": importlib.util.find_spec("word_one") is not None}
        """

step last(text: str, file: str):
    run inline """
        import pathlib, word_two
        pathlib.Path(file).write_text(text + word_two.WORD)
        """
    timeout 1min

pipeline words(file: str) -> (here: str, there: str, all: list[str], both: list[str], others: list[bool]):
    here = plain(n=2)
    there = first(n=here.n)
    all = for n in [1, 2]:
        one = first(n=n)
        yield one.word
    both = for m in [1] limit 1:
        two = first(n=m)
        three = second(n=m)
        yield {word: two.word + three.word, others: three.others}
    return here=here.prefix, there=there.prefix, all=all, both=[b.word for b in both], others=[b.others for b in both]

    finally:
        last(text=run.status, file=file)

target airflow:
    run venv
    packages [TWO]
    step plain:
        run worker
        packages []
    step first:
        packages [ONE]
'''


def project(folder: Path, name: str) -> str:
    """A requirement that pip builds without anything from elsewhere."""
    place = folder / name
    place.mkdir()
    (place / "pyproject.toml").write_text(PROJECT.format(name=name))
    (place / "backend.py").write_text(BACKEND.format(name=name))
    return f"{name} @ {place.as_uri()}"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where environments are kept."""
    monkeypatch.setenv("MLOC_VENVS", str(tmp_path / "venvs"))
    return tmp_path / "venvs"


def test_it_is_made_once_and_kept(kept: Path, tmp_path: Path) -> None:
    told: list[str] = []
    packages = [project(tmp_path, "word_one")]
    python = venvs.interpreter(packages, None, told.append)
    assert (Path(python).parents[2], len(told)) == (kept, 1)
    assert venvs.interpreter(packages, f"{sys.version_info.major}.{sys.version_info.minor}", told.append) == python
    assert venvs.interpreter([], None, told.append) != python
    assert len(told) == 2
    # What another process left without its mark is made anew.
    (Path(python).parents[1] / "mloc-ready").unlink()
    (Path(python).parents[1] / "left").touch()
    assert venvs.interpreter(packages, None, told.append) == python
    assert not (Path(python).parents[1] / "left").exists()


def test_pip_makes_it_where_there_is_no_uv(kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Path(venvs.interpreter([project(tmp_path, "word_one")], None, print)).exists()


def test_what_cannot_be_made_says_why(kept: Path, tmp_path: Path) -> None:
    missing = f"word_one @ {(tmp_path / 'nowhere').as_uri()}"
    with pytest.raises(StepFailed) as failed:
        venvs.interpreter([missing], None, print)
    assert failed.value.message.startswith(f"the virtual environment with {missing} cannot be made: ")
    assert "nowhere" in failed.value.log_tail
    with pytest.raises(StepFailed) as failed:
        venvs.interpreter([], "3.99", print)
    assert failed.value.message == "the step needs Python 3.99, and there is no `python3.99` on the PATH of this worker"


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_each_step_has_its_own(kept: Path, tmp_path: Path) -> None:
    one, two = (json.dumps(project(tmp_path, name)) for name in ("word_one", "word_two"))
    program = compile_text(PROGRAM.replace("ONE", one).replace("TWO", two), tmp_path)
    report = program.run(tmp_path / "run", file=str(tmp_path / "told"))
    outputs = report["outputs"]
    assert isinstance(outputs, dict), report
    assert (outputs["all"], outputs["both"], outputs["others"]) == (["word_one", "word_oneword_one"], ["word_oneword_two"], [False])
    assert outputs["here"] == sys.prefix
    assert Path(str(outputs["there"])).parent == kept
    assert (tmp_path / "told").read_text() == "succeededword_two"
    assert "# Its code runs in a virtual environment with word_one @ file" in program.dag_file


@pytest.mark.engine
@pytest.mark.xdist_group("airflow")
def test_a_failed_installation_is_a_failed_attempt(kept: Path, tmp_path: Path) -> None:
    text = PROGRAM.replace("ONE", json.dumps(f"word_one @ {(tmp_path / 'nowhere').as_uri()}"))
    text = text.replace("TWO", json.dumps(project(tmp_path, "word_two"))).replace(
        'prefix": sys.prefix}\n        """', 'prefix": sys.prefix}\n        """\n    retry 1'
    )
    report = compile_text(text, tmp_path).run(tmp_path / "run", file=str(tmp_path / "told"))
    assert (report["status"], statuses(report)["there"]) == ("failed", ("failed", 2))
    error = report["error"]
    assert isinstance(error, dict)
    assert "cannot be made" in str(error["message"])
    assert (tmp_path / "told").read_text() == "failedword_two"


def test_what_is_said_without_it_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "program.mlp"
    path.write_text(
        'mlp 1\n\nstep same(i: int) -> (o: int):\n    run inline "return i"\n\npipeline p() -> (o: int):\n    a = same(i=1)\n'
        '    return o=a.o\n\ntarget airflow:\n    step same:\n        packages ["numpy"]\n'
    )
    analysis = analyse(str(path))
    found = compile_(analysis, analysis.pipelines[0], "airflow").diagnostics
    assert [(each.rule.code, each.message, each.help) for each in found] == [
        (
            "W1118",
            "`packages` has no effect with target `airflow` on a step that runs without a virtual environment",
            "say `run venv`, too",
        )
    ]
