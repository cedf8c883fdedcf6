"""What a machine has, by its control groups, and what a step asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from mloc.ir.model import Resources
from mloc.local import machine
from mloc.local.machine import Amount, ask, capacity, excess


def test_an_ask_is_exact_and_what_is_not_asked_counts_as_nothing() -> None:
    assert ask(Resources()) == Amount()
    assert ask(Resources(cpu=0.1, memory=5, gpu=1)) == Amount(100, 5, 1)
    third = ask(Resources(cpu=1 / 3))
    assert not (Amount(1000) - third - third).holds(third)


def test_this_machine_has_something() -> None:
    found = capacity()
    assert found.millicores >= 1
    assert found.memory > 1 << 20
    assert excess(found, Amount(1, 1)) is None


@pytest.mark.parametrize(
    ("files", "millicores", "memory"),
    [
        ({"job/cpu.max": "150000 100000", "job/memory.max": "1000000"}, 1500, 1_000_000),
        ({"cpu.max": "10000 100000", "job/cpu.max": "max 100000", "job/memory.max": "max"}, 100, None),
        ({"job/cpu.cfs_quota_us": "-1", "job/cpu.cfs_period_us": "100000", "job/memory.limit_in_bytes": "2000000"}, None, 2_000_000),
        ({"job/cpu.cfs_quota_us": "20000", "job/cpu.cfs_period_us": "100000"}, 200, None),
    ],
)
def test_control_groups_limit_it(
    files: dict[str, str], millicores: int | None, memory: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = capacity()
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    monkeypatch.setattr(machine, "_own_cgroups", lambda: iter([tmp_path / "job", tmp_path]))
    found = capacity()
    assert found.millicores == min(millicores or whole.millicores, whole.millicores)
    assert found.memory == (whole.memory if memory is None else memory)


@pytest.mark.parametrize(("visible", "count"), [("0,1", 2), ("", 0), ("-1", 0), ("GPU-1", 1)])
def test_gpus_are_those_left_visible(visible: str, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert capacity().gpu == count
