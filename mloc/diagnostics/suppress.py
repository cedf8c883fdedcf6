"""Comments that keep a finding from being reported: `# mloc: ignore[W0604] reason`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from mloc import patterns
from mloc.diagnostics.model import Diagnostic, Edit, Fix, Label
from mloc.diagnostics.rules import BAD_SUPPRESSION, RULES, SUPPRESSION_WITHOUT_REASON, UNUSED_SUPPRESSION
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.source import SourceFile, Span

# Comments, and what a `#` stands in without beginning one.
_LEXEME = patterns.of(r'"""[\s\S]*?(?:"""|\Z)|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*')
_COMMENT = patterns.of(r"#[ \t]*mloc[ \t]*:[ \t]*ignore\b[ \t]*(?:\[(?P<codes>[^\]\n]*)\])?(?P<reason>[^\n\r]*)")
# A text without a tree has nothing else to say, and what only some targets find may be a finding for one of them.
_NEVER, _SOMETIMES = "E00", ("E11", "W11")


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment: the codes as they are written, and the line whose findings it is about.

    In a literal (the code of a step) it may be a comment of that language, or just text, so nothing is ever said about it.
    """

    span: Span
    codes: tuple[tuple[str, Span], ...]
    reason: str
    line: int
    in_literal: bool

    def covers(self, diagnostic: Diagnostic, line: int) -> bool:
        return self.line == line and not _is_syntax(diagnostic.rule.code) and any(c == diagnostic.rule.code for c, _ in self.codes)


@dataclass(frozen=True, slots=True)
class Suppressed:
    """The findings that no comment suppresses, and those that one does."""

    shown: tuple[Diagnostic, ...]
    hidden: tuple[Diagnostic, ...]


def suppressions(source: SourceFile) -> tuple[Suppression, ...]:
    """The suppressing comments of a file, in order.

    One after code is about its own line, one on a line of its own about the next line that is neither blank nor a comment.
    """
    if "mloc" not in source.text:
        return ()
    return tuple(_comments(source))


def suppress(diagnostics: Sequence[Diagnostic], files: Mapping[str, SourceFile]) -> Suppressed:
    """Divide findings by the comments in the files that they are in."""
    comments = {path: suppressions(source) for path, source in files.items()}
    places = [d.primary.span.file for d in diagnostics]
    hidden = tuple(d for d, path in zip(diagnostics, places, strict=True) if _is_covered(d, files[path], comments[path]))
    return Suppressed(tuple(d for d in diagnostics if d not in hidden) if hidden else tuple(diagnostics), hidden)


def remarks(source: SourceFile, hidden: Collection[Diagnostic], *, strict: bool, complete: bool) -> tuple[Diagnostic, ...]:
    """What is wrong with the comments themselves; `hidden` is what they suppress.

    `complete` says that everything was found that the file has: after an error, an unused comment may just not have come into use yet.
    """
    found: list[Diagnostic] = []
    for comment in suppressions(source):
        if comment.in_literal:
            continue
        found += _wrong_codes(comment)
        if strict and not comment.reason:
            found.append(_without_reason(comment))
        if complete:
            used = {d.rule.code for d in hidden if d.primary.span.file == source.path and _line(d, source) == comment.line}
            found += _unused(comment, used, source)
    return tuple(found)


def _comments(source: SourceFile) -> Iterator[Suppression]:
    for lexeme in _LEXEME.finditer(source.text):
        text = lexeme.group()
        if "mloc" not in text or not text.startswith(("#", '"""')):
            continue
        for match in _COMMENT.finditer(text):
            start = lexeme.start() + match.start()
            end = start + len(match.group().rstrip().removesuffix('"""').rstrip())
            codes = tuple(_codes(match, lexeme.start(), source.path))
            line = _covered(source, start)
            yield Suppression(Span(source.path, start, end), codes, match.group("reason").strip(), line, text.startswith('"""'))


def _codes(match: re.Match[str], base: int, path: str) -> Iterator[tuple[str, Span]]:
    for word in re.finditer(r"[^\s,]+", match.group("codes") or ""):
        start = base + match.start("codes") + word.start()
        yield word.group(), Span(path, start, start + len(word.group()))


def _covered(source: SourceFile, offset: int) -> int:
    line = source.position(offset).line
    if source.text[source.line_start(line) : offset].strip():
        return line
    for number in range(line + 1, source.line_count + 1):
        text = source.line(number).strip()
        if text and not text.startswith("#"):
            return number
    return line


def _is_covered(diagnostic: Diagnostic, source: SourceFile, comments: Sequence[Suppression]) -> bool:
    line = _line(diagnostic, source) if comments else 0
    return any(comment.covers(diagnostic, line) for comment in comments)


def _line(diagnostic: Diagnostic, source: SourceFile) -> int:
    return source.position(diagnostic.primary.span.start).line


def _is_syntax(code: str) -> bool:
    return code.startswith(_NEVER)


def _wrong_codes(comment: Suppression) -> Iterator[Diagnostic]:
    if not comment.codes:
        message = "a suppression names the codes that it is about"
        yield Diagnostic(BAD_SUPPRESSION, message, Label(comment.span), help="as in `# mloc: ignore[W0604] reason`")
    slugs = {rule.slug: rule.code for rule in RULES.values()}
    for code, span in comment.codes:
        if _is_syntax(code) and code in RULES:
            yield Diagnostic(BAD_SUPPRESSION, f"`{code}` is an error of syntax, which cannot be suppressed", Label(span, "has no effect"))
        elif code not in RULES:
            meant = code.upper() if code.upper() in RULES else slugs.get(code if code in slugs else suggest(code, slugs) or "")
            fix = None if meant is None else Fix("machine-applicable", (Edit(span, meant),))
            help_ = "`mloc explain` lists the codes" if meant is None else f"did you mean `{meant}`?"
            yield Diagnostic(BAD_SUPPRESSION, f"there is no finding `{code}`", Label(span, "suppresses nothing"), help=help_, fix=fix)


def _without_reason(comment: Suppression) -> Diagnostic:
    codes = ", ".join(code for code, _ in comment.codes)
    return Diagnostic(
        SUPPRESSION_WITHOUT_REASON,
        "this suppression does not say why",
        Label(comment.span, "no reason given"),
        notes=("`strict = true` in `[tool.mloc]` asks for one",),
        help=f"say it after the bracket: `# mloc: ignore[{codes}] because …`",
    )


def _unused(comment: Suppression, used: Collection[str], source: SourceFile) -> Iterator[Diagnostic]:
    known = [code for code, _ in comment.codes if code in RULES]
    unused = [code for code in known if code not in used and not _is_syntax(code) and not code.startswith(_SOMETIMES)]
    if not unused:
        return
    codes = ", ".join(f"`{code}`" for code in unused)
    kept = [code for code, _ in comment.codes if code not in unused]
    first, last = comment.codes[0][1], comment.codes[-1][1]
    edit = Edit(Span(source.path, first.start, last.end), ", ".join(kept)) if kept else Edit(_whole(comment, source), "")
    yield Diagnostic(
        UNUSED_SUPPRESSION,
        f"{codes} {'is' if len(unused) == 1 else 'are'} not found on line {comment.line}, so there is nothing to suppress",
        Label(comment.span, "has no effect"),
        help="remove it",
        fix=Fix("machine-applicable", (edit,)),
    )


def _whole(comment: Suppression, source: SourceFile) -> Span:
    """The comment with the blanks before it, and with its line when nothing else stands there."""
    number = source.position(comment.span.start).line
    line_start = source.line_start(number)
    before = source.text[line_start : comment.span.start]
    if before.strip() or number == source.line_count:
        return Span(source.path, line_start + len(before.rstrip()), comment.span.end)
    return Span(source.path, line_start, source.line_start(number + 1))
