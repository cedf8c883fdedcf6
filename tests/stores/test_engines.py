"""What the emitted bundles do with a store in a bucket, each on its engine's own local mode."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.stores.conftest import Bucket

pytestmark = [pytest.mark.engine]

PROGRAM = '''mlp 1

step spread(raw: File[csv], n: int) -> (tree: Dir, text: str):
    run inline """
        import pathlib
        tree = pathlib.Path("tree")
        tree.mkdir()
        (tree / "run").write_text(raw.read_text())
        (tree / "run").chmod(0o755)
        return {"tree": tree, "text": "x" * n}
        """

step back(tree: Dir, text: str, raw: File[csv]) -> (said: str, file: File[txt]):
    run inline """
        import os
        import pathlib
        pathlib.Path("out.txt").write_text(str(len(text)))
        return {"said": f"{(tree / 'run').read_text()}{os.access(tree / 'run', os.X_OK)}{raw.read_text()}", "file": pathlib.Path("out.txt")}
        """

pipeline p(raw: File[csv], n: int = 1100000 in 1..10000000) -> (said: str, file: File[txt]):
    made = spread(raw=raw, n=n)
    found = back(tree=made.tree, text=made.text, raw=raw)
    return said=found.said, file=found.file
'''


def _run(engine: str, folder: Path, raw: str, store: str, **variables: str) -> tuple[int, Mapping[str, Any], str]:
    (folder / "p.mlp").write_text(PROGRAM)
    command = [sys.executable, "-m", "mloc", "run", "p.mlp", "--engine", engine, "--set", f"raw={raw}", "--store", store]
    environment = {**os.environ, **variables}
    found = subprocess.run([*command, "--report", "r.json"], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return found.returncode, json.loads((folder / "r.json").read_text()), found.stdout + found.stderr


@pytest.mark.parametrize(("engine", "below"), [("airflow", "/objects/"), ("flyte", "/flyte/")])
def test_artifacts_and_large_values_are_in_the_bucket(engine: str, below: str, bucket: Bucket, tmp_path: Path) -> None:
    code, report, said = _run(engine, tmp_path, bucket.put("raw.csv", b"a,b"), bucket.url)
    assert code == 0, said
    assert report["outputs"]["said"] == "a,bTruea,b"
    assert report["outputs"]["file"]["uri"].startswith(f"{bucket.url}{below}")
    contents = [bucket.server.content(bucket.name, key) for key in bucket.server.keys(bucket.name)]
    assert b'"' + b"x" * 1100000 + b'"' in contents, "the large value is not in the bucket"
    assert b"1100000" in contents


def test_kubeflow_takes_a_parameter_from_the_bucket(bucket: Bucket, tmp_path: Path) -> None:
    code, report, said = _run("kfp", tmp_path, bucket.put("raw.csv", b"a,b"), bucket.url)
    assert code == 0, said
    assert report["outputs"]["said"] == "a,bTruea,b"
    assert report["outputs"]["file"]["uri"].startswith("file://"), "kfp.local keeps artifacts in files"


@pytest.mark.parametrize(("name", "value"), [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("AWS_SECRET_ACCESS_KEY", "")])
def test_a_bucket_that_cannot_be_used_is_said_before_anything_starts(name: str, value: str, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "p.mlp").write_text(PROGRAM)
    (tmp_path / "raw.csv").write_text("a,b")
    command = [sys.executable, "-m", "mloc", "run", "p.mlp", "--engine", "airflow", "--set", "raw=raw.csv", "--store", bucket.url]
    environment = {**os.environ, name: value, "AWS_MAX_ATTEMPTS": "1"}
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert found.stderr.startswith("mloc: the store cannot be used: ")
    assert "Traceback" not in found.stderr
