"""Step declarations: signature, what is run, and settings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mloc import patterns
from mloc.diagnostics.model import Edit, Fix, Label
from mloc.diagnostics.rules import (
    BAD_ATTRIBUTE,
    DUPLICATE,
    LITERAL_CODE,
    NAMES_COLLIDE,
    NO_RUN,
    RESERVED_NAME,
    SHELL_OUTPUT,
    UNBOUND_ROW,
)
from mloc.diagnostics.suggest import suggest
from mloc.elaborate.asked import asked
from mloc.elaborate.attributes import STEP, AttributeReader, Leaves
from mloc.elaborate.names import folded, reserved
from mloc.elaborate.promises import held
from mloc.ir.model import Input as IrInput
from mloc.ir.model import Output as IrOutput
from mloc.ir.model import Run, RunInline, RunNotebook, RunPython, RunShell, Step
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.literals import dedent
from mloc.types.model import Optional, Row, Table, Type
from mloc.types.signature import Input, Output, Signature

if TYPE_CHECKING:
    from mloc.elaborate.declarations import FileScope

_KINDS = ("python", "inline", "shell", "container", "notebook")
_FILE = patterns.of(r"(?:\./)?(?P<path>[\w./]+?)(?:\.py):(?P<function>\w+)\Z")
_TARGET = patterns.of(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z")


def signature(file: FileScope, name: t.Identifier, expr: t.SignatureExpr, doc: str) -> Signature:
    """The signature a step or pipeline declares."""
    inputs: list[Input] = []
    seen: dict[str, Span] = {}
    for param in expr.params:
        if not _fresh(file, param.name, seen, "input"):
            continue
        type_, default, domain = file.types_of.param(param)
        inputs.append(Input(param.name.text, type_, param.name.span, default, domain, param.doc))
    outputs: list[Output] = []
    outs: dict[str, Span] = {}
    for out in expr.outputs:
        if out.name is not None and not _fresh(file, out.name, outs, "output"):
            continue
        type_ = file.types_of.resolve(out.type)
        domain = None if out.domain is None else file.types_of.domain(out.domain, type_)
        label, span = ("result", out.type.span) if out.name is None else (out.name.text, out.name.span)
        outputs.append(Output(label, type_, span, domain, out.doc))
    named = not (len(expr.outputs) == 1 and expr.outputs[0].name is None)
    return Signature(name.text, tuple(inputs), tuple(outputs), named, name.span, doc)


def _fresh(file: FileScope, name: t.Identifier, seen: dict[str, Span], what: str) -> bool:
    why = reserved(name.text)
    if why is not None:
        file.bag.report(RESERVED_NAME, name.span, f"`{name.text}` {why} and cannot be an {what}", help="choose another name")
        return False
    for other, span in seen.items():
        if other == name.text:
            file.bag.report(DUPLICATE, name.span, f"{what} `{name.text}` is declared twice", secondary=(Label(span, "first here"),))
            return False
        if folded(other) == folded(name.text):
            there = Label(span, "the other one")
            message = f"{what}s `{other}` and `{name.text}` differ only in case or underscores"
            file.bag.report(NAMES_COLLIDE, name.span, message, secondary=(there,), help="rename one")
            return False
    seen[name.text] = name.span
    return True


class StepReader:
    """Reads the step declarations of one file, each once."""

    def __init__(self, file: FileScope) -> None:
        self.file = file
        self.signatures: dict[str, Signature] = {}
        self.steps: dict[str, tuple[Step, Leaves] | None] = {}
        self.attributes = AttributeReader(file)

    def signature(self, declaration: t.StepDef) -> Signature:
        name = declaration.name.text
        if name not in self.signatures:
            self.signatures[name] = signature(self.file, declaration.name, declaration.signature, declaration.doc)
            self._row_variables(self.signatures[name], declaration)
        return self.signatures[name]

    def step(self, declaration: t.StepDef) -> tuple[Step, Leaves] | None:
        """The step with the leaves its block sets; None when it has errors that leave nothing to run."""
        name = declaration.name.text
        if name not in self.steps:
            found = self.signature(declaration)
            leaves = self.attributes.read(declaration.attributes, f"step `{name}`", STEP)
            merged = {**self.file.defaults(), **leaves}
            held(self.attributes, declaration, found, merged)
            run = self._run(declaration, found, merged)
            if run is not None:
                self._leaks(declaration, run, merged)
            self.steps[name] = None if run is None else (_step(found, run), leaves)
        return self.steps[name]

    def _leaks(self, declaration: t.StepDef, run: Run, merged: Leaves) -> None:
        secrets = {path[8:]: name for path, name in merged.items() if path.startswith("secrets.") and isinstance(name, str)}
        text = next((a.value for d in declaration.attributes if d.kind is not None for a in d.arguments), None)
        if not secrets or not isinstance(text, t.Text):
            return
        from mloc.elaborate.leaking import check  # only steps with secrets pay for it

        places = dict(enumerate(self._dedented(text)[1]))
        check(declaration.name.text, run, places, text.span, secrets, self.file.world.project(self.file.source.path), self.file.bag)

    def _row_variables(self, found: Signature, declaration: t.StepDef) -> None:
        bound = {v for i in found.inputs for v in _variables(i.type)}
        for output, out in zip(found.outputs, declaration.signature.outputs, strict=False):
            for variable in _variables(output.type):
                if variable not in bound:
                    near = suggest(variable, sorted(bound))
                    help_ = (
                        f"did you mean `...{near}`?" if near else f"name it in the table it comes from: `rows: Table{{…, ...{variable}}}`"
                    )
                    span = _rest_span(out.type) or out.type.span
                    self.file.bag.report(UNBOUND_ROW, span, f"no input of `{found.name}` binds the row variable `{variable}`", help=help_)

    # ---- run ----

    def _run(self, declaration: t.StepDef, found: Signature, merged: Leaves) -> Run | None:
        runs = [a for a in declaration.attributes if a.name.text == "run" and a.kind is not None]
        if len(runs) != 1:
            name = declaration.name
            if not runs:
                self.file.bag.report(
                    NO_RUN,
                    name.span,
                    f"step `{name.text}` has no `run`",
                    help='say what it runs, as in `run python "package.module:function"`',
                )
            else:
                there = Label(runs[0].span, "the first")
                self.file.bag.report(NO_RUN, runs[1].span, f"step `{name.text}` has more than one `run`", secondary=(there,))
            return None
        attribute = runs[0]
        assert attribute.kind is not None
        kind = attribute.kind.text
        if kind not in _KINDS:
            near = suggest(kind, list(_KINDS))
            self.file.bag.report(
                BAD_ATTRIBUTE,
                attribute.kind.span,
                f"there is no `run {kind}`",
                help=f"did you mean `{near}`?" if near else f"a step runs {', '.join(_KINDS)}",
            )
            return None
        if kind == "container":
            from mloc.elaborate.containers import container  # only programs with container steps pay for it

            return container(self.file, attribute, found, merged)
        if kind == "notebook":
            return self._notebook(attribute, found)
        text = self._code(attribute, kind)
        if text is None:
            return None
        if kind == "python":
            return self._python(text, found)
        return self._inline(text, found) if kind == "inline" else self._shell(text, found)

    def _code(self, attribute: t.Attribute, kind: str) -> t.Text | None:
        arguments = attribute.arguments
        if len(arguments) == 1 and arguments[0].name is None and isinstance(arguments[0].value, t.Text):
            return arguments[0].value
        span = arguments[0].span if arguments else attribute.span
        if arguments and isinstance(arguments[0].value, t.FString):
            names = [p.text for p in arguments[0].value.parts if isinstance(p, t.Name)]
            pasted = ", ".join(f"`{n}`" for n in names) or "a value"
            use = f"use `${names[0]}` in a plain string" if names and kind == "shell" else "inputs are variables of the code"
            self.file.bag.report(
                LITERAL_CODE,
                span,
                f"`run {kind}` takes a plain string, not an f-string: {pasted} would become part of the code",
                label="values must not be pasted into code",
                help=f"{use}; the runner passes every input safely",
            )
        else:
            example = 'run python "package.module:function"' if kind == "python" else f'run {kind} """…"""'
            self.file.bag.report(LITERAL_CODE, span, f"`run {kind}` takes one plain string", help=f"as in `{example}`")
        return None

    def _notebook(self, attribute: t.Attribute, found: Signature) -> Run | None:
        text = self._code(attribute, "notebook")
        if text is None:
            return None
        from mloc.types.python.notebook import notebook  # only programs with notebooks pay for it

        path = self.file.source.path
        read = notebook(text.value, text.span, found, path, self.file.world.project(path), self.file.bag)
        return None if read is None else RunNotebook(read.path, read.cells, read.parameters)

    def _python(self, text: t.Text, found: Signature) -> Run | None:
        file = _FILE.match(text.value)
        if file is not None or not _TARGET.match(text.value):
            help_, fix = 'as in `"package.module:function"`', None
            meant = None if file is None else f"{file.group('path').replace('/', '.')}:{file.group('function')}"
            if meant is not None and _TARGET.match(meant):
                help_, fix = f"name the module, not its file: `{meant}`", Fix("machine-applicable", (Edit(text.span, f'"{meant}"'),))
            self.file.bag.report(BAD_ATTRIBUTE, text.span, f"`{text.value}` does not name a function", help=help_, fix=fix)
            return None
        from mloc.types.python.check import check_python_step  # only programs with Python steps pay for it

        module, _, function = text.value.partition(":")
        check_python_step(found, module, function, text.span, self.file.world.project(self.file.source.path), self.file.bag)
        return RunPython(module, function)

    def _inline(self, text: t.Text, found: Signature) -> Run:
        from mloc.types.python.inline import check_inline  # only programs with inline steps pay for it

        code, spans = self._dedented(text)
        check_inline(code, text.span, spans, found, self.file.bag)
        return RunInline(code, self.file.source.position(spans[0].start).line)

    def _shell(self, text: t.Text, found: Signature) -> Run:
        script, spans = self._dedented(text)
        for output in found.outputs:
            variable = f"out_{output.name}" if found.named_outputs else "out"
            # One that is nearly its name is reported as a variable that nothing sets.
            if not re.search(rf"\b{variable}\b", script) and not any(suggest(v, [variable]) for v in re.findall(r"\$\{?(\w+)", script)):
                self.file.bag.report(
                    SHELL_OUTPUT,
                    output.span,
                    f"the script of `{found.name}` never writes `${variable}`",
                    label="declared here",
                    help=f'write it, as in `… > "${variable}"`',
                )
        from mloc.types.shell.check import check_shell  # only programs with shell steps pay for it

        environment = frozenset(asked(self.file.module, found.name, ("env", "secrets")))
        check_shell(script, found, environment, lambda start, end: _place(script, spans, start, end), self.file.bag)
        return RunShell(script, self.file.source.position(spans[0].start).line)

    def _dedented(self, text: t.Text) -> tuple[str, tuple[Span, ...]]:
        """The code of a literal and the place of each of its lines."""
        lead = 3 if text.long else 1
        if not text.long:
            inside = Span(text.span.file, text.span.start + 1, text.span.end - 1)
            lines = text.value.split("\n")
            return text.value.rstrip("\n") + "\n", (inside,) * len(lines)
        code, origins = dedent(text.value)
        spans = []
        for line, origin in zip(code.split("\n"), origins, strict=False):
            start = text.span.start + lead + origin
            spans.append(Span(text.span.file, start, start + len(line)))
        return code, tuple(spans)


def _place(code: str, lines: tuple[Span, ...], start: int, end: int) -> Span:
    """The place of a stretch of a literal's code, cut off at the end of its line."""
    number = code.count("\n", 0, start)
    line = lines[min(number, len(lines) - 1)]
    if len(set(lines)) < len(lines):
        return line  # a short string, whose escapes are not counted
    before = code.rfind("\n", 0, start) + 1
    first = line.start + start - before
    return Span(line.file, first, max(first + 1, min(first + end - start, line.end)))


def _step(found: Signature, run: Run) -> Step:
    inputs = tuple(IrInput(i.name, i.type, i.default, i.domain, i.doc) for i in found.inputs)
    outputs = tuple(IrOutput(o.name, o.type, o.domain, o.doc) for o in found.outputs)
    return Step(found.name, inputs, outputs, found.named_outputs, run, found.doc, found.span)


def _variables(type_: Type) -> tuple[str, ...]:
    bare = type_.item if isinstance(type_, Optional) else type_
    match bare:
        case Table(Row(variable=str() as variable)):
            return (variable,)
        case _:
            return ()


def _rest_span(expr: t.TypeExpr) -> Span | None:
    if expr.row is None:
        return None
    return next((c.span for c in expr.row.columns if isinstance(c, t.RestExpr)), None)
