"""Modules of the standard library that are loaded when something goes wrong, and not at every start."""

from __future__ import annotations

import importlib
import os
import sys
from types import ModuleType

FOLDER = os.path.dirname(os.path.abspath(os.__file__)) + os.sep  # noqa: PTH100


def library(name: str) -> ModuleType:
    """A module of the standard library. The user's folders come before it on the path, and may hold a `tokenize.py` of theirs."""
    path = sys.path[:]
    sys.path[:] = [entry for entry in path if entry.endswith(".zip") or (entry + os.sep).startswith(FOLDER)]
    try:
        return importlib.import_module(name)
    finally:
        sys.path[:] = path
