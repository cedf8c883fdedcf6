"""Reads expressions from their JSON form (docs/runner.md, "Expressions as JSON")."""

from __future__ import annotations

from mloc.ir.model import (
    Arith,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    Format,
    Get,
    Index,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Project,
    Ref,
    Widen,
)
from mloc.runner.jsons import BadProgram, as_array, as_text, canonical, shorten
from mloc.types.decode import type_of
from mloc.types.encode import Json


def expr_of(data: Json) -> Expr:
    """The expression of a JSON form. Raises BadProgram for anything else."""
    found = _leaf(data) or _composite(data) or _operator(data)
    if found is None:
        raise BadProgram(f"not an expression: {shorten(canonical(data))}")
    return found


def optional_expr_of(data: Json) -> Expr | None:
    return None if data is None else expr_of(data)


def _leaf(data: Json) -> Expr | None:
    match data:
        case ["const", kind, str(text)]:
            return Const(type_of(kind), text)
        case ["ref", kind, str(key)]:
            node, _, output = ("$", "", key[1:]) if key.startswith("$") else key.rpartition(".")
            return Ref(type_of(kind), node, output)
        case ["local", kind, str(name)]:
            return Local(type_of(kind), name)
        case _:
            return None


def _composite(data: Json) -> Expr | None:
    match data:
        case ["get", kind, value, str(field)]:
            return Get(type_of(kind), expr_of(value), field)
        case ["index", kind, value, key]:
            return Index(type_of(kind), expr_of(value), expr_of(key))
        case ["list", kind, list(items)]:
            return MakeList(type_of(kind), tuple(expr_of(item) for item in items))
        case ["record", kind, list(fields)]:
            return MakeRecord(type_of(kind), named_exprs(fields))
        case ["map", kind, list(entries)]:
            return MakeMap(type_of(kind), named_exprs(entries))
        case ["project", kind, str(name), source, body, condition]:
            return Project(type_of(kind), name, expr_of(source), expr_of(body), optional_expr_of(condition))
        case ["format", kind, list(parts)]:
            return Format(type_of(kind), tuple(part if isinstance(part, str) else expr_of(part) for part in parts))
        case _:
            return None


def _operator(data: Json) -> Expr | None:
    match data:
        case ["arith", kind, ("+" | "-" | "*" | "/" | "%") as op, left, right]:
            return Arith(type_of(kind), op, optional_expr_of(left), expr_of(right))
        case ["compare", kind, ("==" | "!=" | "<" | "<=" | ">" | ">=") as op, left, right]:
            return Compare(type_of(kind), op, expr_of(left), expr_of(right))
        case ["logic", kind, ("and" | "or") as op, left, right]:
            return Logic(type_of(kind), op, expr_of(left), expr_of(right))
        case ["not", kind, value]:
            return Not(type_of(kind), expr_of(value))
        case ["coalesce", kind, left, right]:
            return Coalesce(type_of(kind), expr_of(left), expr_of(right))
        case ["choose", kind, condition, then, otherwise]:
            return Choose(type_of(kind), expr_of(condition), expr_of(then), expr_of(otherwise))
        case ["widen", kind, value]:
            return Widen(type_of(kind), expr_of(value))
        case _:
            return None


def named_exprs(data: list[Json]) -> tuple[tuple[str, Expr], ...]:
    """Pairs `[name, EXPR]`."""
    pairs = [as_array(pair, "a pair") for pair in data]
    return tuple((as_text(name, "a name"), expr_of(value)) for name, value in pairs)
