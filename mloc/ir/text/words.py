"""What printing and reading the IR agree on: how names are spelled, and what types need not be said."""

from __future__ import annotations

import json

from mloc import patterns
from mloc.ir.handlers import RUN_NODE, Kind, run_outputs, seen_after
from mloc.ir.model import Const, Expr, Local, Ref
from mloc.ir.typing import natural
from mloc.types.model import BOOL, FLOAT, INT, NULL, STR, Type

IDENTIFIER = patterns.of(r"[A-Za-z_][A-Za-z0-9_]*")
LIMIT = 100
"""Longer definitions of types are broken into lines."""

Known = dict[tuple[str, str], Type]
"""The type of every value defined so far, by node and output, and of a projection's variable by "@" and its name."""


def name(text: str) -> str:
    """A name as it is when it looks like one, else quoted."""
    return text if IDENTIFIER.fullmatch(text) else json.dumps(text)


def implied(expr: Expr, known: Known) -> Type | None:
    """The type that a reader knows an expression to have, so that it is not printed; None when there is none."""
    match expr:
        case Ref(_, node, output):
            return known.get((node, output))
        case Local(_, variable):
            return known.get(("@", variable))
        case Const(_, text):
            return _of_literal(text)
        case _:
            return natural(expr)


def _of_literal(text: str) -> Type | None:
    if text in ("true", "false"):
        return BOOL
    if text == "null":
        return NULL
    if text[:1] == '"':
        return STR
    if text[:1] in "[{":
        return None
    return FLOAT if any(c in text for c in ".eE") else INT


def after_body(known: Known, kind: Kind) -> Known:
    """What is known in a handler of the values known at the end of the body, and of the run."""
    seen = {key: type_ if key[0] == "$" else seen_after(type_) for key, type_ in known.items()}
    return seen | {(RUN_NODE, output): type_ for output, type_ in run_outputs(kind).items()}
