"""`mloc run --store s3://…`: what it keeps in a bucket, finds there again from elsewhere, and says when that cannot be used."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.stores.conftest import Bucket
from tests.stores.server import KEY, SECRET, running

PROGRAM = '''mlp 1

step words(raw: File[csv]) -> (all: list[str], tree: Dir):
    run inline """
        import pathlib
        tree = pathlib.Path("tree")
        tree.mkdir()
        (tree / "run").write_text(raw.read_text())
        (tree / "run").chmod(0o755)
        return {"all": raw.read_text().split(), "tree": tree}
        """
    cache

step wait(tree: Dir, flag: str) -> (file: File[txt]):
    run inline """
        import os
        import pathlib
        import time
        pathlib.Path(flag + ".started").touch()
        while flag and not os.path.exists(flag):
            time.sleep(0.02)
        pathlib.Path("out.txt").write_text(str(os.access(tree / "run", os.X_OK)))
        return pathlib.Path("out.txt")
        """
    cache ignore=["flag"]
    timeout 5min

step show(tree: Dir, file: File[txt]) -> str:
    run inline "return (tree / 'run').read_text() + file.read_text()"

pipeline p(raw: File[csv], flag: str = "") -> (n: list[str], said: str, file: File[txt]):
    made = words(raw=raw)
    kept = wait(tree=made.tree, flag=flag)
    said = show(tree=made.tree, file=kept.file)
    return n=made.all, said=said, file=kept.file
'''


class Machine:
    """A folder with the program; nothing is shared with another but the bucket."""

    def __init__(self, folder: Path, raw: str) -> None:
        self.folder = folder
        self.raw = raw
        folder.mkdir()
        (folder / "p.mlp").write_text(PROGRAM)

    def command(self, store: str, *more: str) -> Sequence[str]:
        given = ["--set", f"raw={self.raw}", "--store", store, "--report", "report.json", *more]
        return [sys.executable, "-m", "mloc", "run", "p.mlp", *given]

    def run(self, store: str, *more: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **variables}
        return subprocess.run(self.command(store, *more), cwd=self.folder, env=environment, capture_output=True, text=True, check=False)

    def start(self, store: str, *more: str) -> subprocess.Popen[str]:
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(self.command(store, *more), cwd=self.folder, text=True, **pipes)

    @property
    def report(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = json.loads((self.folder / "report.json").read_text())
        return found

    @property
    def statuses(self) -> dict[str, str]:
        return {id_: step["status"] for id_, step in self.report["steps"].items()}


@pytest.fixture
def machine(bucket: Bucket, tmp_path: Path) -> Machine:
    return Machine(tmp_path / "one", bucket.put("raw/words.csv", b"a b"))


ALL = {"made": "succeeded", "kept": "succeeded", "said": "succeeded"}
FOUND = {"made": "cached", "kept": "cached", "said": "succeeded"}


def test_another_machine_finds_what_one_has_kept(machine: Machine, bucket: Bucket, tmp_path: Path) -> None:
    first = machine.run(bucket.url)
    assert first.returncode == 0, first.stderr
    assert 'said = "a bTrue"' in first.stdout
    assert machine.statuses == ALL
    assert machine.report["outputs"]["file"]["uri"].startswith(f"{bucket.url}/objects/")
    other = Machine(tmp_path / "two", machine.raw)
    second = other.run(bucket.url)
    assert second.stdout == first.stdout
    assert other.statuses == FOUND
    assert other.report["steps"]["made"]["cache"]["why"] == f"as in run {machine.report['run']}"
    reports = sorted(key for key in bucket.keys if key.startswith("runs/"))
    assert reports == sorted(f"runs/{each.report['run']}/report.json" for each in (machine, other))
    kept = json.loads(bucket.server.content(bucket.name, f"team/{reports[0]}"))
    assert kept in (machine.report, other.report)
    assert not list((machine.folder / ".mloc" / "objects").iterdir())
    assert (machine.folder / ".mloc" / "runs" / str(machine.report["run"]) / "logs").is_dir()


def test_what_was_deleted_is_made_again(machine: Machine, bucket: Bucket) -> None:
    assert machine.run(bucket.url).returncode == 0
    uri = machine.report["outputs"]["file"]["uri"]
    bucket.server.delete(bucket.name, uri.removeprefix(f"s3://{bucket.name}/"))
    assert machine.run(bucket.url).returncode == 0
    assert machine.statuses == {**FOUND, "kept": "succeeded"}
    assert machine.report["steps"]["kept"]["cache"]["why"] == f"{uri} is no longer in the store"
    assert machine.run(bucket.url).returncode == 0
    assert machine.statuses == FOUND


def test_a_record_that_is_damaged_is_made_again(machine: Machine, bucket: Bucket) -> None:
    assert machine.run(bucket.url).returncode == 0
    for key in bucket.keys:
        if key.startswith("cache/results/"):
            bucket.put(f"team/{key}", b"{")
    assert machine.run(bucket.url).returncode == 0
    assert machine.statuses == ALL
    assert machine.report["steps"]["made"]["cache"]["why"] == "what is kept of it cannot be read (NotCanonical)"


def _await(path: Path, process: subprocess.Popen[str]) -> None:
    while not path.exists():
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)


def test_two_runs_at_once(machine: Machine, bucket: Bucket, tmp_path: Path) -> None:
    other = Machine(tmp_path / "two", machine.raw)
    flag = tmp_path / "flag"
    runs = [each.start(bucket.url, "--set", f"flag={flag}") for each in (machine, other)]
    _await(tmp_path / "flag.started", runs[0])
    flag.touch()
    said = [run.communicate() for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert said[0][0] == said[1][0]
    assert other.run(bucket.url).returncode == 0
    assert other.statuses == FOUND


def test_a_run_that_is_killed_leaves_what_can_be_used(machine: Machine, bucket: Bucket, tmp_path: Path) -> None:
    run = machine.start(bucket.url, "--set", f"flag={tmp_path / 'flag'}")
    _await(tmp_path / "flag.started", run)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert machine.run(bucket.url).returncode == 0
    assert machine.statuses == {**ALL, "made": "cached"}


def test_an_artifact_that_is_lost_on_the_way(machine: Machine, bucket: Bucket, tmp_path: Path) -> None:
    run = machine.start(bucket.url, "--set", f"flag={tmp_path / 'flag'}")
    _await(tmp_path / "flag.started", run)
    (key,) = [key for key in bucket.keys if key.endswith(".tree.tar")]
    bucket.server.delete(bucket.name, f"team/{key}")
    (tmp_path / "flag").touch()
    _, said = run.communicate()
    assert run.returncode == 1
    assert "Traceback" not in said
    error = machine.report["error"]
    assert error["step"] == "said"
    assert error["message"] == f"{bucket.url}/{key} is not in the store: it was deleted, or belongs to another store"


def _refused(machine: Machine, store: str, said: str, **variables: str) -> None:
    found = machine.run(store, **variables)
    assert found.returncode == 2
    assert found.stdout == ""
    assert said in found.stderr
    assert found.stderr.startswith("mloc: ")
    assert found.stderr.count("\n") == 1
    assert SECRET not in found.stderr
    assert KEY not in found.stderr
    assert not (machine.folder / ".mloc").exists()


def test_no_such_bucket(machine: Machine) -> None:
    _refused(machine, "s3://nobody-made-this/x", "there is no bucket `nobody-made-this`")


def test_no_credentials(machine: Machine, bucket: Bucket) -> None:
    _refused(machine, bucket.url, "there are no credentials", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")


def test_a_server_that_does_not_answer(machine: Machine, bucket: Bucket) -> None:
    _refused(machine, bucket.url, "its server cannot be reached", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")


def test_credentials_that_are_refused(machine: Machine) -> None:
    with running(INITIAL_NO_AUTH_ACTION_COUNT="1") as strict:
        strict.make("strict")
        _refused(machine, "s3://strict/x", "the credentials that are set here are refused", **strict.environment)


def test_a_package_that_is_missing(machine: Machine, bucket: Bucket, tmp_path: Path) -> None:
    (tmp_path / "hide" / "s3fs").mkdir(parents=True)
    (tmp_path / "hide" / "s3fs" / "__init__.py").write_text("raise ImportError('no s3fs here')")
    _refused(machine, bucket.url, "needs the Python package s3fs", PYTHONPATH=str(tmp_path / "hide"))


def test_a_parameter_that_is_not_there(machine: Machine, bucket: Bucket) -> None:
    machine.raw = f"s3://{bucket.name}/raw/none.csv"
    found = machine.run(".mloc")
    assert found.returncode == 2
    assert found.stderr == f"mloc: `raw`: s3://{bucket.name}/raw/none.csv: there is no such file\n"


@pytest.mark.parametrize("store", ["s4://bucket/x", "s3://key:secret@bucket/x"])
def test_what_names_no_store(machine: Machine, store: str) -> None:
    found = machine.run(store)
    assert found.returncode == 2
    assert "argument --store: " in found.stderr
    assert "secret@" not in found.stderr


def test_a_parameter_of_a_bucket_in_a_store_here(machine: Machine) -> None:
    assert machine.run("kept").returncode == 0
    assert machine.report["params"]["raw"]["uri"].startswith((machine.folder / "kept").as_uri())
    assert machine.run((machine.folder / "kept").as_uri()).returncode == 0
    assert machine.statuses == FOUND


def test_runs_are_compared_here(machine: Machine) -> None:
    command = [sys.executable, "-m", "mloc", "verify", "p.mlp", "--store", "s3://bucket/x"]
    found = subprocess.run(command, cwd=machine.folder, capture_output=True, text=True, check=False)
    assert found.returncode == 2
    assert "runs are compared in a folder of this machine" in found.stderr
