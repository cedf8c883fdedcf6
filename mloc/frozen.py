"""`dataclass` for values: frozen to the type checker, cheap to define and to make.

A frozen class of `dataclasses` takes 0.3 ms to define, a start of mloc defines three hundred of which it makes objects of a few, and each
object takes three times as long as one of a class that is not frozen; importing `dataclasses` itself takes half of a bare interpreter's
start. So only the type checker sees it. Here a class gets its slots, and its `__init__` is written when the first object is made;
what the type checker cannot see is left to good manners. Everything of `dataclasses` works on these classes as on its own.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dataclasses import dataclass, field, replace
else:

    class _Field:
        """What is known of a field beside its name; `default` and `make` are `_NONE` where there is none."""

        __slots__ = ("compare", "default", "init", "make", "repr")

        def __init__(self, default: object, make: object, compare: bool, repr: bool, init: bool) -> None:
            self.default, self.make, self.compare, self.repr, self.init = default, make, compare, repr, init

    class _Fields:
        """`__dataclass_fields__`, made when somebody asks."""

        def __get__(self, value: object, cls: type) -> object:
            import dataclasses  # as seldom as can be

            cls = next(base for base in cls.__mro__ if "__fields" in base.__dict__)
            found = cls.__dict__["__fields"]
            fields = [(name, "object", _standard(dataclasses, each)) for name, each in found.items()]
            made = cls.__dataclass_fields__ = dataclasses.make_dataclass(cls.__name__, fields).__dataclass_fields__
            return made

    _NONE = object()
    _FIELDS = _Fields()
    _PLAIN = _Field(_NONE, _NONE, compare=True, repr=True, init=True)
    _FEW = 4  # objects of a class that are made before writing its `__init__` pays
    _OF_THE_CLASS = frozenset(("__dict__", "__weakref__"))

    def field(
        *, default: object = _NONE, default_factory: object = _NONE, compare: bool = True, repr: bool = True, init: bool = True
    ) -> object:
        """As in `dataclasses`."""
        return _Field(default, default_factory, compare, repr, init)

    def replace(value: object, /, **changes: object) -> object:
        """As in `dataclasses`."""
        for name in value.__match_args__:
            if name not in changes:
                changes[name] = getattr(value, name)
        return value.__class__(**changes)

    def dataclass(*, slots: bool, frozen: bool = False, eq: bool = True, order: bool = False) -> object:
        """As in `dataclasses`; of the comparisons of `order` only `<`, by which things are sorted."""

        def define(cls: type) -> type:
            written = cls.__dict__
            own = written.get("__annotations__", {})
            fields = {}
            for base in reversed(cls.__mro__[1:]):
                fields.update(base.__dict__.get("__fields", {}))
            for name in own:
                given = written.get(name, _NONE)
                if given is _NONE or type(given).__name__ == "member_descriptor":
                    fields[name] = _PLAIN
                elif type(given).__name__ == "Field":
                    raise TypeError(f"`{cls.__qualname__}.{name}` takes `field` from here, not from `dataclasses`")
                else:
                    fields[name] = given if type(given) is _Field else _Field(given, _NONE, compare=True, repr=True, init=True)
            space = {name: value for name, value in written.items() if name not in own and name not in _OF_THE_CLASS}
            if slots:
                space["__slots__"] = tuple(own)
            space["__fields"] = fields
            space["__match_args__"] = tuple(name for name, each in fields.items() if each.init)
            space["__dataclass_fields__"] = _FIELDS
            space.setdefault("__repr__", _shown)
            if eq:
                _compare(space, [name for name, each in fields.items() if each.compare], frozen, order)

            few = [_FEW]

            def init(self: object, /, *args: object, **named: object) -> None:
                few[0] -= 1
                if few[0] < 0 or not _set(self, fields, args, named):
                    made.__init__ = _init(made)
                    made.__init__(self, *args, **named)

            space.setdefault("__init__", init)
            made = type(cls)(cls.__name__, cls.__bases__, space)
            return made

        return define

    def _standard(dataclasses: object, found: _Field) -> object:
        given = {"compare": found.compare, "repr": found.repr, "init": found.init}
        if found.default is not _NONE:
            given["default"] = found.default
        elif found.make is not _NONE:
            given["default_factory"] = found.make
        return dataclasses.field(**given)

    def _set(value: object, fields: dict[str, _Field], args: tuple[object, ...], named: dict[str, object]) -> bool:
        """Do what `__init__` does, more slowly than it but sooner; false when the arguments are not as they should be."""
        given = dict(zip(value.__match_args__, args, strict=False)) | named
        if len(given) != len(args) + len(named):
            return False
        for name, found in fields.items():
            if name in given:
                setattr(value, name, given.pop(name))
            elif found.default is not _NONE:
                setattr(value, name, found.default)
            elif found.make is not _NONE:
                setattr(value, name, found.make())
            elif found.init:
                return False
        if given:
            return False
        if hasattr(value, "__post_init__"):
            value.__post_init__()
        return True

    def _init(cls: type) -> object:
        """The `__init__` that one would write by hand."""
        known = {"_NONE": _NONE}
        takes, does = ["self"], []
        for name, found in cls.__dict__["__fields"].items():
            if not found.init:
                continue
            if found.make is not _NONE:
                known[f"_make_{name}"] = found.make
                takes.append(f"{name}=_NONE")
                does.append(f"self.{name} = _make_{name}() if {name} is _NONE else {name}")
                continue
            if found.default is not _NONE:
                known[f"_default_{name}"] = found.default
            takes.append(name if found.default is _NONE else f"{name}=_default_{name}")
            does.append(f"self.{name} = {name}")
        if hasattr(cls, "__post_init__"):
            does.append("self.__post_init__()")
        exec(f"def __init__({', '.join(takes)}):\n " + "\n ".join(does or ["pass"]), known)
        known["__init__"].__qualname__ = f"{cls.__qualname__}.__init__"
        return known["__init__"]

    def _compare(space: dict[str, object], names: list[str], frozen: bool, order: bool) -> None:
        """Equality, hash and order as `dataclasses` would write them."""
        key = attrgetter(*names) if names else type

        def equal(self: object, other: object) -> bool:
            if self is other:
                return True
            return key(self) == key(other) if other.__class__ is self.__class__ else NotImplemented

        def hashed(self: object) -> int:
            return hash(key(self))

        def less(self: object, other: object) -> bool:
            return key(self) < key(other) if other.__class__ is self.__class__ else NotImplemented

        space.setdefault("__eq__", equal)
        space["__hash__"] = hashed if frozen else None
        if order:
            space["__lt__"] = less

    def _shown(value: object) -> str:
        """As `dataclasses` would show it."""
        fields = next(base.__dict__["__fields"] for base in type(value).__mro__ if "__fields" in base.__dict__)
        named = (f"{name}={getattr(value, name)!r}" for name, each in fields.items() if each.repr)
        return f"{type(value).__qualname__}({', '.join(named)})"


__all__ = ["dataclass", "field", "replace"]
