"""The printed form of the IR, for people who debug a compiler, and back (docs/ir.md)."""

from mloc.ir.text.show import show

__all__ = ["show"]
