"""flytekit's local execution of emitted bundles, beside the native executor."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("flytekit")

from mloc.local.execute import run_native
from mloc.runner.api import FileStore
from mloc.runner.jsons import canonical
from mloc_flyte import launch
from tests.flyte.bundles import Ran, run, write
from tests.flyte.programs import NESTED, ONE, compiled

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("flyte")]


@pytest.mark.parametrize("xs", ["[1,2]", "[]"])
@pytest.mark.parametrize("b", ["true", "false"])
@pytest.mark.parametrize("a", ["true", "false"])
def test_branches_and_loops_in_one_another(a: str, b: str, xs: str, tmp_path: Path) -> None:
    asked = compiled(NESTED, tmp_path)
    params = {"a": a, "b": b, "xs": xs}
    native = Ran({}, run_native(asked.pipeline, params, store=tmp_path / "native", lines=asked.lines))
    ran = run(asked, tmp_path, params)
    assert ran.result["status"] == "succeeded"
    assert ran.outputs == native.outputs
    assert ran.statuses == native.statuses


def test_names_that_flytekit_and_the_module_use(tmp_path: Path) -> None:
    text = """mlp 1
step task(task: str, str: str) -> (with_overrides: str, index: str, date: str):
    run inline \"\"\"
        return {"with_overrides": task, "index": str, "date": task + str}
        \"\"\"

step date(mloc: str) -> str:
    run inline "return mloc"

step given(partial: str) -> str:
    run inline "return partial"

pipeline workflow(date: str = "d", conditional: str = "c", mloc: str = "m") -> (date: str, results: str, ref: str, given: str):
    workflow = task(task=date, str=conditional)
    dynamic = date(mloc=workflow.with_overrides)
    if mloc == "m":
        given = given(partial=workflow.index)
    else:
        given = "none"
    map_task = for item in [given, dynamic]:
        r = given(partial=item)
        r2 = date(mloc=r)
        yield r2
    return date=workflow.date, results=map_task[0], ref=dynamic, given=given
"""
    ran = run(compiled(text, tmp_path), tmp_path)
    assert ran.result["error"] is None
    assert ran.outputs == {"date": "dc", "results": "c", "ref": "d", "given": "c"}


def test_natural_types_keep_every_value(tmp_path: Path) -> None:
    types = {
        "i": ("int", "0", "i:9223372036854775807"),
        "f": ("float", "1.0", '"f:nan"'),
        "z": ("float", "1.0", "-0.0"),
        "day": ("date", 'date("2020-02-29")', '"0001-01-01"'),
        "at": ("datetime", 'datetime("2020-01-01T00:00:00Z")', '"2024-01-31T12:00:00.000001Z"'),
        "d": ("duration", "1s", "1"),
        "size": ("bytes", "1GiB", "1"),
        "o": ("int?", "3", "null"),
        "m": ("map[str, float?]", '{"x": 1.5}', '{"y":null}'),
        "l": ("list[list[bool]]", "[[true], []]", "[]"),
        "rec": ("list[int?]", "[null, 1]", "[null]"),
    }
    parameters = ", ".join(f"{name}: {type_} = {default}" for name, (type_, default, _) in types.items())
    outputs = ", ".join(f"{name}: {type_}" for name, (type_, _, _) in types.items())
    results = ", ".join(f"{name}={name}" for name in types)
    text = f'mlp 1\n{ONE}\npipeline natural({parameters}) -> ({outputs}):\n    one(s="x")\n    return {results}\n'
    asked = compiled(text, tmp_path)
    params = {name: json.dumps(value) if value.startswith("i:") else value for name, (_, _, value) in types.items()}
    for number, given in enumerate(({}, params)):
        folder = tmp_path / str(number)
        native = Ran({}, run_native(asked.pipeline, given, store=folder / "native"))
        assert run(asked, folder, given).outputs == native.outputs


def test_a_failure_ends_the_local_run(tmp_path: Path) -> None:
    text = f"""mlp 1
{ONE}
step bad(s: str) -> str:
    run inline "raise ValueError(s)"

pipeline failing() -> (x: str):
    a = bad(s="it's {{0}} \\"broken\\"")
    b = one(s="independent")
    return x=a
"""
    ran = run(compiled(text, tmp_path), tmp_path)
    assert ran.result["status"] == "failed"
    assert 'it\'s {0} "broken"' in str(ran.result["error"])
    # flytekit stops at the first exception; a cluster goes on (test_cluster).
    assert ran.statuses == {"a": "failed", "b": "not_run"}


def test_the_command_line(tmp_path: Path) -> None:
    bundle = write(
        compiled(f"mlp 1\n{ONE}\npipeline p(s: str) -> (x: str):\n    a = one(s=s)\n    return x=a\n", tmp_path), tmp_path / "bundle"
    )
    (tmp_path / "params.json").write_text(json.dumps({"s": json.dumps("é")}))
    places = [
        f"--{name}={tmp_path / file}"
        for name, file in (("params", "params.json"), ("records", "r"), ("store", "s"), ("result", "out.json"))
    ]
    done = subprocess.run([sys.executable, "-m", "mloc_flyte.launch", str(bundle), *places], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads((tmp_path / "out.json").read_text())
    assert result == {"status": "succeeded", "engine": {"name": "flyte", "version": importlib.metadata.version("flytekit")}, "error": None}


def test_without_flytekit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def missing(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    (tmp_path / "params.json").write_text("{}")
    arguments = [str(tmp_path), *(f"--{name}={tmp_path / 'params.json'}" for name in ("params", "records", "store", "result"))]
    assert launch.main(arguments) == 2
    assert capsys.readouterr().err == "flytekit is not installed in this environment: pip install 'mloc[flyte]'\n"


def test_files_and_folders_as_parameters(tmp_path: Path) -> None:
    text = """mlp 1
step read(tree: Dir, file: File[txt]) -> (text: str, copy: File[txt], again: Dir):
    run inline \"\"\"
        from pathlib import Path
        Path("copy.txt").write_text(file.read_text())
        return {"text": (tree / "a" / "b").read_text() + file.read_text(), "copy": Path("copy.txt"), "again": tree}
        \"\"\"

pipeline files(tree: Dir, file: File[txt]) -> (text: str, copy: File[txt], again: Dir):
    got = read(tree=tree, file=file)
    return text=got.text, copy=got.copy, again=got.again
"""
    asked = compiled(text, tmp_path)
    source = tmp_path / "source"
    (source / "tree" / "a").mkdir(parents=True)
    (source / "tree" / "a" / "b").write_text("b")
    (source / "file.txt").write_text("é")
    store = FileStore(tmp_path / "store")
    params = {
        "tree": canonical(store.put(source / "tree", "dir")),
        "file": canonical(store.put(source / "file.txt", {"file": "txt"})),
    }
    native = Ran({}, run_native(asked.pipeline, params, store=tmp_path / "native"))
    ran = run(asked, tmp_path, params)
    assert ran.result["error"] is None
    assert isinstance(ran.outputs, dict)
    assert isinstance(native.outputs, dict)
    assert ran.outputs["text"] == "bé"
    for name in ("copy", "again"):
        mine, other = ran.outputs[name], native.outputs[name]
        assert isinstance(mine, dict)
        assert isinstance(other, dict)
        assert (mine["digest"], mine["size"], mine["type"]) == (other["digest"], other["size"], other["type"])


def test_a_collected_list_is_the_same_for_every_item(tmp_path: Path) -> None:
    text = f"""mlp 1
{ONE}
pipeline shared(xs: list[str] = ["a", "b"]) -> (zs: list[str]):
    ys = for x in xs:
        y = one(s=x)
        yield y
    zs = for x in xs:
        z = one(s=x + ys[1])
        yield z
    return zs=zs
"""
    assert run(compiled(text, tmp_path), tmp_path).outputs == {"zs": ["ab", "bb"]}
