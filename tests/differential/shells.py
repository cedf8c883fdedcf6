"""Random scripts of shell steps: they hand inputs on, compute a little, fail, or write what was not declared."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from mloc.types.model import BOOL, FLOAT, INT, STR, ListOf, Optional, Type
from tests.differential import constants
from tests.differential.tree import Line

Typed = Sequence[tuple[str, Type]]
_GARBAGE = ("nonsense", "", "null", "1.5", "[null]", '{"a": 1}', "\\377", "a\\0b", "9223372036854775808", " 1 ", "i:5", "f:nan", "1\\n\\n")
_ENDINGS = ("exit 7", "false | cat", "cat missing | cat", "kill -TERM $$", "(exit 3)", "no_such_command")


def script(inputs: Typed, outputs: Typed, rng: Random, fails: float) -> Line | None:
    """A script for these inputs and outputs; None where it could not make one of them."""
    lines = []
    if rng.random() < fails:
        lines.append(_failing(inputs, rng))
    for name, type_ in outputs:
        ways = _ways(inputs, type_)
        if not ways:
            return None
        made = rng.choice(ways) if rng.random() > 0.04 else f"printf '{rng.choice(_GARBAGE)}'"
        lines.append(f'{made} > "$out{"_" if name else ""}{name}"')
    if rng.random() < 0.1:
        lines.append(rng.choice(("echo done", "pwd | wc -l", 'echo "${NOTE:-none}" >&2', "ls -A | grep -c . || true")))
    return Line("\n".join(['run shell """', *(f"    {line}" for line in lines or ["true"]), '    """']))


def _failing(inputs: Typed, rng: Random) -> str:
    """A line that fails for some inputs."""
    ending = rng.choice(_ENDINGS)
    for name, type_ in inputs:
        if type_ == INT and rng.random() < 0.7:
            return f'if [ "${name}" -gt {rng.choice((0, 1, 2))} ]; then {ending}; fi'
        if type_ == STR and rng.random() < 0.7:
            return f'if [ -n "${name}" ]; then {ending}; fi'
        if isinstance(type_, Optional) and rng.random() < 0.7:
            return f'if [ "${name}" = null ]; then {ending}; fi'
    return ending if rng.random() < 0.5 else f"if false; then {ending}; fi"


def _ways(inputs: Typed, type_: Type) -> list[str]:
    """Commands that print a value of a type."""
    ways = [f"printf '%s' \"${name}\"" for name, given in inputs if given == type_ and type_ != FLOAT]
    if type_ == constants.FILE:
        ways = [f'cat "${name}"' for name, given in inputs if given == type_]
        return [*ways, *(f"printf '%s' \"${name}\"" for name, given in inputs if given == STR), "printf 'made'"]
    if type_ == INT:
        ways += ["printf 12", *(f'printf "%s" "${{#{name}}}"' for name, given in inputs if given == STR)]
        ways += [f"echo $(( {name} / 2 ))" for name, given in inputs if given == INT]
        ways += [f'wc -c < "${name}"' for name, given in inputs if given == constants.FILE]
    if type_ == STR:
        ways += [f"printf '<%s>\\n' \"${name}\"" for name, _ in inputs] + ["printf 'two\\nlines\\n\\n'"]
        ways += [f'cat "${name}"' for name, given in inputs if given == constants.FILE]
    if type_ == BOOL:
        ways += ["printf true", *(f'if [ -n "${name}" ]; then echo true; else echo false; fi' for name, _ in inputs)]
    if type_ == ListOf(INT):
        ways += [f"printf '[%s, 1]' \"${name}\"" for name, given in inputs if given == INT] + ["printf '[3, 1, 2]'"]
    if type_ == constants.POINT:
        ways += [f'printf \'{{"x": %s, "tag": null, "more": 1}}\' "${name}"' for name, given in inputs if given == INT]
    if isinstance(type_, Optional):
        ways += ["printf null"]
    return ways
