"""Python annotations: what a function's parameter or a class's field was annotated with, as far as it can be told."""

from __future__ import annotations

import importlib
import sys
import typing
from collections.abc import Mapping

from .scalars import Invalid


def hints_of(owner: object) -> dict[str, object]:
    """The annotations of a function or class by name. One that cannot be evaluated here stays the text it was written as."""
    import inspect  # loaded by `codes.prepare` where it is needed

    if callable(owner) and not isinstance(owner, type):
        owner = inspect.unwrap(owner)
        if not inspect.isroutine(owner):
            owner = getattr(owner, "__call__", owner)  # noqa: B004  (an object with a method for calls: its annotations are wanted)
    try:
        return dict(typing.get_type_hints(owner))
    except Exception:
        # Names that are imported for type checkers alone do not exist now, and Python 3.9 does not know `int | None`.
        names = _names_around(owner)
        return {name: _evaluated(hint, names) for name, hint in _raw(owner).items()}


def _raw(owner: object) -> dict[str, object]:
    if sys.version_info >= (3, 14):
        library = importlib.import_module("annotationlib")
        return dict(library.get_annotations(owner, format=library.Format.STRING))
    return dict(getattr(owner, "__annotations__", {}))


def _names_around(owner: object) -> dict[str, object]:
    module = sys.modules.get(getattr(owner, "__module__", ""))
    around = getattr(owner, "__globals__", None) or (vars(module) if module else {})
    return dict(around)


def _evaluated(hint: object, names: dict[str, object]) -> object:
    if not isinstance(hint, str):
        return hint
    text = hint.replace(" ", "").removesuffix("|None")
    try:
        return eval(text, names)
    except Exception:
        return text


def plain_hint(hint: object) -> object:
    """An annotation without `Annotated`, `NewType` and `| None`; the first choice of a union; None where nothing is asked for."""
    if hint in (None, object, typing.Any) or isinstance(hint, typing.TypeVar):
        return None
    supertype = getattr(hint, "__supertype__", None)
    if supertype is not None:
        return plain_hint(supertype)
    origin = typing.get_origin(hint)
    if origin is getattr(typing, "Annotated", None):
        return plain_hint(typing.get_args(hint)[0])
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        choices = [choice for choice in typing.get_args(hint) if choice is not type(None)]
        return plain_hint(choices[0]) if choices else None
    return hint


def item_hint(hint: object) -> object:
    """What the elements of an annotated list, tuple or other collection are annotated with."""
    arguments = typing.get_args(plain_hint(hint))
    return arguments[0] if arguments else None


def value_hint(hint: object) -> object:
    """What the values of an annotated mapping are annotated with."""
    arguments = typing.get_args(plain_hint(hint))
    return arguments[1] if len(arguments) == 2 else None


def origin_of(hint: object) -> object:
    """`list` of `list[int]`, and any plain class itself."""
    plain = plain_hint(hint)
    return typing.get_origin(plain) or plain


def is_frame(hint: object, library: str, name: str) -> bool:
    """Whether an annotation means a class of a library, which need not be imported: `pd.DataFrame`, also as a text."""
    plain = plain_hint(hint)
    if isinstance(plain, str):
        short = {"pandas": "pd", "polars": "pl", "pyarrow": "pa"}[library]
        return plain in (f"{library}.{name}", f"{short}.{name}")
    return isinstance(plain, type) and plain.__module__.partition(".")[0] == library and plain.__name__ == name


def wants_path(hint: object) -> bool:
    """Whether an annotation asks for a `pathlib.Path`."""
    plain = plain_hint(hint)
    if isinstance(plain, str):
        return plain in ("Path", "pathlib.Path", "PurePath", "PathLike", "os.PathLike")
    from_library = isinstance(plain, type) and plain.__module__.partition(".")[0] in ("pathlib", "os")
    return from_library and getattr(plain, "__name__", "").endswith(("Path", "PathLike"))


def fields_of(shape: type) -> tuple[str, ...] | None:
    """The fields a class is built from by keyword: a dataclass, NamedTuple, TypedDict, pydantic or attrs class; None for any other."""
    if hasattr(shape, "__dataclass_fields__"):
        import dataclasses  # the user's code has loaded it

        return tuple(field.name for field in dataclasses.fields(shape) if field.init)
    if issubclass(shape, tuple) and hasattr(shape, "_fields"):
        return tuple(shape._fields)
    if issubclass(shape, dict) and hasattr(shape, "__total__"):
        return tuple(hints_of(shape))
    for attribute in ("model_fields", "__fields__"):
        fields = getattr(shape, attribute, None)
        if isinstance(fields, Mapping):
            return tuple(fields)
    attrs = getattr(shape, "__attrs_attrs__", None)
    return None if attrs is None else tuple(field.name for field in attrs)


def build(shape: type, values: dict[str, object], where: str) -> object:
    """An instance of such a class from its fields. Raises Invalid when the class refuses them."""
    try:
        return shape(**values)
    except Exception as error:
        raise Invalid(f"`{where}`: {shape.__name__} does not take the value: {type(error).__name__}: {error}") from error
