"""What a syntax error means to the person who made it."""

from __future__ import annotations

import re

from mloc import patterns
from mloc.diagnostics.model import Diagnostic, Edit, Fix, Label
from mloc.diagnostics.rules import ASSIGN_AS_COMPARE, SYNTAX, UNTERMINATED
from mloc.source import SourceFile, Span
from mloc.syntax.grammar import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from mloc.syntax.taken import backslash, taken

_PHRASES = {
    "NAME": "a name",
    "STRING": "a string",
    "LONG_STRING": "a string",
    "FSTRING": "a string",
    "INT": "a number",
    "FLOAT": "a number",
    "QUANTITY": "a quantity",
    "_NL": "the end of the line",
    "_INDENT": "an indented block",
    "_DEDENT": "the end of the block",
    "$END": "the end of the file",
    "COLON": "`:`",
    "EQUAL": "`=`",
    "COMMA": "`,`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LBRACE": "`{`",
    "RBRACE": "`}`",
    "DOT": "`.`",
    "MINUS": "`-`",
    "QMARK": "`?`",
}
_OPERATORS = {"CMP", "ADD", "MUL", "AND", "OR", "IF", "DOT", "__ANON_1", "__ANON_2", "__ANON_0", "MINUS", "AFTER", "WITH"}
_VALUES = {"NAME", "STRING", "LONG_STRING", "FSTRING", "INT", "FLOAT", "QUANTITY", "TRUE", "FALSE", "NULL", "MINUS", "NOT"}
_UNITS = {
    "k": "KB",
    "m": "MB",
    "g": "GB",
    "t": "TB",
    "ki": "KiB",
    "mi": "MiB",
    "gi": "GiB",
    "ti": "TiB",
    "kb": "KB",
    "mb": "MB",
    "gb": "GB",
    "tb": "TB",
    "kib": "KiB",
    "mib": "MiB",
    "gib": "GiB",
    "tib": "TiB",
    "hour": "h",
    "hours": "h",
    "hrs": "h",
    "hr": "h",
    "minute": "min",
    "minutes": "min",
    "mins": "min",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "day": "d",
    "days": "d",
    "percent": "pct",
}
"""Units as other tools write them, in lower case."""
_PYTHON = {
    "while": "a `loop` repeats with a bound: `x = loop state = start max 10: … next value until done`",
    "try": "a failure is handled by `retry`, `tolerate`, `on failure` or `finally`",
    "except": "a failure is handled by `retry`, `tolerate`, `on failure` or `finally`",
    "break": "a fan-out runs for every element; a `loop` ends with `until`",
    "continue": "leave elements out before: `for x in [x for x in xs if …]`",
    "switch": "write `if`, `elif` and `else`",
    "match": "write `if`, `elif` and `else`",
}
_VARIABLES = patterns.of(r"\s+(?:env|secrets)\s")
_HYPHENED = patterns.of(r"(?<![\w-])(?P<name>[A-Za-z_]\w*(?:-\w+)+)\Z")
_LONGEST_NAME = 200  # beyond it nobody meant a name, and looking takes the square of its length
_BROKEN_NAME = patterns.of(r'(?:step|pipeline)\s+(?P<name>"[^"\n]*"|\w+(?:[-.\s]+\w+)+|\d\w*)\s*\(')
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def explain(source: SourceFile, error: UnexpectedInput, base: int, low: int, high: int) -> Diagnostic:
    """The diagnostic for Lark's error in the text from `low` to `high`; `base` turns its offsets into the file's."""
    at = max(low, min(base + (error.pos_in_stream or 0), high))
    opener = _unclosed(source.text, low, high)
    if opener is not None:
        return _unterminated(source, opener)
    if isinstance(error, UnexpectedCharacters):
        return _character(source, at, high)
    if isinstance(error, UnexpectedToken):
        return _token(source, error, at, high)
    end = len(source.text[low:high].rstrip()) + low
    return Diagnostic(SYNTAX, "the text ends too soon", Label(Span(source.path, max(low, end - 1), end), "something is missing after this"))


def _token(source: SourceFile, error: UnexpectedToken, at: int, high: int) -> Diagnostic:
    token = error.token
    expected = set(error.accepts or error.expected or ())
    word = taken(source, str(token), at)
    if word is not None:
        return word
    if token.type == "EQUAL" and "CMP" in expected and not _hyphened(_before(source.text, at)):
        span = Span(source.path, at, at + 1)
        return Diagnostic(
            ASSIGN_AS_COMPARE,
            "`=` binds a name; a comparison is written `==`",
            Label(span),
            help="write `==`",
            fix=Fix("machine-applicable", (Edit(span, "=="),)),
        )
    text = str(token)
    known = _known(source, text, at)
    if known is not None:
        return known
    if token.type in ("_NL", "_DEDENT", "$END"):
        found, span = "end of line", Span(source.path, at, min(high, at + 1))
        if token.type == "$END":
            found = "end of file"
    elif token.type == "_INDENT":
        found, span = "indentation", Span(source.path, at, min(high, at + 1))
    else:
        found, span = f"`{text if len(text) <= 40 else text[:40] + '…'}`", Span(source.path, at, at + len(text))
    wanted = _wanted(expected)
    message = f"unexpected {found}" + (f", expected {wanted}" if wanted else "")
    return Diagnostic(SYNTAX, message, Label(span, f"expected {wanted}" if wanted else ""), help=_hint(text, token.type, expected))


def _before(text: str, at: int) -> str:
    """What stands before a place in its line."""
    return text[text.rfind("\n", 0, at) + 1 : at]


def _hyphened(before: str) -> re.Match[str] | None:
    """The name with hyphens at the end of a line of variables."""
    return _HYPHENED.search(before[-_LONGEST_NAME:]) if _VARIABLES.match(before) else None


def _known(source: SourceFile, text: str, at: int) -> Diagnostic | None:
    """Mistakes that the text around tells: a unit of other tools, a name with a hyphen or blank, `else if`."""
    before, span = _before(source.text, at), Span(source.path, at, at + len(text))
    number = re.search(r"(?<![\w.])\d+(?:\.\d+)?\Z", before)
    if number is not None and text[:1].isalpha():
        rest = re.compile(r"\w*").match(source.text, at + len(text))
        text += rest.group() if rest else ""
        span = Span(source.path, at, at + len(text))
        unit = None if text == "m" else _UNITS.get(text.lower())
        fix = None if unit is None else Fix("machine-applicable", (Edit(span, unit),))
        help_ = f"write `{number.group()}{unit}`" if unit else "units are KB to TB, KiB to TiB, ms, s, min, h, d and pct"
        if text == "m":
            help_ = "thousandths of a core are written as a fraction: `cpu=0.5`; minutes are `min`"
        return Diagnostic(SYNTAX, f"`{number.group()}{text}` has an unknown unit", Label(span), help=help_, fix=fix)
    if text == "if" and before.strip() == "else":
        return Diagnostic(SYNTAX, "`else if` is written `elif`", Label(span), help="write `elif`")
    if before.strip().split(" ")[0] in _PYTHON or (text in _PYTHON and not before.strip()):
        word = before.strip().split(" ")[0] or text
        return Diagnostic(SYNTAX, f"there is no `{word}` in mlp", Label(span), help=_PYTHON[word])
    hyphened = _hyphened(before)
    name = _BROKEN_NAME.match(before + text + source.text[at + len(text) : at + len(text) + 60].split("\n")[0])
    meant = hyphened or name
    if meant is not None:
        good = re.sub(r"\W+", "_", meant.group("name").strip('"')).strip("_")
        good = f"n_{good}" if good[:1].isdigit() else good
        shown = meant.group("name")
        return Diagnostic(SYNTAX, f"`{shown}` is not a name", Label(span), help=f"a name has letters, digits and `_`: `{good}`")
    if text == "," and re.match(r"\s*(?:\w+\s*=\s*)?for\s+\w+\Z", before):
        help_ = "go over one list of records, `[{a: …, b: …}, …]`, which a step can make of two lists"
        return Diagnostic(SYNTAX, "a `for` takes one element at a time", Label(span), help=help_)
    return None


def _wanted(expected: set[str]) -> str:
    """The expected tokens as a phrase; the long lists that any expression allows are folded into words."""
    names = set(expected)
    phrases: list[str] = []
    if len(names & _VALUES) > 4:
        names -= _VALUES | {"LPAR", "LSQB", "LBRACE"}
        phrases.append("a value")
    if len(names & _OPERATORS) > 4:
        names -= _OPERATORS | {"LPAR", "LSQB"}
    words = {_PHRASES.get(name) or (f"`{name.lower()}`" if name.isalpha() else "") for name in names}
    phrases.extend(sorted(word for word in words if word))
    if len(phrases) > 5:
        return ""
    return phrases[0] if len(phrases) == 1 else " or ".join([", ".join(phrases[:-1]), phrases[-1]]) if phrases else ""


def _hint(text: str, kind: str, expected: set[str]) -> str | None:
    if "COLON" in expected and kind == "_NL":
        return "a block begins with `:` at the end of its first line"
    if kind in ("_NL", "_DEDENT") and "_INDENT" in expected:
        return "the block after `:` must be indented"
    if text in ("def", "class", "return", "lambda", "while", "try"):
        return "this is Python; in mlp a computation is a step (`step name(…): run python …`)"
    return None


def _character(source: SourceFile, at: int, high: int) -> Diagnostic:
    char = source.text[at : at + 1] or " "
    if char in "\"'":
        line_end = source.text.find("\n", at, high)
        span = Span(source.path, at, line_end if line_end >= 0 else high)
        return Diagnostic(
            UNTERMINATED,
            "this string is not closed",
            Label(span, "it begins here"),
            help='close it, or use `"""` for text of several lines',
        )
    if char == "\\":
        return backslash(source, at)
    if char == "\t":
        return Diagnostic(SYNTAX, "a tab where none may be", Label(Span(source.path, at, at + 1)))
    helps = {
        ";": "one statement a line, without `;`",
        "@": "mlp has no decorators",
        "&": "write `and`",
        "|": "write `or`",
        "!": "write `not`, or `!=`",
    }
    shown = char if char.isprintable() else f"U+{ord(char):04X}"
    return Diagnostic(SYNTAX, f"unexpected character `{shown}`", Label(Span(source.path, at, at + 1)), help=helps.get(char))


def _unterminated(source: SourceFile, opener: int) -> Diagnostic:
    char = source.text[opener]
    if char == '"':
        return Diagnostic(
            UNTERMINATED, 'this `"""` is not closed', Label(Span(source.path, opener, opener + 3), "the long string begins here")
        )
    return Diagnostic(
        UNTERMINATED, f"this `{char}` is not closed", Label(Span(source.path, opener, opener + 1), f"no `{_PAIRS[char]}` matches it")
    )


def _unclosed(text: str, low: int, high: int) -> int | None:
    """The offset of the innermost bracket or long string left open between `low` and `high`."""
    stack: list[int] = []
    at = low
    while at < high:
        char = text[at]
        if text.startswith('"""', at):
            close = text.find('"""', at + 3, high)
            if close < 0:
                return at
            at = close + 3
            continue
        if char in "\"'":
            end = _string_end(text, at, high)
            if end is None:
                return None
            at = end
            continue
        if char == "#":
            end_of_line = text.find("\n", at, high)
            at = high if end_of_line < 0 else end_of_line
            continue
        if char in "([{":
            stack.append(at)
        elif char in ")]}":
            if not stack or _PAIRS[text[stack[-1]]] != char:
                return None
            stack.pop()
        at += 1
    return stack[-1] if stack else None


def _string_end(text: str, at: int, high: int) -> int | None:
    quote, index = text[at], at + 1
    while index < high:
        if text[index] == "\\":
            index += 2
            continue
        if text[index] == "\n":
            return None
        if text[index] == quote:
            return index + 1
        index += 1
    return None
