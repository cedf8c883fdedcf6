"""A place in the text of the IR that moves as words are taken from it, and what is said when another word is there."""

from __future__ import annotations

import json
import re

from mloc import patterns
from mloc.ir.text.words import IDENTIFIER

_DECODER = json.JSONDecoder()
_SPACE = patterns.of(r"\s*")
_ID = patterns.of(r"(?:[A-Za-z0-9_#.]|\[\])*[A-Za-z0-9_]")
_WORD = patterns.of(r"\w")
_TOKENS = patterns.of(r"\w+|\S")


class BadText(Exception):
    """A text that is not the printed form of an IR; the message says in which line and what was expected."""


class Cursor:
    """Reads one line of the printed form (a broken definition of a type counts as one)."""

    def __init__(self, text: str, line: int) -> None:
        self.text, self.line, self.at = text, line, 0

    def bad(self, wanted: str) -> BadText:
        found = _TOKENS.match(self.text, self.at)
        return self.wrong(f"expected {wanted}, found {'the end' if found is None else repr(found.group())}")

    def wrong(self, message: str) -> BadText:
        return BadText(f"line {self.line}: {message}")

    def space(self) -> None:
        found = _SPACE.match(self.text, self.at)
        self.at = self.at if found is None else found.end()

    def accept(self, token: str) -> bool:
        """Take a token if it is next; a word only when it ends there."""
        self.space()
        end = self.at + len(token)
        if not self.text.startswith(token, self.at) or (_WORD.match(token, len(token) - 1) and _WORD.match(self.text, end)):
            return False
        self.at = end
        return True

    def touching(self, token: str) -> bool:
        """Take a token if it follows without a space."""
        if not self.text.startswith(token, self.at):
            return False
        self.at += len(token)
        return True

    def expect(self, token: str) -> None:
        if not self.accept(token):
            raise self.bad(f"`{token}`")

    def take(self, pattern: re.Pattern[str]) -> str | None:
        self.space()
        found = pattern.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found.group()

    def name(self) -> str:
        """An identifier, or a quoted name."""
        self.space()
        if self.text.startswith('"', self.at):
            return str(json.loads(self.json()))
        found = self.take(IDENTIFIER)
        if found is None:
            raise self.bad("a name")
        return found

    def id(self) -> str:
        """What follows a `%`: the id of a node, with an output's name where one follows."""
        found = self.take(_ID)
        if found is None:
            raise self.bad("the id of a node")
        return found

    def json(self) -> str:
        """The text of a JSON value."""
        self.space()
        try:
            _, end = _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError:
            raise self.bad("a JSON value") from None
        text = self.text[self.at : end]
        self.at = end
        return text

    def string(self) -> str:
        """The value of a JSON string."""
        value = json.loads(self.json())
        if not isinstance(value, str):
            raise self.bad("a string")
        return value

    def end(self) -> None:
        self.space()
        if self.at < len(self.text):
            raise self.bad("the end of the line")
