"""The runner: runs one unit of a program anywhere, with the standard library alone (contract: docs/runner.md)."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api import (
        BadProgram,
        FileStore,
        Program,
        Records,
        RemoteStore,
        Spill,
        StepFailed,
        Store,
        StoreError,
        gather,
        load_program,
        open_store,
        run_unit,
        store_from_environment,
    )

__all__ = [
    "BadProgram",
    "FileStore",
    "Program",
    "Records",
    "RemoteStore",
    "Spill",
    "StepFailed",
    "Store",
    "StoreError",
    "gather",
    "load_program",
    "open_store",
    "run_unit",
    "sources",
    "store_from_environment",
]


def __getattr__(name: str) -> object:
    # The child process imports this package for one module of it and must start fast.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found: object = getattr(importlib.import_module(".api", __name__), name)
    return found


def sources() -> dict[str, bytes]:
    """The package's own files by their path in it, for bundles to carry; also when it was imported from a zip file."""
    import pkgutil  # not for the child process

    names = ["__init__", *sorted(module.name for module in pkgutil.iter_modules(__path__))]
    return {f"{name}.py": _source(f"{name}.py") for name in names}


def _source(path: str) -> bytes:
    import pkgutil

    data = pkgutil.get_data(__name__, path)
    if data is None:
        raise FileNotFoundError(f"the runner's own file {path} cannot be read where it is installed")
    return data
