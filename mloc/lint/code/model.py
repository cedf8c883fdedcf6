"""The Python code of a step as the rules see it, and how a finding in it is told."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping

from mloc.diagnostics.model import Bag, Label, Rule
from mloc.diagnostics.rules import CODE_NAME, IGNORED_FAILURE
from mloc.elaborate.asked import asked
from mloc.elaborate.attributes import Leaf
from mloc.elaborate.promises import place
from mloc.frozen import dataclass, field
from mloc.ir.model import RunInline, RunPython
from mloc.lint.program import Program
from mloc.lint.timing import is_limited
from mloc.source import SourceFile, Span
from mloc.syntax import tree as t
from mloc.types.python.files import PythonFileError
from mloc.types.python.lookup import Function, find_function
from mloc.types.python.reach import Code, of_function, of_statements, reached, short
from mloc.types.signature import Signature

_OF_THE_CODE = (CODE_NAME, IGNORED_FAILURE)
"""What is wrong whichever step runs the code."""


@dataclass(frozen=True, slots=True)
class StepCode:
    """A step with the code that it runs: `own`, and first of `bodies`, before the functions of the project that it names.

    `variables` are those of the environment that are declared, `asked` the resources that are asked for, wherever that is said.
    `limited` says that something ends the step when it takes too long.
    `line` is where inline code begins, and `lines` what it is.
    """

    step: t.StepDef
    signature: Signature
    leaves: Mapping[str, Leaf]
    own: Code
    bodies: tuple[Code, ...]
    run: Span
    variables: frozenset[str]
    asked: frozenset[str]
    limited: bool
    source: SourceFile
    line: int = 0
    lines: tuple[str, ...] = ()
    written: str = ""
    elsewhere: dict[Rule, set[tuple[str | None, int]]] = field(default_factory=dict, compare=False, repr=False)
    told: dict[Rule, set[tuple[str | None, int]]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.step.name.text

    @property
    def retried(self) -> bool:
        """Whether the step may run more than once for one call, without saying that this does no harm."""
        count = self.leaves.get("retry.count")
        return isinstance(count, int) and count > 0 and not self.leaves.get("idempotent")

    def report(
        self, bag: Bag, rule: Rule, code: Code, node: ast.AST, message: str, *, label: str = "", also: tuple[Label, ...] = (), help: str
    ) -> None:
        """Report once for a line: at that line of inline code, else at the `run` with a note of where the line is."""
        number = getattr(node, "lineno", 1)
        # A function that several steps run has its mistakes once.
        told = self.elsewhere if rule in _OF_THE_CODE and code.file is not None else self.told
        lines = told.setdefault(rule, set())
        if (code.file, number) in lines:
            return
        lines.add((code.file, number))
        if code.file is None:
            bag.report(rule, self.place(node), message, label=label, secondary=also, help=help)
        else:
            note = f"{code.file}:{number}: `{short(node)}`"
            bag.report(rule, self.run, message, label=label, secondary=also, notes=(note,), help=help)

    def place(self, node: ast.AST) -> Span:
        """The place in the program of a piece of inline code, as far as it stands on its first line."""
        number = min(self.line + getattr(node, "lineno", 1) - 1, self.source.position(self.run.end - 1).line)
        text, code = self.source.line(number), self.lines[min(getattr(node, "lineno", 1), len(self.lines)) - 1]
        start, at = self.source.line_start(number), text.find(code.strip())
        if at < 0:
            # Escapes of a short string, which Python sees as what they stand for.
            return Span(self.run.file, start, start + max(1, len(text)))
        lead = at - (len(code) - len(code.lstrip()))
        first = _characters(code, getattr(node, "col_offset", 0))
        is_whole = getattr(node, "end_lineno", 0) == getattr(node, "lineno", 1)
        last = _characters(code, getattr(node, "end_col_offset", 0)) if is_whole else len(code.rstrip())
        return Span(self.run.file, start + lead + first, start + lead + max(first + 1, last))


def _characters(line: str, offset: int) -> int:
    """Python counts the columns of its nodes in bytes, spans count characters."""
    return len(line.encode()[:offset].decode(errors="ignore"))


def step_codes(program: Program) -> Iterator[StepCode]:
    """The Python code of every step of a file; what cannot be read is reported where it is checked."""
    project = program.file.world.project(program.file.source.path)
    elsewhere: dict[Rule, set[tuple[str | None, int]]] = {}
    for declaration in program.steps():
        found = program.file.steps.step(declaration)
        signature = program.file.steps.signature(declaration)
        run = None if found is None else found[0].run
        text = _text(declaration)
        if found is None or signature is None or text is None or not isinstance(run, (RunInline, RunPython)):
            continue
        leaves = {**program.file.defaults(), **found[1]}
        variables = frozenset(asked(program.file.module, declaration.name.text, ("env", "secrets")))
        resources = frozenset(asked(program.file.module, declaration.name.text, ("resources",)))
        limited = "timeout" in leaves or is_limited(program, declaration)
        source = program.file.source
        if isinstance(run, RunInline):
            body = _parsed(run.code)
            if body is not None:
                own = of_statements(body)
                lines = tuple(run.code.split("\n"))
                yield StepCode(declaration, signature, leaves, own, (own,), text, variables, resources, limited, source, run.line, lines)
            continue
        function = find_function(project, run.module, run.function)
        if not isinstance(function, Function):
            continue
        own = of_function(project, function.module, function.node)
        try:
            bodies = tuple(reached(project, own))
        except PythonFileError:
            continue
        written = f"{run.module}:{run.function}"
        yield StepCode(
            declaration, signature, leaves, own, bodies, text, variables, resources, limited, source, written=written, elsewhere=elsewhere
        )


def _text(step: t.StepDef) -> Span | None:
    span = place(step, "run")
    found = next((a for a in step.attributes if a.name.text == "run"), None)
    return found.arguments[0].value.span if found is not None and len(found.arguments) == 1 else span


def _parsed(code: str) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
