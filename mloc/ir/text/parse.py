"""Reads the printed form of the IR back."""

from __future__ import annotations

import json
from itertools import takewhile
from typing import Literal

from mloc.frozen import dataclass, field
from mloc.ir.document.read_words import word_of
from mloc.ir.handlers import Kind
from mloc.ir.model import (
    RUN,
    Arm,
    Branch,
    Call,
    Expr,
    FanOut,
    Input,
    Launch,
    Merged,
    Node,
    Options,
    Output,
    Parameter,
    Pipeline,
    Region,
    Result,
    Run,
    RunContainer,
    RunInline,
    RunNotebook,
    RunPython,
    RunRequire,
    RunShell,
    Secret,
    Settings,
    Step,
    Target,
    Tolerate,
)
from mloc.ir.program import sources_of
from mloc.ir.text.cursor import BadText, Cursor
from mloc.ir.text.parse_exprs import ExprReader
from mloc.ir.text.parse_settings import parse_launch, parse_settings
from mloc.ir.text.parse_types import Aliases, declared, domain, listed, parse_type
from mloc.ir.text.targets import parse_attribute
from mloc.ir.text.words import Known, after_body
from mloc.types.model import ListOf, Type

_INDENT = 4


def parse(text: str) -> Pipeline:
    """The pipeline that `show` printed, without what takes no part in equality (places, documentation). Raises BadText."""
    return _Reader(_lines(text)).pipeline()


def _lines(text: str) -> list[tuple[int, Cursor]]:
    """Every line that is not empty, with its indentation; the lines of one definition of a type together."""
    found: list[tuple[int, Cursor]] = []
    lines = iter(enumerate(text.split("\n"), start=1))
    for number, line in lines:
        if line.startswith("type ") and line.endswith("{"):
            rest = takewhile(lambda numbered: numbered[1] != "}", lines)
            line = "".join([line, *(inner for _, inner in rest), "}"])
        if line.strip():
            found.append((len(line) - len(line.lstrip(" ")), Cursor(line, number)))
    return found


@dataclass(slots=True)
class _Reader:
    lines: list[tuple[int, Cursor]]
    at: int = 0
    aliases: Aliases = field(default_factory=dict)
    groups: dict[str, Settings] = field(default_factory=dict)
    known: Known = field(default_factory=lambda: {("run", name): type_ for name, type_ in RUN.items()})
    outputs: dict[str, dict[str, Type]] = field(default_factory=dict)

    def next(self, word: str, indent: int) -> Cursor | None:
        """The next line if it stands at this depth and begins with this word, which is then taken."""
        if self.at >= len(self.lines):
            return None
        depth, cursor = self.lines[self.at]
        if depth != indent or not cursor.accept(word):
            return None
        self.at += 1
        return cursor

    def exprs(self, cursor: Cursor) -> ExprReader:
        return ExprReader(cursor, self.aliases, self.known)

    # ---- the pipeline ----

    def pipeline(self) -> Pipeline:
        head = self.next("pipeline", 0)
        if head is None:
            raise BadText("line 1: expected `pipeline`")
        label = head.name()
        head.expect("from")
        source = head.string()
        head.expect("sha256")
        digest = head.string()
        head.end()
        options = self.options()
        self.definitions()
        secrets = self.secrets()
        parameters = self.parameters()
        steps = self.steps()
        region = self.region(0)
        results = self.results()
        launches = self.launches()
        on_failure, final = self.handler("on_failure"), self.handler("finally")
        targets = self.targets()
        if self.at < len(self.lines):
            raise self.lines[self.at][1].bad("a node, or the end")
        return Pipeline(label, parameters, steps, region, results, source, digest, secrets, options, on_failure, final, launches, targets)

    def options(self) -> Options:
        line = self.next("options", 0)
        if line is None:
            return Options()
        timeout = self.count(line, "timeout")
        found = Options(timeout, self.count(line, "max_parallel"), line.accept("fail_fast"), line.accept("converge"))
        line.end()
        return found

    def count(self, line: Cursor, word: str) -> int | None:
        if not line.accept(word):
            return None
        line.expect("=")
        return int(json.loads(line.json()))

    def handler(self, kind: Kind) -> Region:
        line = self.next(kind, 0)
        if line is None:
            return Region()
        line.end()
        before, self.known = self.known, after_body(self.known, kind)
        region = self.region(_INDENT)
        self.known = before
        return region

    def definitions(self) -> None:
        while (line := self.next("type", 0)) is not None:
            line.expect("!")
            alias = line.name()
            line.expect("=")
            self.aliases[alias] = parse_type(line, self.aliases)
            line.end()
        while (line := self.next("settings", 0)) is not None:
            line.expect("#")
            group = line.json()
            line.expect("=")
            self.groups[group] = parse_settings(line)
            line.end()

    def secrets(self) -> tuple[Secret, ...]:
        found = []
        while (line := self.next("secret", 0)) is not None:
            label = line.name()
            line.expect("=")
            found.append(Secret(label, sources_of(json.loads(line.json()))))
            line.end()
        return tuple(found)

    def parameters(self) -> tuple[Parameter, ...]:
        found = []
        while (line := self.next("parameter", 0)) is not None:
            line.expect("$")
            parameter = Parameter(*declared(line, self.aliases))
            self.known["$", parameter.name] = parameter.type
            found.append(parameter)
            line.end()
        return tuple(found)

    def results(self) -> tuple[Result, ...]:
        found = []
        while (line := self.next("result", 0)) is not None:
            label = line.name()
            line.expect(":")
            type_ = parse_type(line, self.aliases)
            values = domain(line)
            line.expect("=")
            found.append(Result(label, type_, self.exprs(line).expr(), values))
            line.end()
        return tuple(found)

    def launches(self) -> tuple[Launch, ...]:
        found: list[Launch] = []
        while True:
            if (line := self.next("schedule", 0)) is not None:
                found.append(self.launch("schedule", line))
            elif (line := self.next("trigger", 0)) is not None:
                found.append(self.launch("trigger", line))
            else:
                return tuple(found)

    def launch(self, kind: Literal["schedule", "trigger"], line: Cursor) -> Launch:
        label = line.name()
        line.expect("(")
        args = tuple(listed(line, ")", lambda: self.argument(line)))
        return parse_launch(line, Launch(kind, label, args))

    def targets(self) -> tuple[Target, ...]:
        found = []
        while (line := self.next("target", 0)) is not None:
            label = line.name()
            line.end()
            attributes = []
            while self.at < len(self.lines) and self.lines[self.at][0] == _INDENT:
                attributes.append(parse_attribute(self.lines[self.at][1]))
                self.at += 1
            found.append(Target(label, tuple(attributes)))
        return tuple(found)

    # ---- steps ----

    def steps(self) -> tuple[Step, ...]:
        found = []
        while (line := self.next("step", 0)) is not None:
            step = self.step(line)
            self.outputs[step.name] = {o.name: o.type for o in step.outputs}
            found.append(step)
        return tuple(found)

    def step(self, line: Cursor) -> Step:
        label = line.name()
        line.expect("(")
        inputs = tuple(listed(line, ")", lambda: Input(*declared(line, self.aliases))))
        line.expect("->")
        named = line.accept("(")
        if named:
            outputs = tuple(listed(line, ")", lambda: self.output(line)))
        else:
            outputs = (Output("result", parse_type(line, self.aliases), domain(line)),)
        return Step(label, inputs, outputs, named, self.run(line))

    def output(self, line: Cursor) -> Output:
        label, type_, _, values = declared(line, self.aliases)
        return Output(label, type_, values)

    def run(self, line: Cursor) -> Run:
        if line.accept("python"):
            module, _, function = line.string().rpartition(":")
            line.end()
            return RunPython(module, function)
        if line.accept("require"):
            line.end()
            return RunRequire()
        if line.accept("notebook"):
            path, parameters, cells = json.loads(line.json())
            line.end()
            return RunNotebook(path, tuple(cells), parameters)
        if line.accept("container"):
            command, args = json.loads(line.json())
            line.end()
            return RunContainer(tuple(word_of(word) for word in command), tuple(word_of(word) for word in args))
        inline = line.accept("inline")
        if not inline:
            line.expect("shell")
        line.end()
        code: list[str] = []
        while (text := self.next("|", _INDENT)) is not None:
            code.append(text.text[_INDENT + 2 :])
        return RunInline("\n".join(code)) if inline else RunShell("\n".join(code))

    # ---- nodes ----

    def region(self, indent: int) -> Region:
        nodes: list[Node] = []
        while (line := self.next("%", indent)) is not None:
            id_ = line.id()
            line.expect("=")
            if line.accept("call"):
                nodes.append(self.call(line, id_))
            elif line.accept("if"):
                nodes.append(self.branch(line, id_, indent + _INDENT))
            elif line.accept("region"):
                nodes.append(self.called(line, id_, indent + _INDENT))
            else:
                line.expect("for")
                nodes.append(self.fan_out(line, id_, indent + _INDENT))
        return Region(tuple(nodes))

    def after(self, line: Cursor) -> tuple[str, ...]:
        if not line.accept("after"):
            return ()
        found: list[str] = []
        while not found or line.accept(","):
            line.expect("%")
            found.append(line.id())
        return tuple(found)

    def call(self, line: Cursor, id_: str) -> Call:
        step = line.name()
        line.expect("(")
        args = tuple(listed(line, ")", lambda: self.argument(line)))
        self.known.update({(id_, output): type_ for output, type_ in self.outputs.get(step, {}).items()})
        if line.accept("->"):
            line.expect("(")
            for label, type_, _, _ in listed(line, ")", lambda: declared(line, self.aliases)):
                self.known[id_, label] = type_
        after = self.after(line)
        if line.accept("#"):
            group = line.json()
            if group not in self.groups:
                raise line.wrong(f"there are no settings `#{group}` above")
            settings = self.groups[group]
        else:
            settings = parse_settings(line)
        line.end()
        return Call(id_, step, args, after, settings)

    def argument(self, line: Cursor) -> tuple[str, Expr]:
        label = line.name()
        line.expect("=")
        return label, self.exprs(line).expr()

    def branch(self, line: Cursor, id_: str, indent: int) -> Branch:
        after = self.after(line)
        line.end()
        arms = []
        while (arm := self.next("arm", indent)) is not None:
            label = arm.name()
            arm.space()
            condition = self.exprs(arm).expr() if arm.at < len(arm.text) else None
            arm.end()
            arms.append(Arm(label, condition, self.region(indent + _INDENT)))
        return Branch(id_, tuple(arms), self.merged(id_, indent), after)

    def called(self, line: Cursor, id_: str, indent: int) -> Branch:
        after = self.after(line)
        line.end()
        arm = Arm("else", None, self.region(indent))
        return Branch(id_, (arm,), self.merged(id_, indent), after)

    def merged(self, id_: str, indent: int) -> tuple[Merged, ...]:
        merged = []
        while (phi := self.next("phi", indent)) is not None:
            label = phi.name()
            phi.expect(":")
            type_ = parse_type(phi, self.aliases)
            phi.expect("=")
            values = [self.exprs(phi).expr()]
            while phi.accept("|"):
                values.append(self.exprs(phi).expr())
            phi.end()
            self.known[id_, label] = type_
            merged.append(Merged(label, type_, tuple(values)))
        return tuple(merged)

    def fan_out(self, line: Cursor, id_: str, indent: int) -> FanOut:
        item = line.name()
        line.expect(":")
        item_type = parse_type(line, self.aliases)
        line.expect("in")
        source = self.exprs(line).expr()
        limit = int(json.loads(line.json())) if line.accept("limit") else None
        tolerate = None
        if line.accept("tolerate"):
            tolerate = Tolerate("percent" if line.accept("percent") else "count", _amount(line))
        after = self.after(line)
        line.end()
        self.known[id_, "item"] = item_type
        region = self.region(indent)
        given = self.next("yield", indent)
        result = None
        if given is not None:
            result = self.exprs(given).expr()
            given.end()
            self.known[id_, "result"] = ListOf(result.type)
        return FanOut(id_, item, item_type, source, limit, region, result, after, tolerate)


def _amount(line: Cursor) -> str:
    """The decimal after `count` or `percent`."""
    line.accept("count")
    return line.json()
