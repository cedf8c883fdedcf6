"""`options:` of a pipeline: a closed table of what holds for a whole run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from mloc.diagnostics.model import Bag, Label
from mloc.diagnostics.rules import ATTRIBUTE_TWICE, BAD_ATTRIBUTE, UNKNOWN_ATTRIBUTE
from mloc.diagnostics.suggest import correction, suggest
from mloc.frozen import replace
from mloc.ir.model import Options
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import DURATION, INT

if TYPE_CHECKING:
    from mloc.elaborate.attributes import AttributeReader

OPTIONS = ("timeout", "max_parallel", "fail", "converge")
_EXAMPLES = {"timeout": "timeout 24h", "max_parallel": "max_parallel 8", "fail": "fail fast", "converge": "converge required"}
_FAMILIAR = {
    **dict.fromkeys(("parallelism", "max_parallelism", "concurrency", "max_active_tasks", "parallel"), "max_parallel"),
    **dict.fromkeys(("dagrun_timeout", "deadline", "active_deadline", "time_limit"), "timeout"),
    **dict.fromkeys(("fail_fast", "failfast", "failure_policy", "on_error"), "fail"),
}
"""What the engines call an option."""

Reader: TypeAlias = "Callable[[AttributeReader, t.Attribute, Options], Options]"


def options_of(reader: AttributeReader, body: tuple[t.Statement, ...]) -> Options:
    """The options of a pipeline; what is wrong with them is reported."""
    found, seen = Options(), dict[str, Span]()
    for attribute in (a for statement in body if isinstance(statement, t.Options) for a in statement.attributes):
        name = attribute.name.text
        if name not in OPTIONS:
            _unknown(reader.file.bag, attribute)
            continue
        if name in seen:
            there = Label(seen[name], "first here")
            reader.file.bag.report(ATTRIBUTE_TWICE, attribute.name.span, f"`{name}` is given twice in `options`", secondary=(there,))
            continue
        seen[name] = attribute.name.span
        found = _READERS[name](reader, attribute, found)
    return replace(found, spans=tuple(seen.items()))


def requires_convergence(body: tuple[t.Statement, ...]) -> bool:
    """Whether the loops of a pipeline must end by their `until`."""
    options = (a for statement in body if isinstance(statement, t.Options) for a in statement.attributes)
    return any(a.name.text == "converge" and _word(a) == "required" for a in options)


def _unknown(bag: Bag, attribute: t.Attribute) -> None:
    name = attribute.name.text
    familiar = _FAMILIAR.get(name)
    near = suggest(name, OPTIONS) if familiar is None else _EXAMPLES[familiar]
    help_ = f"did you mean `{near}`?" if near else f"there is {', '.join(f'`{option}`' for option in OPTIONS)}"
    if name in ("retry", "resources", "image", "env", "cache", "secrets"):
        help_ = f"`{name}` belongs to steps: write it in `defaults:`"
    fix = None if familiar else correction(attribute.name.span, name, OPTIONS)
    bag.report(UNKNOWN_ATTRIBUTE, attribute.name.span, f"`options` has no `{name}`", help=help_, fix=fix)


def _timeout(reader: AttributeReader, attribute: t.Attribute, found: Options) -> Options:
    value = _only(reader, attribute)
    number = None if value is None else reader.number(value, DURATION, "`timeout`", low=1)
    return found if number is None else replace(found, timeout_ms=int(number))


def _max_parallel(reader: AttributeReader, attribute: t.Attribute, found: Options) -> Options:
    value = _only(reader, attribute)
    number = None if value is None else reader.number(value, INT, "`max_parallel`", low=1)
    return found if number is None else replace(found, max_parallel=int(number))


def _word_of(words: tuple[str, ...], read: Callable[[str, Options], Options]) -> Reader:
    """A reader of an option that is one of some words."""

    def reader(reader: AttributeReader, attribute: t.Attribute, found: Options) -> Options:
        word = _word(attribute)
        if word in words:
            return read(word, found)
        name = attribute.name.text
        near = suggest(word, words)
        help_ = f"did you mean `{name} {near}`?" if near else f"as in `{_EXAMPLES[name]}`"
        span = attribute.arguments[0].span if attribute.arguments else attribute.span
        options = " or ".join(f"`{name} {each}`" for each in words)
        reader.file.bag.report(BAD_ATTRIBUTE, span, f"`{name}` is written {options}", help=help_, fix=correction(span, word, words))
        return found

    return reader


def _word(attribute: t.Attribute) -> str:
    """The one word after an option; empty when it is something else."""
    if attribute.block is not None or len(attribute.arguments) != 1 or attribute.arguments[0].name is not None:
        return ""
    value = attribute.arguments[0].value
    return value.text if isinstance(value, t.Name) else ""


def _only(reader: AttributeReader, attribute: t.Attribute) -> t.Expr | None:
    if attribute.block is None and len(attribute.arguments) == 1 and attribute.arguments[0].name is None:
        return attribute.arguments[0].value
    name = attribute.name.text
    reader.file.bag.report(BAD_ATTRIBUTE, attribute.span, f"`{name}` takes one value", help=f"as in `{_EXAMPLES[name]}`")
    return None


def _fail(word: str, found: Options) -> Options:
    return replace(found, fail_fast=word == "fast")


def _converge(_: str, found: Options) -> Options:
    return replace(found, converge=True)


_READERS: Mapping[str, Reader] = {
    "timeout": _timeout,
    "max_parallel": _max_parallel,
    "fail": _word_of(("drain", "fast"), _fail),
    "converge": _word_of(("required",), _converge),
}
