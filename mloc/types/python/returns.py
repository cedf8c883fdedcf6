"""Whether a Python function returns the outputs that its step declares."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import assert_never

from mloc.diagnostics.model import Label
from mloc.diagnostics.rules import LOCAL_PATH, PATH_AS_TEXT, RETURN_MISMATCH, TUPLE_OUTPUTS, UNRESOLVED_ANNOTATION
from mloc.diagnostics.suggest import suggest
from mloc.types.model import STR, MapOf, Metrics, Optional, Record
from mloc.types.python.annotations import (
    NONE,
    Annotation,
    Anything,
    Choice,
    Either,
    Enumeration,
    Items,
    Mapping,
    Never,
    Other,
    Places,
    Plain,
    Structure,
    Unresolved,
)
from mloc.types.python.bodies import dict_returns, local_path, only_raises, returns_value
from mloc.types.python.fit import AsText, Unsure, arrives, describe, gives
from mloc.types.python.report import Step, spoken
from mloc.types.show import show
from mloc.types.signature import Output


def check_returns(step: Step, sinks: frozenset[str]) -> None:
    """Report where what the function returns is not the declared outputs; those in `sinks` it writes to a path it is given."""
    outputs = tuple(o for o in step.signature.outputs if o.name not in sinks)
    if not outputs:
        return
    node = step.function.node
    annotation = step.resolver.read(step.function.module, node.returns)
    single = len(step.signature.outputs) == 1
    nullable = single and isinstance(outputs[0].type, Optional)
    silent = node.returns is None and not returns_value(node.body) and not only_raises(node.body)
    if (annotation == NONE or silent) and not nullable:
        _report_nothing(step, outputs, silent)
    elif single:
        _check_one(step, outputs[0], annotation)
    else:
        _check_several(step, outputs, annotation)


def _report_nothing(step: Step, outputs: tuple[Output, ...], silent: bool) -> None:
    how = "has no `return` with a value" if silent else "returns None"
    what = _declares(step, outputs) if step.signature.named_outputs else f"step `{step.signature.name}` declares an output"
    step.report(
        RETURN_MISMATCH,
        outputs[0].span,
        f"`{step.written}` {how}, but {what}",
        label="never given",
        help=_how_to_return(step, outputs),
    )


def _how_to_return(step: Step, outputs: Sequence[Output]) -> str:
    if len(step.signature.outputs) == 1:
        return f"return {spoken(arrives(outputs[0].type))}"
    return f"return a NamedTuple, dataclass, TypedDict or dict with {_listed([o.name for o in outputs])}"


def _check_one(step: Step, output: Output, annotation: Annotation) -> None:
    inner = _without_none(annotation)
    wrapped = isinstance(inner, Structure) and len(inner.members) == 1 and inner.members[0].name == output.name
    if wrapped and not isinstance(output.type, (Record, Metrics, MapOf)):
        step.report(
            RETURN_MISMATCH,
            output.span,
            f"`{step.written}` returns {describe(inner)}, but a single output is returned bare",
            label=f"the value of `{output.name}` itself",
            help=f"return {spoken(arrives(output.type))}",
        )
        return
    _check_type(step, output, annotation)
    path = local_path(step.function.node.body) if output.type == STR else None
    if path is not None:
        step.report(
            LOCAL_PATH,
            step.run_span,
            f"`{step.written}` returns the path `{ast.unparse(path)}` as text, and the next step may run where that file is not",
            label="gives a path, not the file",
            help=f"declare the output as `File` or `Dir` and return the `Path`: then `{output.name}` is the file itself",
        )


def _check_type(step: Step, output: Output, annotation: Annotation, text: str = "") -> None:
    verdict = gives(step.resolver, output.type, annotation, output.domain)
    if verdict is None:
        return
    text = text or _returns_text(step)
    if isinstance(verdict, Unsure):
        message = f"`{verdict.text}` cannot be resolved, so what `{step.written}` returns is not checked"
        step.report(UNRESOLVED_ANNOTATION, output.span, message, label=f"should be {spoken(arrives(output.type))}")
        return
    if isinstance(verdict, AsText):
        message = f"`{step.written}` returns the `{show(output.type)}` `{output.name}` as `str`; files and folders are `pathlib.Path`"
        step.report(PATH_AS_TEXT, output.span, message, label="a path", help=f"annotate it `{text.replace('str', 'Path')}`")
        return
    because = f": {verdict.reason}" if verdict.reason else ""
    named = f"output `{output.name}`" if step.signature.named_outputs else "its output"
    step.report(
        RETURN_MISMATCH,
        output.span,
        f"`{step.written}` returns `{text}`, step `{step.signature.name}` declares {named} as `{show(output.type)}`{because}",
        label=f"`{show(output.type)}` here",
        help=f"`{show(output.type)}` is returned as {spoken(arrives(output.type))}",
    )


def _returns_text(step: Step) -> str:
    returns = step.function.node.returns
    return "" if returns is None else ast.unparse(returns)


def _declares(step: Step, outputs: Sequence[Output]) -> str:
    plural = "s" if len(outputs) > 1 else ""
    return f"step `{step.signature.name}` declares the output{plural} {_listed([o.name for o in outputs])}"


def _check_several(step: Step, outputs: tuple[Output, ...], annotation: Annotation) -> None:
    match annotation:
        case Anything():
            _check_dicts(step, outputs)
        case Mapping(_, value):
            _check_dicts(step, outputs)
            for output in outputs:
                _check_type(step, output, value)
        case Structure():
            _check_fields(step, outputs, annotation)
        case Places(items):
            _check_places(step, outputs, items)
        case Items(item, "tuple"):
            _check_places(step, outputs, (item,) * len(step.signature.outputs))
        case Unresolved(text):
            message = f"`{text}` cannot be resolved, so what `{step.written}` returns is not checked"
            step.report(UNRESOLVED_ANNOTATION, step.run_span, message, label="its result is not checked")
        case Either(members) if NONE not in members:
            for member in members:
                _check_several(step, outputs, member)
        case Never():
            return
        case Plain() | Choice() | Enumeration() | Other() | Items() | Either():
            step.report(
                RETURN_MISMATCH,
                outputs[0].span,
                f"`{step.written}` returns `{_returns_text(step)}`, but {_declares(step, outputs)}",
                label="to be returned by name",
                help=_how_to_return(step, outputs),
            )
        case _:
            assert_never(annotation)


def _check_fields(step: Step, outputs: tuple[Output, ...], structure: Structure) -> None:
    members = {member.name: member for member in structure.members}
    missing = [o for o in outputs if o.name not in members]
    if missing and structure.whole:
        spare = [name for name in members if name not in {o.name for o in outputs}]
        _report_missing(step, missing, f"`{structure.name}`", "a field of", spare)
    for output in outputs:
        if (member := members.get(output.name)) is not None:
            annotation = step.resolver.read(member.module, member.annotation)
            _check_type(step, output, annotation, "" if member.annotation is None else f"{member.name}: {ast.unparse(member.annotation)}")


def _check_dicts(step: Step, outputs: tuple[Output, ...]) -> None:
    for line, keys in dict_returns(step.function.node.body):
        missing = [o for o in outputs if o.name not in keys]
        if missing:
            path = step.function.place.rpartition(":")[0]
            spare = [key for key in keys if key not in {o.name for o in outputs}]
            _report_missing(step, missing, f"the dict at {path}:{line}", "in", spare)


def _report_missing(step: Step, missing: list[Output], holder: str, relation: str, spare: list[str]) -> None:
    near = suggest(missing[0].name, spare)
    have = f"unused there: {_listed(spare)}" if spare else f"add {_listed([o.name for o in missing])}"
    step.report(
        RETURN_MISMATCH,
        missing[0].span,
        f"`{step.written}` does not return {_listed([o.name for o in missing])}: not {relation} {holder}",
        label=f"not {relation} {holder}",
        also=tuple(Label(o.span, "nor this") for o in missing[1:]),
        help=f"did you mean `{near}`?" if near is not None else have,
    )


def _check_places(step: Step, outputs: tuple[Output, ...], items: tuple[Annotation, ...]) -> None:
    if len(items) != len(outputs) or len(outputs) != len(step.signature.outputs):
        step.report(
            RETURN_MISMATCH,
            outputs[0].span,
            f"`{step.written}` returns a tuple of {len(items)}, but {_declares(step, outputs)}",
            label="to be returned by name",
            help=_how_to_return(step, outputs),
        )
        return
    step.report(
        TUPLE_OUTPUTS,
        step.run_span,
        f"`{step.written}` returns a tuple, so {_listed([o.name for o in outputs])} are taken by position",
        label="outputs by position",
        help="a NamedTuple with these fields would be checked by name",
    )
    for output, item in zip(outputs, items, strict=True):
        _check_type(step, output, item, describe(item))


def _without_none(annotation: Annotation) -> Annotation:
    if isinstance(annotation, Either):
        others = tuple(member for member in annotation.members if member != NONE)
        return others[0] if len(others) == 1 else annotation
    return annotation


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
