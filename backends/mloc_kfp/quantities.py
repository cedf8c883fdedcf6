"""Cores and bytes as Kubernetes writes them."""

from __future__ import annotations


def cores_text(cpu: float) -> str:
    return str(int(cpu)) if cpu == int(cpu) else f"{round(cpu * 1000)}m"


def size_text(size: int) -> str:
    for unit, name in ((2**40, "Ti"), (2**30, "Gi"), (2**20, "Mi"), (2**10, "Ki")):
        if size and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)
