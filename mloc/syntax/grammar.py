"""The Lark parser of the grammar file; the only importer of lark.

It makes the tables that right programs are read by, and says what is wrong with others. Nothing imports it before one of the two is needed.
"""

from __future__ import annotations

import hashlib
import io
import pickle
import re
import sys
from copy import copy
from functools import cache
from itertools import product
from string import punctuation

import lark
from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken
from lark.grammar import NonTerminal, Terminal
from lark.grammar import Rule as LarkRule
from lark.indenter import DedentError, Indenter
from lark.lexer import PatternStr, TerminalDef
from lark.lexer import Token as LarkToken
from lark.parsers.lalr_analysis import ParseTableBase, Shift

from mloc.syntax.machine import MARK, Node, Rule, Tables, Token, Tree
from mloc.syntax.tables import cache_folder, grammar_text, save

__all__ = ["DedentError", "UnexpectedCharacters", "UnexpectedEOF", "UnexpectedInput", "UnexpectedToken", "made_tables", "parser"]

_WIDEST_OPERATOR = 2


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


@cache
def parser() -> Lark:
    """The parser, with `start` for a module and `expr` for the inside of an f-string. It is cached for texts with errors."""
    text = grammar_text()
    # The name holds all that the content depends on, because Lark does not say what it read.
    version = f"{lark.__version__} {sys.version} {__name__} {text}"
    cached = cache_folder() / f"grammar-{hashlib.sha256(version.encode()).hexdigest()[:16]}.lark"
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
    data = io.BytesIO()
    built.save(data)
    save(cached, data.getvalue())
    return built


def made_tables() -> Tables:
    """The tables for `mloc.syntax.machine`."""
    built = parser()
    table: ParseTableBase[int] = built.parser.parser._parse_table
    numbers = {rule: ~number for number, rule in enumerate(built.rules)}
    states = [
        {symbol: argument if action is Shift else numbers[argument] for symbol, (action, argument) in table.states[state].items()}
        for state in range(len(table.states))
    ]
    # In Lark's own order. Fixed texts are told apart after a name or a mark was found.
    terminals = sorted(built.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    fixed = {t.pattern.value: t.name for t in terminals if isinstance(t.pattern, PatternStr)}
    varied = [t for t in terminals if not isinstance(t.pattern, PatternStr)]
    marks = _marks(fixed, [t for t in varied if t.pattern.max_width <= _WIDEST_OPERATOR])
    patterns = [f"(?P<{t.name}>{t.pattern.to_regexp()})" for t in varied if t.pattern.max_width > _WIDEST_OPERATOR]
    patterns.append(f"(?P<{MARK}>{'|'.join(map(re.escape, sorted(marks, key=len, reverse=True)))})")
    return Tables(
        pattern="|".join(patterns),
        ignored=tuple(built.lexer_conf.ignore),
        words={text: name for text, name in fixed.items() if text.isalpha()},
        marks=marks,
        states=states,
        rules=[_rule(rule) for rule in built.rules],
        starts=dict(table.start_states),
        ends=dict(table.end_states),
    )


def _marks(fixed: dict[str, str], operators: list[TerminalDef]) -> dict[str, list[str]]:
    """What each text of marks may be. Lark takes a fixed text for itself before it takes it for one of several."""
    marks = {text: [name] for text, name in fixed.items() if not text.isalpha()}
    for width in range(1, _WIDEST_OPERATOR + 1):
        for text in map("".join, product(punctuation, repeat=width)):
            for operator in operators:
                if re.fullmatch(operator.pattern.to_regexp(), text):
                    marks.setdefault(text, []).append(operator.name)
    return marks


def _rule(rule: LarkRule) -> Rule:
    """As Lark's tree builder reads its rules."""
    empty = rule.options.empty_indices or (False,) * len(rule.expansion)
    kept: list[tuple[int, bool, int]] = []
    absent = index = 0
    for is_empty in empty:
        if is_empty:
            absent += 1
            continue
        symbol = rule.expansion[index]
        if not (isinstance(symbol, Terminal) and symbol.filter_out):
            kept.append((index, isinstance(symbol, NonTerminal) and symbol.name.startswith("_"), absent))
            absent = 0
        index += 1
    plain = not absent and kept == [(each, False, 0) for each in range(len(rule.expansion))]
    single = rule.options.expand1 and not rule.alias
    return (str(rule.origin.name), len(rule.expansion), str(rule.alias or rule.origin.name), single, None if plain else tuple(kept), absent)


def read_tree(text: str, start: str) -> Tree:
    """What Lark reads. Raises UnexpectedInput or DedentError."""
    made: dict[int, Tree] = {}
    found = parser().parse(text, start=start)
    for tree in found.iter_subtrees():
        children: list[Node] = [made[id(c)] if isinstance(c, lark.Tree) else _token(c) for c in tree.children]
        meta = tree.meta
        made[id(tree)] = Tree(str(tree.data), children, -1 if meta.empty else meta.start_pos, -1 if meta.empty else meta.end_pos)
    return made[id(found)]


def _token(token: LarkToken | None) -> Token | None:
    return None if token is None else Token(token.type, str(token), token.start_pos or 0, token.end_pos or 0)


def read_tokens(text: str) -> list[Token]:
    """The tokens of a module as the parser sees them: a word is a keyword where the grammar takes one. Raises as `read_tree` does."""
    reading = parser().parse_interactive(text, start="start")
    # As Lark does where it wants no tree: half of the time goes into one.
    reading.parser_state.parse_conf = copy(reading.parser_state.parse_conf)
    reading.parser_state.parse_conf.callbacks = {}
    found = list(reading.iter_parse())
    reading.feed_eof(found[-1] if found else None)  # type: ignore[no-untyped-call]  # of lark
    return [Token(token.type, str(token), token.start_pos or 0, token.end_pos or 0) for token in found]
