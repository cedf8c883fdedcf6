"""Finds failures that a script would not see, and commands that fail because another one stops reading."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mloc import patterns
from mloc.diagnostics.rules import SHELL_EARLY_END, SHELL_HIDDEN_FAILURE
from mloc.types.shell.commands import DECLARE, name, switches, words
from mloc.types.shell.model import Command, Script
from mloc.types.shell.splices import Found

_QUITS = patterns.of(r"-[A-Za-z]*q|-m|--quiet|--max-count")
_FAILS = patterns.of(r"-[A-Za-z]*f[A-Za-z]*\Z|--fail\b|--fail-with-body\Z")
_KEEPS = patterns.of(r"-[A-Za-z]*[oO]\Z|--output\b|--remote-name\b|-o.+")
_LOOKS = patterns.of(r"-[A-Za-z]*w\Z|--write-out\b|-[A-Za-z]*I\Z|--head\Z")
"""With these the script sees the status itself."""
_SWITCHES = {"+e": "a failing command", "+errexit": "a failing command", "+pipefail": "a failure before the last `|`"}
_SUBSTITUTED = patterns.of(r"\w+=.*(?:\$\((?!\()|`)", re.DOTALL)


def failures(script: Script, outs: frozenset[str]) -> Iterator[Found]:
    """Where the failure of a command goes unseen; `outs` are the variables of outputs."""
    for index, command in enumerate(script.commands):
        following = script.commands[index + 1] if index + 1 < len(script.commands) else None
        yield from _declared(command)
        yield from _substituted(command)
        yield from _ignored(command, following, outs)
        yield from _early(command, following)
        yield from _answer(command, following)
    yield from _switched_off(script)
    yield from _background(script)


def _hidden(command: Command, message: str, help_: str) -> Found:
    found = words(command) or command.words
    return Found(SHELL_HIDDEN_FAILURE, found[0].start, found[-1].end, message, help_)


def _declared(command: Command) -> Iterator[Found]:
    if name(command) in DECLARE:
        for word in words(command)[1:]:
            if _SUBSTITUTED.match(word.text):
                variable = word.text.partition("=")[0]
                message = f"a failure inside `{_short(word.text)}` is not seen: `{name(command)}` succeeds all the same"
                help_ = f"assign first: `{variable}=$(…)`, then `{name(command)} {variable}`"
                yield Found(SHELL_HIDDEN_FAILURE, word.start, word.end, message, help_)


def _short(text: str) -> str:
    return text if len(text) <= 40 and "\n" not in text else f"{text[:30].splitlines()[0]}…"


def _substituted(command: Command) -> Iterator[Found]:
    for word in command.words:
        if word.text.startswith("<("):
            message = f"a failure of `{word.text[2:].split()[0]}` in `<(…)` is not seen, and what it wrote until then is used"
            yield Found(SHELL_HIDDEN_FAILURE, word.start, word.end, message, "write it to a file first, and read that")


def _ignored(command: Command, following: Command | None, outs: frozenset[str]) -> Iterator[Found]:
    if command.after != "||" or following is None or name(following) not in ("true", ":"):
        return
    written = next((use.name for word in command.words for use in word.uses if use.name in outs), None)
    if written is not None:
        message = f"a failure of `{name(command)}` is ignored, and `${written}` is taken for whole"
        yield _hidden(command, message, f"leave `|| {name(following)}` out, or write what stands for a failure to `${written}`")


def _early(command: Command, following: Command | None) -> Iterator[Found]:
    """`producer | head`: the producer is killed when the reader ends first, which fails the step."""
    if command.after != "|" or following is None or following.inside != command.inside:
        return
    reader = name(following)
    quits = reader == "head" or (reader == "grep" and any(_QUITS.match(word.text) for word in words(following)))
    if quits and name(command) not in ("", "echo", "printf"):
        found = words(following)
        message = f"`{reader}` may end before `{name(command)}` has written everything, which is then killed and fails the step"
        help_ = "read to the end, as `sed -n 1,10p` or `awk 'NR <= 10'` do: a step runs with `pipefail`"
        yield Found(SHELL_EARLY_END, found[0].start, found[-1].end, message, help_)


def _answer(command: Command, following: Command | None) -> Iterator[Found]:
    """`curl` without `-f` whose answer is kept: an error of the server is an answer, too."""
    found = [word.text for word in words(command)]
    if name(command) != "curl" or any(_FAILS.match(text) for text in found) or any(_LOOKS.match(text) for text in found):
        return
    kept = any(_KEEPS.match(text) for text in found) or any(word.redirect in (">", ">>") for word in command.words)
    if kept or (command.after == "|" and following is not None):
        message = "`curl` succeeds when the server answers with an error, and keeps the page that says so"
        yield _hidden(command, message, "add `-f` (`--fail`)")


def _switched_off(script: Script) -> Iterator[Found]:
    off: tuple[Command, str] | None = None
    for command in script.commands:
        for option, what in _SWITCHES.items():
            if switches(command, option):
                off = command, what
            if off is not None and switches(command, option.replace("+", "-")):
                off = None
    if off is not None:
        yield _hidden(off[0], f"from here on {off[1]} no longer fails the step", "leave it out, or switch it on again after what may fail")


def _background(script: Script) -> Iterator[Found]:
    if any(name(command) == "wait" for command in script.commands):
        return
    for command in script.commands:
        if command.after == "&" and words(command):
            message = f"nothing waits for `{name(command)}`: its failure is not seen, and it may be ended with the step"
            yield _hidden(command, message, "end the script with `wait`, or leave `&` out")
