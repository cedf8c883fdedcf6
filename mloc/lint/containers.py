"""Words of containers that are written for a shell, where none reads them, and words that are meant as two."""

from __future__ import annotations

from mloc import patterns
from mloc.diagnostics.model import Bag, Edit, Fix
from mloc.diagnostics.rules import CONTAINER_SHELL, CONTAINER_TWO_WORDS, SHELL_SPLICED, UNUSED_PARAMETER
from mloc.lint.placeholders import foreign_placeholder
from mloc.lint.program import Program
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import parts
from mloc.types.model import STR, ListOf, MapOf, Optional, Record, Type
from mloc.types.signature import Signature

_OPERATORS = frozenset(("|", "||", "&&", ";", "&", ">", ">>", "<", "2>&1", "2>", "|&"))
_SHELLS = patterns.of(r"(?:\S*/)?(?:ba|da|z|k|a)?sh\Z")
_INTERPRETERS = patterns.of(r"(?:\S*/)?(?:(?:ba|da|z|k|a)?sh|python[\d.]*|perl|ruby|node|Rscript|psql|mysql|sqlite3)\Z")
_CODE_FLAGS = patterns.of(r"-[a-z]*[ce]\Z")
_EXPANDED = patterns.of(r"\$(?:\{[A-Za-z_]\w*\}|[A-Z_][A-Z0-9_]{2,})")
_SUBSTITUTED = patterns.of(r"\$\([a-z][^)]*\s[^)]*\)|`[a-z][^`]*`")
_OPTION_AND_VALUE = patterns.of(r"(--?[A-Za-z][\w-]*)\s+(\S.*)\Z", 16)
_POSITIONAL = patterns.of(r"\$(?:[0-9@*#]|\{[0-9@*#])")
_OWN_LANGUAGES = frozenset(("awk", "gawk", "mawk", "sed", "jq", "yq", "perl", "envsubst"))


def containers(program: Program, bag: Bag) -> None:
    """W0644, W0645, W0632 and W0110 of the words of every container."""
    for step in program.steps():
        run = next((a for a in step.attributes if a.name.text == "run" and a.kind is not None and a.kind.text == "container"), None)
        signature = program.file.steps.signature(step)
        if run is None or signature is None:
            continue
        words = [
            word
            for name in ("command", "args")
            for argument in run.arguments
            if argument.name is not None and argument.name.text == name and isinstance(argument.value, t.ListLiteral)
            for word in argument.value.items
        ]
        _unused(program, step, words, bag)
        at = _script(words)
        if at is not None:
            _of_script(program, step.name.text, signature, words, at, bag)
            continue
        _plain(program, words, has_command=any(a.name is not None and a.name.text == "command" for a in run.arguments), bag=bag)


def _script(words: list[t.Expr]) -> int | None:
    """Which word is code for the interpreter that the container starts."""
    first = words[0] if words else None
    if not isinstance(first, t.Text) or not _INTERPRETERS.match(first.value):
        return None
    flags = [at for at, word in enumerate(words[:-1]) if isinstance(word, t.Text) and _CODE_FLAGS.match(word.value)]
    return flags[0] + 1 if flags else None


def _unused(program: Program, step: t.StepDef, words: list[t.Expr], bag: Bag) -> None:
    mentioned = {part.text for word in words for part in parts(word) if isinstance(part, t.Name)}
    for param in step.signature.params:
        name = param.name.text
        if words and name not in mentioned and not name.startswith("_"):
            message = f"input `{name}` of step `{step.name.text}` is unused: no word of its container mentions it"
            bag.report(UNUSED_PARAMETER, param.name.span, message, help="use it, or remove it")


# ---- without a shell ----


def _plain(program: Program, words: list[t.Expr], *, has_command: bool, bag: Bag) -> None:
    name = words[0].value if words and isinstance(words[0], t.Text) and has_command else None
    if name is not None and words and len(name.split()) > 1 and not name.startswith("/"):
        why = f"there is no program of that name, which is `{name.split()[0]}` with what it is given"
        _two_words(program, words[0], name.split(), why, bag)
    started = "the program" if name is None else f"`{name.split()[0]}`"
    own = name is not None and name.rpartition("/")[2] in _OWN_LANGUAGES
    flat = [single for word in words[1 if has_command else 0 :] for single in (word.items if isinstance(word, t.ListLiteral) else (word,))]
    for before, word in zip([None, *flat], flat, strict=False):
        text = _text(word)
        if text is None:
            continue
        after_option = isinstance(before, t.Text) and before.value.startswith("-")
        if _for_a_shell(text, word.span, started, own=own, after_option=after_option, bag=bag):
            return  # what follows belongs to the same line
        found = _OPTION_AND_VALUE.match(text)
        if found is not None:
            option, rest = found.groups()
            _two_words(program, word, [option, rest], f"{started} is given an option of that name, and no value for `{option}`", bag)


def _for_a_shell(text: str, span: Span, started: str, *, own: bool, after_option: bool, bag: Bag) -> bool:
    """Report a word that only a shell would read as it is meant."""
    no_shell = "no shell reads a container's command line"
    found = None if own else (_EXPANDED.search(text) or _SUBSTITUTED.search(text))
    foreign = foreign_placeholder(text)
    if text in _OPERATORS and not after_option:
        help_ = 'write the line for a shell, `command=["bash", "-c"], args=["…"]`, or make it a `run shell` step'
        bag.report(CONTAINER_SHELL, span, f"`{text}` is given to {started} as a word: {no_shell}", help=help_)
    elif found is not None:
        help_ = "give the value to the step as an input, let the program read the variable, or start a shell"
        bag.report(CONTAINER_SHELL, span, f"`{found.group()}` reaches {started} as it is: {no_shell}", help=help_)
    elif foreign is not None:
        message = f"`{foreign[0]}` is a placeholder of another tool, and reaches {started} as it is"
        bag.report(CONTAINER_SHELL, span, message, help="give the value to the step as an input")
    else:
        return False
    return True


def _two_words(program: Program, word: t.Expr, split: list[str], why: str, bag: Bag) -> None:
    shown = program.file.source.text[word.span.start : word.span.end]
    plain = isinstance(word, t.Text) and not word.long and "\\" not in shown and '"' not in word.value
    text = ", ".join(f'"{part}"' for part in split)
    if isinstance(word, t.FString) and word.parts and isinstance(word.parts[0], str):
        text = f'"{split[0]}", …'
    fix = Fix("machine-applicable", (Edit(word.span, text),)) if plain else None
    message = f"`{shown}` is one word: {why}"
    bag.report(CONTAINER_TWO_WORDS, word.span, message, help=f"write them apart: `{text}`", fix=fix)


def _text(word: t.Expr) -> str | None:
    """The text of a word, with something in the place of what an f-string puts in."""
    match word:
        case t.Text(value=value):
            return value
        case t.FString(parts=pieces):
            return "".join(piece if isinstance(piece, str) else "…" for piece in pieces)
        case _:
            return None


# ---- with a shell, or another interpreter ----


def _of_script(program: Program, step: str, signature: Signature, words: list[t.Expr], at: int, bag: Bag) -> None:
    code, rest = words[at], words[at + 1 :]
    first = words[0]
    interpreter = first.value.rpartition("/")[2] if isinstance(first, t.Text) else ""
    text = _text(code)
    if rest and text is not None and _SHELLS.match(interpreter) and not _POSITIONAL.search(text):
        message = f"`{interpreter}` takes `{text}` for all of the script, and what follows for its `$0`, `$1`, …, which it does not use"
        span = Span(code.span.file, rest[0].span.start, rest[-1].span.end)
        bag.report(CONTAINER_SHELL, span, message, help="write the script as one word, and read what is given to it as `$0`, `$1`, …")
    types = {i.name: i.type for i in signature.inputs}
    for part in parts(code) if isinstance(code, (t.FString, t.Name)) else ():
        if isinstance(part, t.Name) and part.text in types and _may_hold_code(types[part.text]):
            message = f"`{part.text}` becomes part of the code that `{interpreter}` runs in step `{step}`: what it holds is run"
            help_ = 'give it as a word of its own, and read it as `"$0"`' if _SHELLS.match(interpreter) else "give it as a word of its own"
            bag.report(SHELL_SPLICED, part.span, message, help=help_)


def _may_hold_code(type_: Type) -> bool:
    bare = type_.item if isinstance(type_, Optional) else type_
    return bare == STR or isinstance(bare, (ListOf, MapOf, Record))
