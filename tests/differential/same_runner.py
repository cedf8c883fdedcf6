"""Lets a bundle's copy of the runner be the one that is loaded already, file by file, where the copy is the same to the byte.

Every program has a copy of its own, and loading it costs more than running the program.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import mloc.runner
import mloc.runner.api
import mloc.runner.child

_COPY = re.compile(r"\w+_mloc\.runner\.(\w+)")


class _Loaded:
    """The loader of a module that is there."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


class SameRunner:
    """Finds the copies."""

    def __init__(self) -> None:
        self.sources = mloc.runner.sources()

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        found = _COPY.fullmatch(name)
        if found is None or path is None:
            return None
        file = Path(path[0], f"{found[1]}.py")
        if not file.exists() or file.read_bytes() != self.sources[file.name]:
            return None
        return ModuleSpec(name, _Loaded(importlib.import_module(f"mloc.runner.{found[1]}")))  # type: ignore[arg-type]


def share() -> None:
    """Share the runner from now on."""
    sys.meta_path.insert(0, SameRunner())  # type: ignore[arg-type]
