"""The printed form of the IR, for people who debug a compiler, and back (docs/ir.md)."""

from mloc.ir.text.cursor import BadText
from mloc.ir.text.parse import parse
from mloc.ir.text.show import show

__all__ = ["BadText", "parse", "show"]
