"""What a step promises about itself: `cache`, `effects`, `idempotent` and `publish`, read and held against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    BAD_ATTRIBUTE,
    CACHE_IGNORES_UNKNOWN,
    CACHED_WRITES,
    RETRIED_WRITES,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import DURATION, STR, Metrics, Optional, Record
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.attributes import AttributeReader, Leaves

EXAMPLE = 'cache version="1", ttl=30d, ignore=["etag"], scope=project'
PUBLISH = 'publish asset("models/churn")'
_EFFECTS = ("none", "reads", "writes", "random")
_SCOPES = ("pipeline", "project")
_CACHE = ("version", "ttl", "ignore", "scope")


def cache(reader: AttributeReader, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
    """`cache`, `cache false`, or `cache` with named arguments."""
    if len(arguments) == 1 and arguments[0].name is None and isinstance(arguments[0].value, t.Bool):
        return {"cache.on": int(arguments[0].value.value)}
    leaves: Leaves = {"cache.on": 1}
    for argument in arguments:
        if argument.name is None:
            return _bad(reader, argument.span, "`cache` takes `true`, `false` or named arguments", f"as in `{EXAMPLE}`")
        key = argument.name.text
        if key not in _CACHE:
            near = suggest(key, list(_CACHE))
            help_ = f"did you mean `{near}`?" if near else f"as in `{EXAMPLE}`"
            fix = correction(argument.name.span, key, _CACHE)
            reader.file.bag.report(BAD_ATTRIBUTE, argument.name.span, f"`cache` has no argument `{key}`", help=help_, fix=fix)
        elif f"cache.{key}" in leaves:
            _bad(reader, argument.name.span, f"`{key}` is given twice")
        else:
            leaves.update(_cache_argument(reader, key, argument.value))
    return leaves


def _cache_argument(reader: AttributeReader, key: str, value: t.Expr) -> Leaves:
    match key:
        case "version":
            text = reader.text(value, STR, "`version` of `cache`")
            return {} if text is None else {"cache.version": text}
        case "ttl":
            number = reader.number(value, DURATION, "`ttl` of `cache`", low=1)
            return {} if number is None else {"cache.ttl": int(number)}
        case "scope":
            name = value.text if isinstance(value, t.Name) else ""
            if name not in _SCOPES:
                return _bad(reader, value.span, "`scope` of `cache` is `pipeline` or `project`", "as in `cache scope=project`")
            return {"cache.scope": name}
        case _:
            items = value.items if isinstance(value, t.ListLiteral) else (value,)
            paths = tuple(item.value for item in items if isinstance(item, t.Text))
            if len(paths) != len(items):
                return _bad(
                    reader, value.span, "`ignore` of `cache` is a list of inputs, as strings", 'as in `cache ignore=["shard.etag"]`'
                )
            return {"cache.ignore": paths}


def effects(reader: AttributeReader, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
    """`effects reads, writes`: a promise to the optimiser and to those who read; it changes nothing in how a step runs."""
    if not arguments:
        return _bad(reader, span, "`effects` needs at least one effect", "as in `effects writes`")
    names: list[str] = []
    for argument in arguments:
        name = argument.value.text if isinstance(argument.value, t.Name) and argument.name is None else ""
        if name not in _EFFECTS:
            near = suggest(name, list(_EFFECTS))
            help_ = f"did you mean `{near}`?" if near else f"effects are {', '.join(_EFFECTS)}"
            fix = correction(argument.value.span, name, _EFFECTS)
            reader.file.bag.report(BAD_ATTRIBUTE, argument.span, "this is not an effect", help=help_, fix=fix)
        names.append(name)
    if "none" in names and len(set(names)) > 1:
        return _bad(reader, span, "`effects none` stands alone: a step has no effects, or the ones named", "leave `none` out")
    return {"effects": tuple(name for name in _EFFECTS if name in names)} if set(names) <= set(_EFFECTS) else {}


def idempotent(reader: AttributeReader, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
    """`idempotent`: doing it twice is doing it once, so that a retry does no harm."""
    return _bad(reader, span, "`idempotent` takes no argument") if arguments else {"idempotent": 1}


def publish(reader: AttributeReader, arguments: tuple[t.Argument, ...], span: Span) -> Leaves:
    """`publish asset("name"), …`: what a run of the step updates, for the triggers of other pipelines."""
    names = tuple(asset_name(argument.value) or "" for argument in arguments if argument.name is None)
    if not names or "" in names or len(names) != len(arguments):
        return _bad(reader, span, "`publish` takes assets by name", f"as in `{PUBLISH}`")
    return {"publish": tuple(dict.fromkeys(names))}


def asset_name(expr: t.Expr) -> str | None:
    """The name in `asset("…")`; None when an expression is something else."""
    match expr:
        case t.CallExpr(callee=t.Name(text="asset"), arguments=(t.Argument(name=None, value=t.Text(value=name)),)):
            return name
        case _:
            return None


def _bad(reader: AttributeReader, span: Span, message: str, help_: str | None = None) -> Leaves:
    reader.file.bag.report(BAD_ATTRIBUTE, span, message, help=help_)
    return {}


def held(reader: AttributeReader, step: t.StepDef, signature: Signature, merged: Leaves) -> None:
    """Report promises of a step that contradict each other; `merged` are its leaves over the file's defaults."""
    _ignored(reader, step, signature)
    written = merged.get("effects")
    if not isinstance(written, tuple) or "writes" not in written:
        return
    name = step.name.text
    there = place(step, "effects")
    said = () if there is None else (Label(there, "it writes"),)
    if merged.get("cache.on"):
        where = place(step, "cache") or step.name.span
        help_ = "leave `cache` out, or split the writing into a step of its own"
        message = f"step `{name}` is cached but `effects writes`: a hit would skip what it writes"
        reader.file.bag.report(CACHED_WRITES, where, message, secondary=said, help=help_)
    if merged.get("retry.count") and not merged.get("idempotent"):
        _retried(reader, step, said)


def _retried(reader: AttributeReader, step: t.StepDef, said: tuple[Label, ...]) -> None:
    name = step.name.text
    own = place(step, "retry")
    where = own or step.name.span
    notes = () if own is not None else ("`retry` comes from the `defaults` of the file",)
    message = f"a retry of step `{name}` may write a second time: it has `effects writes` and is not said to be idempotent"
    help_ = "say `idempotent` if writing twice is writing once, else `retry 0`"
    line = reader.file.source.line_start(reader.file.source.position(where.start).line)
    indent = reader.file.source.text[line : where.start]
    fix = None
    if own is not None and not indent.strip():
        fix = Fix("maybe-incorrect", (Edit(Span(where.file, where.start, where.start), f"idempotent\n{indent}"),))
    reader.file.bag.report(RETRIED_WRITES, where, message, secondary=said, notes=notes, help=help_, fix=fix)


def _ignored(reader: AttributeReader, step: t.StepDef, signature: Signature) -> None:
    inputs = {i.name: i.type for i in signature.inputs}
    for text in _ignore_texts(step):
        head, *rest = text.value.split(".")
        if head not in inputs:
            near = suggest(head, list(inputs))
            help_ = f"did you mean `{near}`?" if near else f"its inputs are {', '.join(f'`{i}`' for i in inputs)}"
            message = f"`ignore` of `cache` names `{head}`, which step `{step.name.text}` does not take"
            reader.file.bag.report(CACHE_IGNORES_UNKNOWN, text.span, message, help=help_)
            continue
        type_ = inputs[head]
        for field in rest:
            type_ = type_.item if isinstance(type_, Optional) else type_
            fields = {f.name: f.type for f in type_.fields} if isinstance(type_, (Record, Metrics)) else {}
            if field not in fields:
                near = suggest(field, list(fields))
                message = f"`ignore` of `cache` names `{text.value}`, and `{head}` has no field `{field}`"
                reader.file.bag.report(CACHE_IGNORES_UNKNOWN, text.span, message, help=f"did you mean `{near}`?" if near else None)
                break
            type_ = fields[field]


def _ignore_texts(step: t.StepDef) -> list[t.Text]:
    arguments = [a for attribute in step.attributes if attribute.name.text == "cache" for a in attribute.arguments]
    values = [a.value for a in arguments if a.name is not None and a.name.text == "ignore"]
    items = [item for value in values for item in (value.items if isinstance(value, t.ListLiteral) else (value,))]
    return [item for item in items if isinstance(item, t.Text)]


def place(step: t.StepDef, attribute: str) -> Span | None:
    """Where a step says an attribute itself."""
    return next((a.span for a in step.attributes if a.name.text == attribute), None)
