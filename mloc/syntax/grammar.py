"""The Lark parser of the grammar file; the only importer of lark.

Building the tables takes longer than reading most programs, so they are kept in the user's cache folder, keyed by all they depend on.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from copy import copy
from functools import cache
from pathlib import Path
from typing import TypeAlias, Union

import lark
from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.indenter import DedentError, Indenter

__all__ = ["DedentError", "Node", "Token", "Tree", "UnexpectedCharacters", "UnexpectedEOF", "UnexpectedInput", "UnexpectedToken", "parser"]

Node: TypeAlias = Union["Tree[Token]", Token, None]


class _Blocks(Indenter):
    """Turns leading white space into block tokens; tabs are refused before the parser sees them."""

    @property
    def NL_type(self) -> str:
        return "_NL"

    @property
    def OPEN_PAREN_types(self) -> list[str]:
        return ["LPAR", "LSQB", "LBRACE"]

    @property
    def CLOSE_PAREN_types(self) -> list[str]:
        return ["RPAR", "RSQB", "RBRACE"]

    @property
    def INDENT_type(self) -> str:
        return "_INDENT"

    @property
    def DEDENT_type(self) -> str:
        return "_DEDENT"

    @property
    def tab_len(self) -> int:
        return 8


def grammar_path() -> Path:
    """The grammar file: inside the package when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "grammar" / "mlp.lark"
    return inside if inside.exists() else package.parent / "grammar" / "mlp.lark"


@cache
def parser() -> Lark:
    """The parser, with `start` for a module and `expr` for the inside of an f-string."""
    text = grammar_path().read_text(encoding="utf-8")
    cached = _cache_file(text)
    try:
        with cached.open("rb") as file:
            return Lark.load(file)
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, KeyError, TypeError, ValueError):
        pass  # no usable cache: build the tables
    built = Lark(
        text,
        parser="lalr",
        lexer="contextual",
        postlex=_Blocks(),
        propagate_positions=True,
        maybe_placeholders=True,
        start=["start", "expr"],
    )
    _save(built, cached)
    return built


def _cache_file(grammar: str) -> Path:
    version = f"{lark.__version__} {sys.version} {__name__} {grammar}"
    name = hashlib.sha256(version.encode()).hexdigest()[:16]
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mloc" / f"grammar-{name}.tables"


def _save(built: Lark, target: Path) -> None:
    """Keep the tables for the next start; a cache folder that cannot be written costs time only."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            built.save(file)
        Path(temporary).replace(target)
    except OSError:
        return


def read_tree(text: str) -> Tree[Token]:
    """The parse tree of a module. Raises UnexpectedInput or DedentError."""
    return parser().parse(text, start="start")


def read_tokens(text: str) -> list[Token]:
    """The tokens of a module as the parser sees them: a word is a keyword where the grammar takes one. Raises as `read_tree` does."""
    reading = parser().parse_interactive(text, start="start")
    # As Lark does where it wants no tree: half of the time goes into one.
    reading.parser_state.parse_conf = copy(reading.parser_state.parse_conf)
    reading.parser_state.parse_conf.callbacks = {}
    found = list(reading.iter_parse())
    reading.feed_eof(found[-1] if found else None)  # type: ignore[no-untyped-call]  # of lark
    return found
