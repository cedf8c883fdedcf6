"""Which type an expression surely has, by its text alone, and which declared types that cannot be a value of."""

from __future__ import annotations

import ast

from mloc.types.model import Dir, Enum, File, ListOf, MapOf, Metrics, Model, Optional, Record, Scalar, Table, Type
from mloc.types.python.reach import Code

_CALLS = {"str": "a str", "int": "an int", "len": "an int", "float": "a float", "list": "a list", "sorted": "a list", "dict": "a dict"}
_NUMBERS = ("an int", "a float")


def mismatch(type_: Type, value: ast.expr, code: Code) -> str | None:
    """What an expression gives, in words, when no value of the type is that; None when it may be one, or is not known."""
    wanted = type_.item if isinstance(type_, Optional) else type_
    given = kind(value, code)
    if given is None or given in _fitting(wanted):
        return None
    return given


def kind(value: ast.expr, code: Code) -> str | None:
    """The type of an expression that is surely of one, in words."""
    match value:
        case ast.Constant(value=bool()):
            return "a bool"
        case ast.Constant(value=str()) | ast.JoinedStr():
            return "a str"
        case ast.Constant(value=int()):
            return "an int"
        case ast.Constant(value=float() as number):
            # A whole float may stand for an int.
            return None if number.is_integer() else "a float"
        case ast.List() | ast.ListComp():
            return "a list"
        case ast.Tuple():
            return "a tuple"
        case ast.Dict() | ast.DictComp():
            return "a dict"
        case ast.Set() | ast.SetComp():
            return "a set"
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS and code.resolved(name) is None:
            return _CALLS[name]
        case _:
            return None


def _fitting(type_: Type) -> tuple[str, ...]:
    """The kinds of values that a type may be given as."""
    match type_:
        case Scalar(name="str"):
            return ("a str",)
        case Scalar(name="int" | "bytes"):
            return ("an int", "a bool")
        case Scalar(name="float" | "ratio"):
            return (*_NUMBERS, "a bool")
        case Scalar(name="bool"):
            return ("a bool", "an int")
        case ListOf():
            return ("a list", "a tuple", "a set")
        case MapOf() | Record() | Metrics():
            return ("a dict",)
        case Table() | Model():
            return ("a dict", "a list", "a tuple", "a str", "a set")
        case Enum() | File() | Dir():
            return ("a str",)
        case _:
            return ("a str", *_NUMBERS, "a bool", "a list", "a tuple", "a dict", "a set")


def lacking(type_: Type, value: ast.expr) -> tuple[str, ...]:
    """The required fields that a dict of constant keys does not have."""
    wanted = type_.item if isinstance(type_, Optional) else type_
    if not isinstance(wanted, (Record, Metrics)) or not isinstance(value, ast.Dict):
        return ()
    keys = [key.value for key in value.keys if isinstance(key, ast.Constant)]
    if len(keys) != len(value.keys):
        return ()
    return tuple(f.name for f in wanted.fields if f.default is None and not isinstance(f.type, Optional) and f.name not in keys)
