"""What this machine has for steps - cores, memory, GPUs, as far as this process may use them - and what a step asks of it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path

from mloc.frozen import dataclass
from mloc.ir.model import Resources

_CGROUPS = Path("/sys/fs/cgroup")
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class Amount:
    """Resources as exact whole numbers: thousandths of a core, bytes, GPUs."""

    millicores: int = 0
    memory: int = 0
    gpu: int = 0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.millicores + other.millicores, self.memory + other.memory, self.gpu + other.gpu)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.millicores - other.millicores, self.memory - other.memory, self.gpu - other.gpu)

    def holds(self, ask: Amount) -> bool:
        return ask.millicores <= self.millicores and ask.memory <= self.memory and ask.gpu <= self.gpu


def ask(resources: Resources) -> Amount:
    """What a step asks for; what it does not mention counts as nothing."""
    cpu = 0 if resources.cpu is None else math.ceil(resources.cpu * 1000)
    return Amount(cpu, resources.memory or 0, resources.gpu or 0)


def excess(capacity: Amount, wanted: Amount) -> str | None:
    """Why an ask can never be met here, None when it can."""
    if wanted.millicores > capacity.millicores:
        return f"asks for {_cores(wanted.millicores)}, and this machine has {_cores(capacity.millicores)} for it"
    if wanted.memory > capacity.memory:
        return f"asks for {_size(wanted.memory)} of memory, and this machine has {_size(capacity.memory)} for it"
    if wanted.gpu > capacity.gpu:
        return f"asks for {_count(wanted.gpu, 'GPU')}, and this machine has {_count(capacity.gpu, 'GPU')}"
    return None


def capacity() -> Amount:
    """What this process may use: the machine's resources within CPU affinity and control groups."""
    cores = _usable_cores() * 1000
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for group in _own_cgroups():
        cores = min(cores, _cpu_quota(group) or cores)
        memory = min(memory, _number(group / "memory.max") or _number(group / "memory.limit_in_bytes") or memory)
    return Amount(cores, memory, _gpus())


def _usable_cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _own_cgroups() -> Iterator[Path]:
    """The control groups this process is in, with those around them: each may set a limit."""
    try:
        entries = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for entry in entries:
        _, controllers, path = entry.split(":", 2)
        names = [name for name in controllers.split(",") if name in ("cpu", "memory")]
        for root in [_CGROUPS] if not controllers else [_CGROUPS / name for name in names]:
            group = root / path.lstrip("/")
            yield from (found for found in (group, *group.parents) if found == root or found.is_relative_to(root))


def _cpu_quota(group: Path) -> int | None:
    """A control group's limit in thousandths of a core (version 2, then version 1), None when it sets none."""
    text = _text(group / "cpu.max")
    quota, period = text.split() if len(text.split()) == 2 else (_text(group / "cpu.cfs_quota_us"), _text(group / "cpu.cfs_period_us"))
    if not (quota.isdecimal() and period.isdecimal()) or int(period) == 0:
        return None
    return max(1, int(quota) * 1000 // int(period))


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text.isdecimal() and int(text) > 0 else None


def _text(path: Path) -> str:
    # Most of these files do not exist on a given machine: that is how a limit not set looks.
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _gpus() -> int:
    """The GPUs that CUDA_VISIBLE_DEVICES leaves, else those of NVIDIA's driver."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        names = [name.strip() for name in visible.split(",")]
        return len([name for name in names if name and name not in ("-1", "none", "NoDevFiles")])
    driver = Path("/proc/driver/nvidia/gpus")
    return len(list(driver.iterdir())) if driver.is_dir() else 0


def _cores(millicores: int) -> str:
    return _count(millicores / 1000, "core")


def _count(number: float, noun: str) -> str:
    return f"{number:g} {noun}" if number == 1 else f"{number:g} {noun}s"


def _size(number: int) -> str:
    return f"{number / _GIB:.3g} GiB" if number >= _GIB else f"{number / (1 << 20):.3g} MiB"
