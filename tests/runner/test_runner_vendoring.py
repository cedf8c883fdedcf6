"""The runner under another name: from a folder and from a zip file, importing nothing but the standard library."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

import mloc.runner
from mloc.runner import sources

LAZY = {"pyarrow", "pandas", "polars", "joblib", "xgboost", "lightgbm", "torch"}

USE = """
    import json, sys
    from flights_mloc.runner import FileStore, Program, Records, StepFailed, run_unit, sources
    code = "import sys\\nassert not any('bundle' in name for name in sys.path), sys.path\\nreturn n + 1"
    inputs, outputs = [["n", "int", "41", None]], [["result", "int", None]]
    step = {"inputs": inputs, "outputs": outputs, "named": False, "run": {"inline": code, "line": 1}}
    unit = {"kind": "step", "line": 1, "captures": [], "step": "s", "args": [], "settings": {}, "guards": []}
    source = {"file": "p.mlp"}
    program = Program({"schema": "mloc-program/1", "pipeline": "p", "source": source, "steps": {"s": step}, "units": {"s": unit}})
    print(json.dumps([run_unit(program, "s", {}, store=FileStore("store"), records=Records(None)), sorted(sources())]))
    """


def test_the_sources_are_all_of_the_package() -> None:
    folder = Path(mloc.runner.__file__).parent
    assert sources() == {path.name: path.read_bytes() for path in folder.glob("*.py")}


@pytest.mark.parametrize("zipped", [False, True])
def test_a_vendored_runner_runs_steps(tmp_path: Path, zipped: bool) -> None:
    bundle = tmp_path / ("bundle mloc.zip" if zipped else "bundle mloc")
    files = {"flights_mloc/__init__.py": b"", **{f"flights_mloc/runner/{name}": data for name, data in sources().items()}}
    if zipped:
        with zipfile.ZipFile(bundle, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        for name, data in files.items():
            (bundle / name).parent.mkdir(parents=True, exist_ok=True)
            (bundle / name).write_bytes(data)
    code = f"import sys\nsys.path.insert(0, {bundle.name!r})\n{textwrap.dedent(USE)}"
    # A relative entry of sys.path must still be found from the child's own working directory.
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [{"result": "42"}, sorted(sources())]


def test_only_the_standard_library_is_imported() -> None:
    for name, data in sources().items():
        tree = ast.parse(data, name, feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                assert str(node.module).partition(".")[0] in sys.stdlib_module_names, (name, node.module)
            elif isinstance(node, ast.Import):
                assert all(alias.name.partition(".")[0] in sys.stdlib_module_names for alias in node.names), name


def test_a_child_imports_little() -> None:
    code = "import sys, mloc.runner.child\nprint(*sys.modules)"
    root = Path(mloc.runner.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    loaded = set(done.stdout.split())
    assert not loaded & {*LAZY, "mloc.runner.api", "mloc.runner.tables", "mloc.runner.models", "asyncio"}
