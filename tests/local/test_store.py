"""A store that cannot be used: what is said, and that nothing half-written stays."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mloc.ir.model import Const
from mloc.local.execute import run_native
from mloc.local.store import RunFolder, RunRecords, StoreUnusable, write_whole
from mloc.types.model import INT, File, ListOf
from tests.local.pipelines import call, fan_out, item, number, pipeline, run, step

INC = step("inc", "return x + 1", {"x": INT})


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting a small file system needs more rights")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_store_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("")
    with pytest.raises(StoreUnusable, match=r"the store .*store cannot be used: "):
        run_native(pipeline([], []), {}, store=tmp_path / "store")


def test_a_store_on_a_read_only_file_system_is_refused() -> None:
    with pytest.raises(StoreUnusable, match="cannot be used"):
        run_native(pipeline([], []), {}, store=Path("/proc/mloc-store"))


def test_a_disk_that_fills_by_artifacts_fails_the_step(tiny_disk: Path) -> None:
    big = step("big", "import pathlib\np = pathlib.Path('big')\np.write_bytes(b'x' * 300_000)\nreturn p", {}, File())
    report = run(pipeline([big, INC], [call("b", "big"), call("i", "inc", x=number(1))]), tiny_disk)
    assert report["status"] == "failed"
    assert report["error"]["step"] == "b"
    assert "No space left on device" in report["error"]["message"]
    assert not list((tiny_disk / "objects").rglob("*"))
    assert not list((tiny_disk / "unfinished").iterdir())


def test_a_disk_that_is_full_ends_the_run_with_a_message(tiny_disk: Path) -> None:
    filler = os.open(tiny_disk / "filler", os.O_WRONLY | os.O_CREAT)
    folder = RunFolder(tiny_disk, "before")
    assert folder.records.is_dir()
    try:
        while True:
            os.write(filler, bytes(4096))
    except OSError:
        os.close(filler)
    of = pipeline([INC], [fan_out("t", Const(ListOf(INT), "[1,2,3]"), call("t[].a", "inc", x=item("t")))])
    with pytest.raises(StoreUnusable, match="No space left on device"):
        run(of, tiny_disk)
    assert not list(tiny_disk.rglob("*.tmp"))
    assert not list(tiny_disk.rglob("report.json"))


def test_a_file_is_written_whole_or_not_at_all(tiny_disk: Path) -> None:
    with pytest.raises(OSError, match="No space"):
        write_whole(tiny_disk / "report.json", "x" * 400_000)
    assert list(tiny_disk.iterdir()) == []


def test_logs_have_a_folder_for_each_step_whatever_its_length(tmp_path: Path) -> None:
    records = RunRecords(tmp_path / "records", tmp_path / "logs")
    assert records.log_path("t[3].fit", 2) == tmp_path / "logs" / "t[3].fit" / "2.log"
    names = {records.log_path("a" * 300 + end, 1).parent.name for end in "xy"}
    assert len(names) == 2
    assert all(len(name) <= 255 for name in names)
