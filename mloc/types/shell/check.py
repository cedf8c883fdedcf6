"""Checks the script of a shell step: its variables are inputs, its values stay values, and its failures are seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from mloc.diagnostics.model import Bag, Edit, Fix, Rule
from mloc.diagnostics.rules import (
    SHELL_COUNT,
    SHELL_LITERAL,
    SHELL_NAME,
    SHELL_NULL,
    SHELL_SYNTAX,
    SHELL_TAKEN,
    SHELL_TEMPLATE,
    SHELL_UNQUOTED,
    SHELL_WORDS,
)
from mloc.diagnostics.suggest import suggest
from mloc.frozen import dataclass
from mloc.source import Span
from mloc.types.model import Enum, ListOf, MapOf, Optional, Record, Scalar, Type
from mloc.types.shell import failures, splices
from mloc.types.shell.commands import assigned, defines_elsewhere, is_split, name, uses, words
from mloc.types.shell.model import Command, Script, Use, Word
from mloc.types.shell.scan import scan
from mloc.types.shell.templates import templates
from mloc.types.show import show
from mloc.types.signature import Signature

Place = Callable[[int, int], Span]
"""The place in the program of a stretch of the script."""

_TAKEN = frozenset("PATH HOME LANG IFS PWD SHELL BASH_ENV LD_PRELOAD LD_LIBRARY_PATH".split())
_GIVEN = frozenset(
    """PATH HOME LANG PWD OLDPWD UID EUID PPID RANDOM SRANDOM SECONDS LINENO HOSTNAME IFS SHLVL BASH BASHPID BASH_SOURCE BASH_VERSION
    OSTYPE MACHTYPE HOSTTYPE FUNCNAME PIPESTATUS REPLY OPTIND EPOCHSECONDS EPOCHREALTIME TMPDIR SHELL _""".split()
)
_BY_NAME = frozenset("sh bash zsh ksh dash ash awk gawk mawk jq yq perl envsubst xargs parallel find su ssh watch trap eval".split())
"""Commands that give `$name` in single quotes a meaning of their own."""
_PLAIN = ("int", "float", "bool", "bytes", "duration", "ratio", "date", "datetime")


@dataclass(frozen=True, slots=True)
class Shell:
    """A script with what is declared around it; `variables` gives what the runner sets, an output's type being None."""

    script: Script
    text: str
    step: str
    variables: dict[str, Type | None]
    place: Place
    bag: Bag

    def report(self, rule: Rule, start: int, end: int, message: str, help: str | None = None, fix: Fix | None = None) -> None:
        self.bag.report(rule, self.place(start, end), message, help=help, fix=fix)


def check_shell(text: str, signature: Signature, environment: frozenset[str], place: Place, bag: Bag) -> None:
    """Report what is wrong in a script; `environment` names the variables that the step declares."""
    outs = {f"out_{o.name}" if signature.named_outputs else "out": None for o in signature.outputs}
    for input_ in signature.inputs:
        if input_.name in _TAKEN or input_.name in outs:
            why = "tells the shell where its commands are" if input_.name == "PATH" else "has a meaning of its own in a shell step"
            bag.report(SHELL_TAKEN, input_.span, f"the input `{input_.name}` would hide `${input_.name}`, which {why}", help="rename it")
    inputs: dict[str, Type | None] = {i.name: i.type for i in signature.inputs}
    script = scan(text)
    if script is None:
        return  # hundreds of brackets in each other: no person wrote it, and half of it tells nothing
    shell = Shell(script, text, signature.name, {**inputs, **outs}, place, bag)
    if shell.script.unclosed is not None:
        at = shell.script.unclosed
        message = f"`{text[at : at + 1]}` is never closed in the script of `{signature.name}`"
        shell.report(SHELL_SYNTAX, at, at + 1, message, 'close it; a quote inside double quotes is written `\\"`')
        return
    _names(shell, environment)
    _quotes(shell)
    _nulls(shell)
    for start, end, written, meant in templates(text, inputs | outs):
        message = f"nothing fills in `{written}`: a shell step has its values in variables"
        shell.report(SHELL_TEMPLATE, start, end, message, f'write `"${meant}"`')
    _counts(shell, frozenset(out for out, output in zip(outs, signature.outputs, strict=True) if _is_number(output.type)))
    for found in (*splices.splices(shell.script, _texts(shell)), *failures.failures(shell.script, frozenset(outs))):
        shell.report(found.rule, found.start, found.end, found.message, found.help)


def _is_number(type_: Type) -> bool:
    bare = _bare(type_)
    return isinstance(bare, Scalar) and bare.name in ("int", "float")


def _counts(shell: Shell, numbers: frozenset[str]) -> None:
    """`wc -l FILE > "$out_n"`: what is written is the number and the name of the file."""
    for command in shell.script.commands:
        found = words(command)
        files = [word for word in found[1:] if not word.text.startswith("-")]
        kept = any(word.redirect in (">", ">>") and any(use.name in numbers for use in word.uses) for word in command.words)
        if name(command) == "wc" and files and kept:
            message = f"`wc` of a named file writes its name behind the number, and the output of `{shell.step}` is a number"
            help_ = f"let it read the file: `wc {_option(found)}< {files[0].text}`"
            shell.report(SHELL_COUNT, found[0].start, found[-1].end, message, help_)


def _option(found: tuple[Word, ...]) -> str:
    return "".join(f"{word.text} " for word in found[1:] if word.text.startswith("-"))


def _texts(shell: Shell) -> frozenset[str]:
    """The inputs that hold text of the user's choice."""
    return frozenset(name for name, type_ in shell.variables.items() if type_ is not None and not _is_plain(type_) and not _is_path(type_))


def _bare(type_: Type) -> Type:
    return type_.item if isinstance(type_, Optional) else type_


def _is_plain(type_: Type) -> bool:
    """Whether no value of a type has a blank in its text."""
    bare = _bare(type_)
    return isinstance(bare, Enum) or (isinstance(bare, Scalar) and bare.name in _PLAIN)


def _is_path(type_: Type) -> bool:
    bare = _bare(type_)
    return not isinstance(bare, (Scalar, Enum, ListOf, MapOf, Record))


# ---- names ----


def _names(shell: Shell, environment: frozenset[str]) -> None:
    """Variables that nothing sets: the shell runs with `-u`, so the step would fail."""
    if defines_elsewhere(shell.script):
        return
    known = {*shell.variables, *environment, *_GIVEN, *assigned(shell.script)}
    functions = any(c.after == "()" or name(c) == "function" for c in shell.script.commands)
    for use in _expanded(shell.script):
        if use.name in known or use.guarded or not (use.name[0].isalpha() or use.name[0] in "_123456789"):
            continue
        if use.name.isdigit():
            if not functions:
                message = f"`${use.name}` is an argument of the script, and a step gives it none"
                shell.report(SHELL_NAME, use.start, use.end, message, _inputs(shell))
            continue
        near = suggest(use.name, [*shell.variables, *environment])
        help_ = f"did you mean `${near}`?" if near else f"{_inputs(shell)}; another variable is declared with `env`"
        shell.report(SHELL_NAME, use.start, use.end, f"`${use.name}` is not an input of `{shell.step}`, and nothing sets it", help_)


def _inputs(shell: Shell) -> str:
    names = ", ".join(f"`${name}`" for name in list(shell.variables)[:8])
    return f"the script has {names}" if names else "the script has no inputs"


def _expanded(script: Script) -> Iterator[Use]:
    return (use for use in uses(script) if use.quoting != "single")


def _nulls(shell: Shell) -> None:
    """Optional inputs, which are the text `null` when they are not given; a script that has the word seems to know."""
    if re.search(r"\bnull\b", shell.text):
        return
    told: set[str] = set()
    for use in _expanded(shell.script):
        type_ = shell.variables.get(use.name)
        if isinstance(type_, Optional) and use.name not in told:
            told.add(use.name)
            message = f"`${use.name}` may be null (`{show(type_)}`), and is then the text `null` in the script of `{shell.step}`"
            help_ = f'ask for it: `if [ "${use.name}" != null ]; then …`, or give the input a value with `?? …` at the call'
            shell.report(SHELL_NULL, use.start, use.end, message, help_)


# ---- quotes ----


def _quotes(shell: Shell) -> None:
    for command in shell.script.commands:
        in_test = any(word.text in ("[[", "case") for word in command.words[:2])
        for word in command.words:
            for use in word.uses:
                if use.name not in shell.variables:
                    continue
                if use.quoting == "single":
                    _literal(shell, command, use)
                elif _is_list(shell.variables[use.name]) and use.quoting == "no" and name(command) in ("for", "select"):
                    _listed(shell, use)
                elif use.quoting == "no" and not use.number and not in_test and is_split(command, word):
                    _unquoted(shell, word, use)


def _is_list(type_: Type | None) -> bool:
    return type_ is not None and isinstance(_bare(type_), (ListOf, MapOf, Record))


def _literal(shell: Shell, command: Command, use: Use) -> None:
    if name(command) in _BY_NAME or any(word.text in _BY_NAME for word in words(command)):
        return
    shell.report(
        SHELL_LITERAL,
        use.start,
        use.end,
        f"`${use.name}` stands in single quotes, where the shell leaves it as it is",
        "use double quotes",
    )


def _listed(shell: Shell, use: Use) -> None:
    type_ = shell.variables[use.name]
    what = "list" if type_ is not None and isinstance(_bare(type_), ListOf) else "value"
    shell.report(
        SHELL_WORDS,
        use.start,
        use.end,
        f"`${use.name}` is the JSON text of a {what}, and a loop over it takes that apart at blanks",
        f"""read it with jq: `jq -r '.[]' <<< "${use.name}" | while read -r item; do …`, or use a `for` of the pipeline""",
    )


def _unquoted(shell: Shell, word: Word, use: Use) -> None:
    type_ = shell.variables[use.name]
    if type_ is not None and _is_plain(type_):
        return
    span = shell.place(use.start, use.end)
    written = shell.text[use.start : use.end]
    exact = span.end - span.start == use.end - use.start
    fix = Fix("machine-applicable", (Edit(span, f'"{written}"'),)) if exact else None
    where = "a redirection to it fails" if word.redirect else "a blank in it makes it several words"
    shell.report(SHELL_UNQUOTED, use.start, use.end, f"`{written}` is not quoted: {where}", f'write `"{written}"`', fix)
