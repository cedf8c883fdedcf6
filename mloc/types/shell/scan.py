"""Cuts a shell script into commands and words: as much of the shell's grammar as it takes to see quotes and variables."""

from __future__ import annotations

import re

from mloc import patterns
from mloc.frozen import dataclass, field
from mloc.types.shell.model import Command, Quoting, Script, Use, Word

_NAME = patterns.of(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_BRACED = patterns.of(r"\{[#!]?([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])")
_REDIRECT = patterns.of(r"\d*(?:<<<|<<-?|>>|>\||>&|<&|<>|&>>|&>|>|<)(?!\()")
_OPERATOR = patterns.of(r"\|\||\|&|\||&&|&|;;&|;&|;;|;|\n|\(|\)")
_LITERAL = patterns.of(r"\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))")
_BLANK = " \t\r"


class _Unclosed(Exception):
    """A quote or bracket without its end."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


@dataclass(slots=True)
class _Heredoc:
    """A here-document whose text begins on the next line."""

    word: str
    literal: bool
    tabs: bool
    command: int = -1


def scan(text: str) -> Script | None:
    """The commands of a script, before an unclosed quote those that are there; None where brackets nest deeper than Python's calls."""
    scanner = _Scanner(text)
    try:
        scanner.commands("", len(text))
    except _Unclosed as error:
        return Script(tuple(scanner.found), error.at)
    except RecursionError:
        return None
    return Script(tuple(scanner.found))


@dataclass(slots=True)
class _Scanner:
    text: str
    at: int = 0
    found: list[Command] = field(default_factory=list)
    heredocs: list[_Heredoc] = field(default_factory=list)

    def commands(self, inside: str, opened: int) -> None:
        """Read commands up to the end, or the bracket that closes what was opened."""
        words: list[Word] = []
        while True:
            self._blanks()
            if self.at >= len(self.text):
                if inside:
                    raise _Unclosed(opened)
                self._end(words, "", inside)
                return
            redirect = _REDIRECT.match(self.text, self.at)
            operator = None if redirect else _OPERATOR.match(self.text, self.at)
            if redirect:
                self.at = redirect.end()
                self._redirection(redirect.group(), words)
            elif operator is None:
                words.append(self._word())
            elif self._operator(operator.group(), words, inside):
                return

    def _operator(self, operator: str, words: list[Word], inside: str) -> bool:
        """Read past an operator; whether it closes what is being read."""
        start = self.at
        if operator == "(" and self.text.startswith("((", self.at) and not words:
            words.append(self._arithmetic(self.at))
            return False
        self.at += len(operator)
        if operator == "(":
            if self.text[self.at : self.at + 1] == ")":
                self.at += 1  # `name()` begins a function
                self._end(words, "()", inside)
            else:
                self._end(words, "(", inside)
                self.commands("(", start)
            return False
        if operator == ")" and inside:
            self._end(words, "", inside)
            return True
        self._end(words, operator, inside)
        if operator == "\n":
            self._read_heredocs()
        return False

    def _end(self, words: list[Word], after: str, inside: str) -> None:
        if words:
            self.found.append(Command(tuple(words), after, inside))
            for heredoc in self.heredocs:
                heredoc.command = len(self.found) - 1 if heredoc.command < 0 else heredoc.command
            words.clear()

    def _blanks(self) -> None:
        while self.at < len(self.text):
            if self.text[self.at] in _BLANK:
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            else:
                return

    def _redirection(self, operator: str, words: list[Word]) -> None:
        self._blanks()
        kind = operator.lstrip("0123456789")
        if self.at >= len(self.text) or _OPERATOR.match(self.text, self.at):
            return
        word = self._word()
        if kind in ("<<", "<<-"):
            bare = re.sub(r"[\"'\\]", "", word.text)
            self.heredocs.append(_Heredoc(bare, bare != word.text, kind == "<<-"))
        else:
            words.append(Word(word.text, word.start, word.end, word.uses, kind))

    def _read_heredocs(self) -> None:
        for heredoc in self.heredocs:
            uses: list[Use] = []
            while self.at < len(self.text):
                end = self.text.find("\n", self.at)
                end = len(self.text) if end < 0 else end
                line = self.text[self.at : end]
                start, self.at = self.at, min(end + 1, len(self.text))
                if (line.lstrip("\t") if heredoc.tabs else line).rstrip("\r") == heredoc.word:
                    break
                if not heredoc.literal:
                    uses.extend(self._uses_in(start, end))
            if uses and heredoc.command >= 0:
                command = self.found[heredoc.command]
                self.found[heredoc.command] = Command(command.words, command.after, command.inside, (*command.heredoc, *uses))
        self.heredocs.clear()

    def _uses_in(self, start: int, end: int) -> list[Use]:
        """The variables in a stretch of text that is expanded as between double quotes."""
        inner = _Scanner(self.text[:end], start)
        uses: list[Use] = []
        while inner.at < end:
            try:
                if inner.text[inner.at] == "\\":
                    inner.at += 2
                elif not inner._expansion(uses, "double"):
                    inner.at += 1
            except _Unclosed:  # it goes on in the next line
                break
        self.found.extend(inner.found)
        return uses

    # ---- words ----

    def _word(self) -> Word:
        start, uses = self.at, list[Use]()
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self.at += 2
            elif char == "'":
                self._single(uses, ansi=False)
            elif self.text.startswith("$'", self.at):
                self.at += 1
                self._single(uses, ansi=True)
            elif char == '"' or self.text.startswith('$"', self.at):
                self._double(uses)
            elif self.text.startswith(("<(", ">("), self.at):
                self.at += 2
                self.commands(self.text[self.at - 2 : self.at], self.at - 2)
            elif self._array(start):
                self.at += 1
                self._items(uses)
            elif self._expansion(uses, "no"):
                pass
            elif char in _BLANK or _OPERATOR.match(self.text, self.at) or char in "<>":
                break
            else:
                self.at += 1
        self.at = min(self.at, len(self.text))
        if self.at == start:
            self.at += 1
        return Word(self.text[start : self.at], start, self.at, tuple(uses))

    def _array(self, start: int) -> bool:
        """Whether an array's items begin here: `name=(`."""
        return self.text[self.at] == "(" and re.fullmatch(r"[A-Za-z_]\w*\+?=", self.text[start : self.at]) is not None

    def _items(self, uses: list[Use]) -> None:
        opened = self.at - 1
        while True:
            while self.at < len(self.text) and self.text[self.at] in " \t\r\n":
                self.at += 1
            self._blanks()
            if self.at >= len(self.text):
                raise _Unclosed(opened)
            if self.text[self.at] == ")":
                self.at += 1
                return
            if self.text[self.at] != "\n":
                uses.extend(self._word().uses)

    def _single(self, uses: list[Use], *, ansi: bool) -> None:
        opened = self.at
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != "'":
            self.at += 2 if ansi and self.text[self.at] == "\\" else 1
        if self.at >= len(self.text):
            raise _Unclosed(opened)
        found = _LITERAL.finditer(self.text, opened, self.at)
        uses.extend(Use(match.group(1) or match.group(2), match.start(), match.end(), "single") for match in found)
        self.at += 1

    def _double(self, uses: list[Use]) -> None:
        opened = self.at
        self.at = self.text.index('"', self.at) + 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            if self.text[self.at] == "\\":
                self.at += 2
            elif not self._expansion(uses, "double"):
                self.at += 1
        if self.at >= len(self.text):
            raise _Unclosed(opened)
        self.at += 1

    # ---- expansions ----

    def _expansion(self, uses: list[Use], quoting: Quoting) -> bool:
        """Read `$name`, `${…}`, `$(…)`, `$((…))` or backquotes; whether one stands here."""
        start = self.at
        if self.text[start] == "`":
            return self._backquotes()
        if self.text[start] != "$":
            return False
        if self.text.startswith("$((", start):
            uses.extend(self._arithmetic(start + 1).uses)
            return True
        if self.text.startswith("$(", start):
            self.at += 2
            self.commands("$(", start)
            return True
        if self.text.startswith("${", start):
            self._braced(uses, quoting)
            return True
        match = _NAME.match(self.text, start + 1)
        if match is None:
            return False
        self.at = match.end()
        uses.append(Use(match.group(), start, self.at, quoting))
        return True

    def _braced(self, uses: list[Use], quoting: Quoting) -> None:
        start = self.at
        match = _BRACED.match(self.text, start + 1)
        rest = start + 2 if match is None else match.end()
        self.at = rest
        inner: list[Use] = []
        while self.at < len(self.text) and self.text[self.at] != "}":
            if self.text[self.at] == "\\":
                self.at += 2
            elif self.text[self.at] == "'" and quoting == "no":
                self._single(inner, ansi=False)
            elif self.text[self.at] == '"':
                self._double(inner)
            elif not self._expansion(inner, quoting):
                self.at += 1
        if self.at >= len(self.text):
            raise _Unclosed(start)
        self.at += 1
        if match is not None:
            operation = self.text[rest : self.at - 1]
            counts = self.text[start + 2] == "#" and not operation
            guarded = operation[:2] in (":-", ":=", ":+", ":?") or operation[:1] in ("-", "=", "+", "?")
            uses.append(Use(match.group(1), start, self.at, quoting, guarded, counts))
        uses.extend(inner)

    def _arithmetic(self, opened: int) -> Word:
        """Read `((…))`, where no word is split."""
        start, depth, uses = self.at, 0, list[Use]()
        self.at = opened
        while self.at < len(self.text):
            char = self.text[self.at]
            depth += (char == "(") - (char == ")")
            if char == "$" and self._expansion(uses, "double"):
                continue
            self.at += 1
            if depth == 0:
                numbers = tuple(Use(u.name, u.start, u.end, u.quoting, u.guarded, number=True) for u in uses)
                return Word(self.text[start : self.at], start, self.at, numbers)
        raise _Unclosed(start)

    def _backquotes(self) -> bool:
        opened = self.at
        end = self.text.find("`", opened + 1)
        while end > 0 and self.text[end - 1] == "\\":
            end = self.text.find("`", end + 1)
        if end < 0:
            raise _Unclosed(opened)
        inner = _Scanner(self.text[:end], opened + 1)
        inner.commands("", end)
        self.found.extend(Command(c.words, c.after, c.inside or "$(", c.heredoc) for c in inner.found)
        self.at = end + 1
        return True
