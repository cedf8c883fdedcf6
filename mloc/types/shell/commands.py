"""What a command of a script is: its name and arguments, what it assigns, and whether its words are split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from mloc import patterns
from mloc.types.shell.model import Command, Script, Use, Word

_KEYWORDS = frozenset("if then elif else fi do done while until { } ! time".split())
_WRAPPERS = frozenset("sudo env nohup exec command builtin nice stdbuf".split())
DECLARE = frozenset("export local declare readonly typeset".split())
_ASSIGNMENT = patterns.of(r"([A-Za-z_]\w*)(\[[^]]*\])?\+?=")
_NAME = patterns.of(r"[A-Za-z_]\w*\Z")


def words(command: Command) -> tuple[Word, ...]:
    """The command's name and arguments, without redirections, keywords, assignments before it, and commands that run others."""
    left = [word for word in command.words if not word.redirect]
    while left and (left[0].text in _KEYWORDS or _ASSIGNMENT.match(left[0].text) or left[0].text in _WRAPPERS):
        left.pop(0)
    return tuple(left)


def name(command: Command) -> str:
    """The name of what is run, without its folder; nothing for assignments alone."""
    found = words(command)
    return found[0].text.rpartition("/")[2] if found else ""


def is_split(command: Command, word: Word) -> bool:
    """Whether an unquoted variable in a word becomes several words."""
    if word.redirect == "<<<" or word.text.startswith("(("):
        return False
    first = next((w.text for w in command.words if w.text not in _KEYWORDS), "")
    if first in ("[[", "case", "for", "select"):
        return False
    is_assignment = _ASSIGNMENT.match(word.text) is not None and "(" not in word.text
    before = [w for w in words(command) if w.start < word.start]
    return not (is_assignment and (not before or before[0].text in DECLARE))


def assigned(script: Script) -> set[str]:
    """The variables that the script gives a value itself."""
    found: set[str] = set()
    for command in script.commands:
        found.update(match.group(1) for word in command.words if (match := _ASSIGNMENT.match(word.text)))
        found.update(_by_command(command))
        found.update(match for word in command.words for match in re.findall(r"\$\{(\w+):?=", word.text))
        found.update(match for word in command.words for match in re.findall(r"\(\(\s*(\w+)\s*(?:=|\+\+|\+=|-=)", word.text))
    return found


def _by_command(command: Command) -> Iterator[str]:
    """The variables that a builtin sets by their names."""
    texts = [word.text for word in words(command)]
    match texts:
        case ["for" | "select", variable, *_]:
            yield variable
        case ["read" | "mapfile" | "readarray" | "export" | "local" | "declare" | "readonly" | "typeset" | "unset" | "let", *rest]:
            yield from (text for text in rest if _NAME.match(text))
        case ["getopts", _, variable, *_]:
            yield from (variable, "OPTARG", "OPTIND")
        case ["printf", "-v", variable, *_]:
            yield variable
        case _:
            pass


def uses(script: Script) -> Iterator[Use]:
    """Every use of a variable."""
    for command in script.commands:
        yield from (use for word in command.words for use in word.uses)
        yield from command.heredoc


def defines_elsewhere(script: Script) -> bool:
    """Whether variables may come from what the script reads or makes, or may be unset without failing."""
    return any(name(c) in ("source", ".", "eval") or _sets(words(c), "+u") for c in script.commands)


def _sets(found: Iterable[Word], option: str) -> bool:
    texts = [word.text for word in found]
    sign, letter = option[0], option[1]
    return texts[:1] == ["set"] and any(text[:1] == sign and letter in text[1:] for text in texts[1:] if text[1:].isalpha())


def switches(command: Command, *options: str) -> bool:
    """Whether this is a `set` with one of the options: a sign and a letter (`+e`), or a sign and a long name (`+pipefail`)."""
    found = words(command)
    texts = [word.text for word in found]
    if texts[:1] != ["set"]:
        return False
    long = {sign[0] + value for sign, value in pairwise(texts) if sign in ("-o", "+o", "-eo", "-euo")}
    return any(option in long if len(option) > 2 else _sets(found, option) for option in options)
