"""Which of Python's own classes an input arrives as, by its type or by the annotation that takes it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

from mloc.types.model import Dir, Enum, File, ListOf, MapOf, Metrics, Record, Scalar, Type

_SCALARS: Mapping[str, type] = {
    "str": str,
    "int": int,
    "bytes": int,
    "float": float,
    "ratio": float,
    "bool": bool,
    "date": datetime.date,
    "datetime": datetime.datetime,
    "duration": datetime.timedelta,
}
_ANNOTATIONS: Mapping[str, type] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "Path": Path,
    "pathlib.Path": Path,
    **{f"{prefix}{name}": getattr(datetime, name) for prefix in ("", "datetime.", "dt.") for name in ("date", "datetime", "timedelta")},
}


def annotated(hint: str) -> type | None:
    """The class that an annotation names; None for any other."""
    return _ANNOTATIONS.get(hint)


def class_of(type_: Type) -> type | None:
    """The class that a value of a type arrives as."""
    match type_:
        case Scalar(name):
            return _SCALARS.get(name)
        case Enum():
            return str
        case File() | Dir():
            return Path
        case ListOf():
            return list
        case MapOf() | Record() | Metrics():
            return dict
        case _:
            return None


def spoken(kind: type | None) -> str:
    """A class as messages name it."""
    names = {datetime.date: "`datetime.date`", datetime.datetime: "`datetime.datetime`", datetime.timedelta: "`datetime.timedelta`"}
    if kind is None:
        return "another class"
    return names.get(kind, "`pathlib.Path`" if kind is Path else f"`{kind.__name__}`")
