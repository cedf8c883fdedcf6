"""Text to syntax tree: every syntax error of a file in one run.

The file is cut at its column-0 keywords and each declaration is parsed alone, so one broken declaration hides no other.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from mloc import patterns
from mloc.diagnostics.model import Bag, Edit, Fix, Label
from mloc.diagnostics.rules import EDITION, SYNTAX, TABS
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t
from mloc.syntax.convert import Converter, TooDeep
from mloc.syntax.literals import doc_comments
from mloc.syntax.machine import Token, Tree, read, read_words
from mloc.syntax.tables import tables

_TOP = patterns.of(r"(?:import|from|type|record|enum|const|secret|defaults|step|pipeline|schedule|trigger|target)\b")
_DECLARED = patterns.of(r"(?:type|record|enum|const|secret|step|pipeline)[ \t]+([A-Za-z_]\w*)")
_EDITION = patterns.of(r"mlp[ \t]+(\d+)[ \t]*(?:#[^\n]*)?(?:\r?\n|$)")
_PREFIX = "mlp 1\n"
_BLANK = " \t\r\n"  # white space of other kinds is none to the grammar
_EDITION_TOKENS = 3  # of the prefix: `mlp`, the number, the line's end

_Read = TypeVar("_Read")


def parse(source: SourceFile, bag: Bag) -> t.Module:
    """The syntax tree of a file; what cannot be read is reported in `bag` and left out."""
    text = source.text
    long_strings = _long_strings(text)
    start = _edition(source, bag)
    if start is None:
        return t.Module(source.path)
    if _tabs(source, long_strings, bag):
        return t.Module(source.path)
    docs = doc_comments(text, long_strings) if "##" in text else {}
    declarations: list[t.Declaration] = []
    broken: list[str] = []
    for low, high in _chunks(text, start, long_strings):
        found = _chunk(source, low, high, docs, bag)
        declarations.extend(found)
        if not found and (match := _DECLARED.match(text, low, high)):
            broken.append(match.group(1))
    return t.Module(source.path, tuple(declarations), tuple(broken))


def _long_strings(text: str) -> list[tuple[int, int]]:
    """The ranges of triple-quoted strings, comments and short strings taken into account."""
    pattern = re.compile(r'"""[\s\S]*?(?:"""|\Z)|f?"[^"\\\n]*(?:\\.[^"\\\n]*)*"|\'[^\'\\\n]*(?:\\.[^\'\\\n]*)*\'|#[^\n]*')
    return [match.span() for match in pattern.finditer(text) if match.group().startswith('"""')]


def _edition(source: SourceFile, bag: Bag) -> int | None:
    """The offset after the edition line, None when there is nothing to parse."""
    text, at = source.text, 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end + 1
        line = text[at:end]
        match = _EDITION.match(line)
        if match:
            if match.group(1) != "1":
                span = Span(source.path, at + match.start(1), at + match.end(1))
                fix = Fix("maybe-incorrect", (Edit(span, "1"),))
                bag.report(EDITION, span, f"edition {match.group(1)} is not known", help="this mloc reads `mlp 1`", fix=fix)
            return end
        stripped = line.strip(_BLANK)
        if stripped and not stripped.startswith("#"):
            break
        at = end
    span = Span(source.path, 0, min(len(text), max(1, len(source.line(1)))))
    message = "the file is empty" if not text.strip() else "the first line must say which edition of the language this is"
    bag.report(
        EDITION, span, message, help="begin the file with `mlp 1`", fix=Fix("machine-applicable", (Edit(Span(source.path, 0, 0), _PREFIX),))
    )
    return at if text.strip() else None


def _tabs(source: SourceFile, long_strings: list[tuple[int, int]], bag: Bag) -> bool:
    found = False
    if "\t" not in source.text:
        return False
    begins = [low for low, _ in long_strings]
    for match in re.finditer(r"^[ ]*\t[ \t]*(?=\S)", source.text, re.MULTILINE):
        index = bisect_right(begins, match.start()) - 1
        if index >= 0 and match.start() < long_strings[index][1]:
            continue
        found = True
        span = Span(source.path, match.start(), match.end())
        fix = Fix("machine-applicable", (Edit(span, match.group().expandtabs(4)),))
        bag.report(TABS, span, "a line is indented with a tab", help="indent with four spaces", fix=fix)
    return found


def _chunks(text: str, start: int, long_strings: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges of the declarations: each begins at a keyword in column 0, outside long strings."""
    cuts = [start]
    begins = [low for low, _ in long_strings]
    at = start
    while at < len(text):
        if _TOP.match(text, at) and at > start:
            index = bisect_right(begins, at) - 1
            if index < 0 or at >= long_strings[index][1]:
                cuts.append(at)
        end = text.find("\n", at)
        if end < 0:
            break
        at = end + 1
    return list(zip(cuts, [*cuts[1:], len(text)], strict=True))


def tokens(source: SourceFile, bag: Bag) -> list[Token]:
    """The tokens of a file as the grammar reads them, block tokens included, at their offsets in the file.

    What cannot be read is reported in `bag` and left out. No literal is decoded and no tree is kept.
    """
    long_strings = _long_strings(source.text)
    start = _edition(source, bag)
    if start is None or _tabs(source, long_strings, bag):
        return []
    found = _edition_tokens(source.text, start)
    for low, high in _chunks(source.text, start, long_strings):
        alone = _alone(source, low, high)
        if alone is None:
            continue
        words = read_words(tables(), alone, "start") or _with_lark(source, low, high, bag, partial(_words, alone))
        base = low - len(_PREFIX)
        for token in words[_EDITION_TOKENS:] if words else ():
            found.append(Token(token.type, token.text, base + token.start, base + token.start + len(token.text)))
    return found


def _edition_tokens(text: str, end: int) -> list[Token]:
    begin = text.rfind("\n", 0, max(0, end - 1)) + 1
    match = _EDITION.match(text, begin)
    if match is None:
        return []
    number = Token("INT", match.group(1), match.start(1), match.end(1))
    return [Token("MLP", "mlp", begin, begin + len("mlp")), number, Token("_NL", "\n", match.end(1), match.end(1) + 1)]


def _chunk(source: SourceFile, low: int, high: int, docs: dict[int, str], bag: Bag) -> list[t.Declaration]:
    text = _alone(source, low, high)
    if text is None:
        return []
    tree = read(tables(), text, "start") or _with_lark(source, low, high, bag, lambda: _tree(text))
    if tree is None:
        return []

    def parse_expr(inner: str, offset: int) -> t.Expr | None:
        return _expression(source, inner, offset, bag)

    converter = Converter(source.path, low - len(_PREFIX), docs, parse_expr, bag)
    try:
        return [converter.declaration(child) for child in tree.children[1:]]
    except TooDeep:
        return []


def _alone(source: SourceFile, low: int, high: int) -> str | None:
    """One declaration as a file of its own, behind an edition line."""
    text = source.text[low:high]
    return _PREFIX + text + ("" if text.endswith("\n") else "\n") if text.strip() else None


def _tree(text: str) -> Tree:
    from mloc.syntax.grammar import read_tree

    return read_tree(text, "start")


def _words(text: str) -> list[Token]:
    from mloc.syntax.grammar import read_tokens

    return read_tokens(text)


def _with_lark(source: SourceFile, low: int, high: int, bag: Bag, reading: Callable[[], _Read]) -> _Read | None:
    """What Lark makes of one declaration; None, with a report, when it is none."""
    from mloc.syntax import grammar  # only for what must be explained, or laid out

    try:
        return reading()
    except grammar.DedentError:
        _uneven(source, low, high, bag)
    except grammar.UnexpectedInput as error:
        from mloc.syntax.mistakes import explain

        bag.add(explain(source, error, low - len(_PREFIX), low, high))
    return None


def _expression(source: SourceFile, inner: str, offset: int, bag: Bag) -> t.Expr | None:
    """An expression inside an f-string."""
    span = Span(source.path, offset, offset + max(1, len(inner)))
    if not inner.strip():
        bag.report(
            SYNTAX, span, "empty `{}` in an f-string", help="write an expression between the braces, or `{{}}` for the braces themselves"
        )
        return None
    lead = len(inner) - len(inner.lstrip())
    tree = read(tables(), inner.strip(), "expr") or _expression_with_lark(source, inner, span, offset + lead, bag)
    if tree is None:
        return None
    converter = Converter(source.path, offset + lead, {}, lambda text, at: _expression(source, text, at, bag), bag)
    try:
        return converter.expr(tree)
    except TooDeep:
        return None


def _expression_with_lark(source: SourceFile, inner: str, span: Span, base: int, bag: Bag) -> Tree | None:
    from mloc.syntax import grammar  # only for what must be explained

    try:
        return grammar.read_tree(inner.strip(), "expr")
    except grammar.UnexpectedEOF:
        bag.report(SYNTAX, span, "the expression in this f-string is not complete")
    except grammar.UnexpectedInput as error:
        if ":" in inner or "!" in inner:
            bag.report(SYNTAX, span, "f-strings have no format specifications", help="put the formatting into a step")
        else:
            from mloc.syntax.mistakes import explain

            bag.add(explain(source, error, base, span.start, span.start + len(inner)))
    return None


def _uneven(source: SourceFile, low: int, high: int, bag: Bag) -> None:
    """Report the line that is indented less than the one before, to a depth no line before it has."""
    depths = [0]
    offset = low
    for line in source.text[low:high].split("\n"):
        stripped = line.lstrip(" ")
        depth = len(line) - len(stripped)
        if stripped.strip() and not stripped.startswith("#"):
            if depth > depths[-1]:
                depths.append(depth)
            while depth < depths[-1]:
                depths.pop()
            if depth != depths[-1]:
                span = Span(source.path, offset, offset + depth)
                help_ = f"indent it with {depths[-1]} spaces, as its block"
                fix = Fix("maybe-incorrect", (Edit(span, " " * depths[-1]),))
                bag.report(TABS, span, "this line's indentation fits no block above it", help=help_, fix=fix)
                return
        offset += len(line) + 1
    bag.report(
        SYNTAX,
        Span(source.path, low, low + 1),
        "the indentation of this declaration is uneven",
        secondary=(Label(Span(source.path, low, low + 1)),),
    )
