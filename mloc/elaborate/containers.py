"""Container steps: a command and arguments of typed words, and what each input and output is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    BAD_ATTRIBUTE,
    BAD_COMPARISON,
    CONTAINER_WORD,
    NO_IMAGE,
    OPTIONAL_USED,
    SHELL_OUTPUT,
    UNDEFINED_NAME,
)
from mloc.diagnostics.suggest import correction, suggest
from mloc.elaborate.scope import Scope, Value
from mloc.ir.model import InputWord, JoinedWord, OutputWord, Ref, RunContainer, ValueWord, Word, WordGroup
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.types.model import Enum, Optional, Scalar, Type, Unknown, holds_artifact, is_artifact
from mloc.types.show import show
from mloc.types.signature import Signature

if TYPE_CHECKING:
    from mloc.elaborate.attributes import Leaves
    from mloc.elaborate.declarations import FileScope

EXAMPLE = 'run container command=["scorer"], args=["--in", rows, "--out", out(scored)]'
Single = str | InputWord | OutputWord | ValueWord | JoinedWord


def container(file: FileScope, attribute: t.Attribute, signature: Signature, merged: Leaves) -> RunContainer | None:
    """What a `run container` says; None when it says too little to run."""
    given: dict[str, t.Argument] = {}
    for argument in attribute.arguments:
        name = None if argument.name is None else argument.name.text
        if name not in ("command", "args") or name in given:
            what = "a container has one `command` and one `args`"
            if name not in ("command", "args", None):
                what = f"`run container` has no argument `{name}`"
            near = suggest(name or "", ("command", "args"))
            file.bag.report(BAD_ATTRIBUTE, argument.span, what, help=f"did you mean `{near}`?" if near else f"as in `{EXAMPLE}`")
            return None
        given[name] = argument
    if not given:
        what = "`run container` needs a `command`, or `args` for the image's own"
        file.bag.report(BAD_ATTRIBUTE, attribute.span, what, help=f"as in `{EXAMPLE}`")
        return None
    if "image" not in merged:
        message = f"step `{signature.name}` runs in a container and names no image"
        file.bag.report(NO_IMAGE, attribute.span, message, help='add `image "registry/name@sha256:…"` to the step, or to `defaults`')
    reader = _Words(file, signature)
    command, args = (reader.all(given[key].value) if key in given else () for key in ("command", "args"))
    reader.unwritten()
    return RunContainer(command, args)


class _Words:
    """Reads the words of one container; `written` are the outputs that one of them gives a path to."""

    def __init__(self, file: FileScope, signature: Signature) -> None:
        self.file, self.signature = file, signature
        self.inputs = {i.name: i for i in signature.inputs}
        self.outputs = {o.name: o for o in signature.outputs}
        self.written: set[str] = set()

    def all(self, expr: t.Expr) -> tuple[Word, ...]:
        if not isinstance(expr, t.ListLiteral):
            self.file.bag.report(CONTAINER_WORD, expr.span, "the words of a container are a list", help=f"as in `{EXAMPLE}`")
            return ()
        found: list[Word] = []
        for at, item in enumerate(expr.items):
            if isinstance(item, t.ListLiteral):
                words = [self.single(word) for word in item.items]
                found.append(WordGroup(tuple(word for word in words if word is not None)))
                continue
            word = self.single(item)
            if word is not None:
                self._may_vanish(item, expr.items[at - 1] if at else None)
                found.append(word)
        return tuple(found)

    def single(self, expr: t.Expr) -> Single | None:
        match expr:
            case t.Text(value=value):
                return value
            case t.Name():
                return self._name(expr)
            case t.FString():
                return self._joined(expr)
            case t.CallExpr(callee=t.Name(text="out"), arguments=(t.Argument(name=None, value=t.Name() as output),)):
                return self._output(output)
            case t.IntLiteral() | t.FloatLiteral() | t.Bool():
                return self.file.source.text[expr.span.start : expr.span.end]
            case _:
                return self._computed(expr)

    def _computed(self, expr: t.Expr) -> ValueWord | None:
        """A value of the inputs; what has artifacts in it has no text."""
        found = self.file.exprs.typed(expr, Scope(names={i.name: Value(Ref(i.type, "$", i.name), i.span) for i in self.inputs.values()}))
        if isinstance(found.type, Unknown):
            return None
        bare = found.type.item if isinstance(found.type, Optional) else found.type
        if isinstance(bare, (Scalar, Enum)):
            return ValueWord(found)
        help_ = "a word is a string, an input, `out(output)`, a value of the inputs that has a text, or a list of words that stand together"
        self.file.bag.report(CONTAINER_WORD, expr.span, f"`{show(found.type)}` cannot be a word of a container's command line", help=help_)
        return None

    def _name(self, expr: t.Name) -> Single | None:
        if expr.text in self.inputs:
            self._text_of(self.inputs[expr.text].type, expr.span)
            return InputWord(expr.text)
        if expr.text in self.outputs:
            help_ = f"write `out({expr.text})` for the path that it is written to"
            path = Fix("machine-applicable", (Edit(expr.span, f"out({expr.text})"),))
            self.file.bag.report(CONTAINER_WORD, expr.span, f"`{expr.text}` is an output, and has no value yet", help=help_, fix=path)
            self.written.add(expr.text)
            return None
        found = self.file.constant_or_kind(expr.text)
        if found == "secret":
            self.file.secret_flows(expr.text, expr.span, f"the args of the container of step `{self.signature.name}`")
        elif isinstance(found, str):
            self.file.bag.report(CONTAINER_WORD, expr.span, f"`{expr.text}` is a {found}, and no word")
        elif found is None:
            names = [*self.inputs, *self.file.value_names()]
            near = suggest(expr.text, names)
            inputs = ", ".join(f"`{name}`" for name in self.inputs)
            help_ = f"did you mean `{near}`?" if near else f"the inputs are {inputs}" if inputs else "the step has no inputs"
            message = f"`{expr.text}` is no input of step `{self.signature.name}`"
            self.file.bag.report(UNDEFINED_NAME, expr.span, message, help=help_, fix=correction(expr.span, expr.text, names))
        elif not isinstance(found.type, Unknown):
            return found.text if not found.text.startswith('"') else _plain(found.text)
        return None

    def _text_of(self, type_: Type, span: Span) -> None:
        """A value that has artifacts deep in it has no text that a program would understand, but lists of files do."""
        bare = type_.item if isinstance(type_, Optional) else type_
        if not is_artifact(bare) and holds_artifact(bare) and not show(bare).startswith("list["):
            help_ = "give the file as an input of its own"
            self.file.bag.report(BAD_COMPARISON, span, f"`{show(bare)}` holds files, and has no text for a command line", help=help_)

    def _output(self, output: t.Name) -> Single | None:
        if output.text not in self.outputs:
            near = suggest(output.text, self.outputs)
            has = ", ".join(f"`{name}`" for name in self.outputs)
            help_ = f"did you mean `{near}`?" if near else f"its outputs are {has}" if has else "it has no outputs"
            fix = correction(output.span, output.text, self.outputs)
            message = f"step `{self.signature.name}` has no output `{output.text}`"
            self.file.bag.report(UNDEFINED_NAME, output.span, message, help=help_, fix=fix)
            if near:
                self.written.add(near)
            return None
        self.written.add(output.text)
        return OutputWord(output.text)

    def _joined(self, expr: t.FString) -> Single | None:
        parts: list[str | InputWord | OutputWord | ValueWord] = []
        for part in expr.parts:
            word = part if isinstance(part, str) else self.single(part)
            if isinstance(word, JoinedWord):
                parts.extend(word.parts)
            elif word is not None:
                parts.append(word)
        return JoinedWord(tuple(parts))

    def _may_vanish(self, item: t.Expr, before: t.Expr | None) -> None:
        """A null word is left out; the flag before it would then take the word that comes after."""
        if not isinstance(item, t.Name) or not isinstance(before, t.Text) or not before.value.startswith("-") or "=" in before.value:
            return
        input_ = self.inputs.get(item.text)
        if input_ is None or not isinstance(input_.type, Optional):
            return
        start, end = before.span.start, item.span.end
        text = self.file.source.text[start:end]
        fix = Fix("machine-applicable", (Edit(Span(item.span.file, start, end), f"[{text}]"),))
        what = f"`{item.text}` is `{show(input_.type)}`: when it is null its word is left out"
        self.file.bag.report(
            OPTIONAL_USED,
            item.span,
            f"{what}, and `{before.value}` would take the next one",
            secondary=(Label(input_.span, "may be null"),),
            help=f"put the two into a list, which is left out whole: `[{text}]`",
            fix=fix,
        )

    def unwritten(self) -> None:
        for name, output in self.outputs.items():
            if name not in self.written:
                message = f"the container of `{self.signature.name}` is never told where to write `{name}`"
                self.file.bag.report(SHELL_OUTPUT, output.span, message, label="declared here", help=f"add `out({name})` to its words")


def _plain(text: str) -> str:
    import json

    return str(json.loads(text)).removeprefix("i:")
