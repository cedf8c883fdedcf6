"""`dataclass` for values: frozen to the type checker, cheap to define and to make.

A frozen class of `dataclasses` takes 0.3 ms to define, a start of mloc defines two hundred, and each object made of it takes three times
as long as of a class that is not; so only the type checker sees one, and what it cannot see is left to good manners.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, TypeVar

_C = TypeVar("_C")

if TYPE_CHECKING:
    from dataclasses import dataclass
else:

    def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True, order: bool = False) -> object:
        """As in `dataclasses`."""

        def define(cls: type[_C]) -> type[_C]:
            if cls.__doc__ is None:
                # Else `dataclasses` writes one, by way of the class's signature.
                cls.__doc__ = cls.__name__
            cls.__repr__ = _shown
            # Every method that is not written as text to be compiled saves a third.
            made = dataclasses.dataclass(slots=slots, repr=False, eq=order, order=order)(cls)
            if eq:
                _compare(made, frozen)
            return made

        return define


def _compare(cls: type[_C], frozen: bool) -> None:
    """Equality and hash as `dataclasses` would write them."""
    names = [field.name for field in dataclasses.fields(cls) if field.compare]  # type: ignore[arg-type]
    key = attrgetter(*names) if names else type

    def equal(self: _C, other: object) -> bool:
        if self is other:
            return True
        return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: _C) -> int:
        return hash(key(self))

    cls.__eq__ = equal  # type: ignore[method-assign, assignment]
    cls.__hash__ = hashed if frozen else None  # type: ignore[method-assign, assignment]


def _shown(value: object) -> str:
    """As `dataclasses` would show it."""
    names = [field.name for field in dataclasses.fields(value) if field.repr]  # type: ignore[arg-type]
    return f"{type(value).__qualname__}({', '.join(f'{name}={getattr(value, name)!r}' for name in names)})"


__all__ = ["dataclass"]
