"""`dataclass` for values: frozen to the type checker, cheap to define and to make.

A frozen class of `dataclasses` takes 0.3 ms to define, a start of mloc defines two hundred, and each object made of it takes three times
as long as of a class that is not; so only the type checker sees one, and what it cannot see is left to good manners.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

_C = TypeVar("_C")

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True, order: bool = False) -> object:
        """As in `dataclasses`; what nobody compares saves a third with `eq=False`."""

        def define(cls: type[_C]) -> type[_C]:
            if cls.__doc__ is None:
                # Else `dataclasses` writes one, by way of the class's signature.
                cls.__doc__ = cls.__name__
            cls.__repr__ = _shown
            return dataclasses.dataclass(slots=slots, repr=False, eq=eq, unsafe_hash=frozen and eq, order=order)(cls)

        return define


def _shown(value: object) -> str:
    """As `dataclasses` would show it."""
    names = [field.name for field in dataclasses.fields(value) if field.repr]  # type: ignore[arg-type]
    return f"{type(value).__qualname__}({', '.join(f'{name}={getattr(value, name)!r}' for name in names)})"


__all__ = ["dataclass"]
