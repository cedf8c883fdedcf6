"""Regular expressions that are compiled when first used: a start of mloc names a hundred, and checking a program uses a dozen.

Compiling them all would take as long as starting the interpreter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import compile as of
else:
    import re

    _METHODS = ("finditer", "findall", "fullmatch", "match", "search", "split", "sub")

    class of:  # noqa: N801  # to the type checker a function
        """As `re.compile`, for the methods above."""

        __slots__ = ("_flags", "_text", *_METHODS)

        def __init__(self, pattern: str, flags: int = 0) -> None:
            self._text, self._flags = pattern, flags

        def __getattr__(self, name: str) -> object:
            made = re.compile(self._text, self._flags)
            for method in _METHODS:
                setattr(self, method, getattr(made, method))
            return getattr(made, name)


__all__ = ["of"]
