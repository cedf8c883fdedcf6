"""What is told of a shell script: its commands, their words, and where each uses a variable."""

from __future__ import annotations

from typing import Literal, TypeAlias

from mloc.frozen import dataclass, field

Quoting: TypeAlias = Literal["no", "double", "single"]


@dataclass(frozen=True, slots=True)
class Use:
    """`$name`, from `start` to `end`. `guarded` is one with a value for when it is unset (`${name:-x}`); `number` one in arithmetic.

    In single quotes the shell leaves it alone.
    """

    name: str
    start: int
    end: int
    quoting: Quoting
    guarded: bool = False
    number: bool = False


@dataclass(frozen=True, slots=True)
class Word:
    """One word. `text` is as written, `redirect` the operator (`>`) that a redirection's target follows."""

    text: str
    start: int
    end: int
    uses: tuple[Use, ...]
    redirect: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command with its assignments and redirections. `after` is what stands behind it (`|`, `&`, `;` …).

    `inside` is what it stands in: `$(` or backquotes, `<(` or `>(`, `(`, `[[`, or nothing; `heredoc` are the uses in its here-documents.
    """

    words: tuple[Word, ...]
    after: str
    inside: str
    heredoc: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """`unclosed` is where a quote or bracket begins that never ends; commands are in the order in which they end."""

    commands: tuple[Command, ...]
    unclosed: int | None = field(default=None)
