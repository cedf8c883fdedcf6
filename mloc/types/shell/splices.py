"""Finds values that would become code: pasted into the text of another command's program."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from mloc import patterns
from mloc.diagnostics.model import Rule
from mloc.diagnostics.rules import SHELL_SPLICED
from mloc.frozen import dataclass
from mloc.types.shell.commands import name, words
from mloc.types.shell.model import Command, Script, Use, Word

_SHELLS = frozenset("sh bash zsh ksh dash ash su".split())
_CODE_AFTER = {
    **dict.fromkeys(_SHELLS, patterns.of(r"-[a-z]*c\Z")),
    **dict.fromkeys(("python", "python3", "psql", "duckdb", "clickhouse-client"), patterns.of(r"-c\Z|--command\Z|--query\Z|-q\Z")),
    **dict.fromkeys(("perl", "ruby", "node", "Rscript", "mysql", "mariadb", "beeline", "hive"), patterns.of(r"-e\Z|--execute\Z")),
}
"""Commands with the option whose argument is code."""
_FIRST = frozenset("awk gawk mawk jq".split())
"""Commands with an argument that is code: the first that is no option nor the value of one, and more than a variable."""
_PROGRAM = patterns.of(r'".*[ {.]')


@dataclass(frozen=True, slots=True)
class Found:
    """A finding in a script, from `start` to `end`."""

    rule: Rule
    start: int
    end: int
    message: str
    help: str


def splices(script: Script, texts: frozenset[str]) -> Iterator[Found]:
    """Where one of the inputs `texts` becomes part of a program."""
    for command in script.commands:
        for word, what in _code(command):
            for use in word.uses:
                if use.name in texts and use.quoting != "single":
                    yield _found(use, what)
        for word in command.words:
            yield from (_json(use) for use in word.uses if use.name in texts and _in_json(word, use))


def _code(command: Command) -> Iterator[tuple[Word, str]]:
    """The words of a command that are code, with what runs them."""
    found, what = words(command), name(command)
    if what == "eval":
        yield from ((word, what) for word in found[1:])
    elif what == "ssh":
        yield from ((word, what) for word in found[2:] if " " in word.text)
    elif what == "sqlite3":
        yield from ((word, what) for word in found[2:])
    elif what in _FIRST:
        programs = [word for before, word in pairwise(found) if _PROGRAM.match(word.text) and not before.text.startswith("-")]
        yield from ((word, what) for word in programs[:1])
    elif what in _CODE_AFTER:
        after = _CODE_AFTER[what]
        yield from ((word, what) for option, word in pairwise(found) if after.match(option.text))


def _found(use: Use, what: str) -> Found:
    if what in _SHELLS or what in ("eval", "ssh"):
        message = f"`${use.name}` becomes part of a command of `{what}`: whoever gives the value can run commands"
        help_ = f'call the command itself with `"${use.name}"`, or hand it over: `{what} -c \'… "$1"\' _ "${use.name}"`'
        if what in ("eval", "ssh"):
            help_ = f'call the command itself, with `"${use.name}"` as one argument'
    else:
        message = f"`${use.name}` becomes part of the code that `{what}` runs: a quote in it ends the text, and what follows is run"
        help_ = "hand it over as an argument, a variable or a parameter of that program"
    return Found(SHELL_SPLICED, use.start, use.end, message, help_)


def _in_json(word: Word, use: Use) -> bool:
    """Whether a value stands between escaped quotes of a JSON text: `"{\\"a\\": \\"$name\\"}"`."""
    return "{" in word.text and word.text[: use.start - word.start].endswith('\\"') and use.quoting == "double"


def _json(use: Use) -> Found:
    message = f"`${use.name}` becomes part of a JSON text: a quote in it ends the text"
    return Found(SHELL_SPLICED, use.start, use.end, message, f"""let jq write it: `jq -n --arg {use.name} "${use.name}" '{{…}}'`""")
