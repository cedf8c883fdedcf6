"""The command `mloc`."""

from mloc.cli.app import main

__all__ = ["main"]
