"""Random programs that are right by the grammar: every construct of it, names that mostly exist, types that mostly do not fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TypeAlias

from tests.fuzz import bodies, promises
from tests.fuzz.expressions import Expressions, Tokens
from tests.fuzz.render import render

Tree: TypeAlias = "list[Node]"


@dataclass(slots=True)
class Node:
    """A logical line, with the block below it."""

    tokens: Tokens
    block: Tree = field(default_factory=list)


def program(seed: int) -> str:
    """The program of a seed; the same seed gives the same text."""
    rng = Random(seed)
    return render(rng, Generator(rng).module())


NAMES = "a b c x rows n value limit max run cache type f step2 done_ after_ E1 nx".split()
TYPES = "int float bool str date datetime duration bytes ratio Dir File Table Color Row Shape".split()
COLUMNS = "id day amount late name kind".split()
_RUN_VALUES: list[Tokens] = [
    ["run", ".", "id"], ["run", ".", "now"], ["run", ".", "today"], ["run", ".", "scheduled_date"], ["run", ".", "status"],
    ["run", ".", "error", ".", "message"], ["run", ".", "error", ".", "step", "??", '"x"'], ["run", ".", "nothing"], ["token"], ["run"],
]  # fmt: skip
ATTRIBUTES = "image resources env timeout retry cache effects secrets idempotent max_parallel fail converge dag_id tags pool".split()
STEPS = ["load", "fit", "judge", "tell"]
_FILES = ["lib.mlp", "lib.mlp", "inner.mlp", "wrong.mlp", "circle.mlp", "missing.mlp", "test.mlp"]


class Generator:
    """One program being made; the names in scope are tracked so that most of them exist."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.expressions = Expressions(rng, NAMES, STEPS)

    # ---- declarations ----

    def module(self) -> Tree:
        rng = self.rng
        nodes = [Node(["mlp", "1"])]
        makers = [self.import_, self.from_, self.alias, self.record, self.enum, self.const, self.secret, self.defaults]
        nodes += [rng.choice(makers)() for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
        names = STEPS[: rng.choice([1, 1, 1, 2, 2, 3])]
        nodes += [self.step(name) for name in names]
        nodes += [self.pipeline(name) for name in ["main", "other"][: rng.choice([1, 1, 1, 1, 1, 2])]]
        nodes += [rng.choice([self.launch, self.target, self.secret])() for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
        head, rest = nodes[:1], nodes[1:]
        rng.shuffle(rest)
        return head + rest

    def import_(self) -> Node:
        return Node(["import", self.text(self.rng.choice(_FILES)), "as", self.rng.choice(["lib", "lib", self.name()])])

    def from_(self) -> Node:
        tokens: Tokens = ["from", self.text(self.rng.choice(_FILES)), "import"]
        for index in range(self.rng.randint(1, 3)):
            tokens += [","] if index else []
            tokens += [self.rng.choice(["Row", "load", "LIMIT", "Color", "shared", "whole", "judge", "inner", "Shape", "Lost"])]
            tokens += ["as", self.name()] if self.rng.random() < 0.3 else []
        return Node(tokens)

    def alias(self) -> Node:
        return Node(["type", self.rng.choice(["Row", "Shape"]), "=", *self.type(2)])

    def record(self) -> Node:
        fields = [Node(self.param(name)) for name in self.distinct(COLUMNS)]
        return Node(["record", self.rng.choice(["Row", "Shape"]), ":"], fields)

    def enum(self) -> Node:
        return Node(["enum", "Color", ":", *self.commas([[n] for n in self.distinct(["red", "green", "blue", "E2"])], False)])

    def const(self) -> Node:
        return Node(["const", self.rng.choice(["LIMIT", "SIZE", "a"]), "=", *self.expr(3)])

    def secret(self) -> Node:
        return Node(["secret", self.name(), "from", *self.expr(2)] if self.rng.random() < 0.2 else promises.secret(self.rng))

    def defaults(self) -> Node:
        return Node(["defaults", ":"], self.attributes(1))

    def step(self, name: str) -> Node:
        signature = self.signature()
        known = [before for before, token in pairwise(signature) if token == ":"] or NAMES
        run = ["run", "inline", *self.expr(1)] if self.rng.random() < 0.05 else bodies.body(self.rng, known, self.expr(1))
        block = [Node(run), *(self.asked() for _ in range(self.rng.choice([0, 0, 1, 2, 3])))]
        return Node(["step", name, *signature, ":"], block)

    def pipeline(self, name: str) -> Node:
        block = self.block(self.rng.choice([1, 1, 2, 3]), "pipeline")
        if self.rng.random() < 0.8:
            block.append(Node(["return", *self.arguments(2, True)]))
        if self.rng.random() < 0.15:
            block.append(Node(["on", "failure", ":"], self.block(1, "handler")))
        if self.rng.random() < 0.15:
            block.append(Node(["finally", ":"], self.block(1, "handler")))
        return Node(["pipeline", name, *self.signature(), ":"], block)

    def launch(self) -> Node:
        kind = self.rng.choice(["schedule", "trigger"])
        lines = promises.schedule(self.rng) if kind == "schedule" else promises.trigger(self.rng)
        block = self.attributes(1) if self.rng.random() < 0.2 else [Node(line) for line in lines]
        return Node([kind, self.name(), "for", self.rng.choice(["main", "main", "other", "load"]), ":"], block)

    def target(self) -> Node:
        target = self.rng.choice(promises.TARGETS)
        tokens: Tokens = ["target", target if self.rng.random() < 0.97 else "airlow"]
        tokens += ["for", "main"] if self.rng.random() < 0.4 else []
        items = self.attributes(2) if self.rng.random() < 0.2 else [Node(line) for line in promises.target_lines(self.rng, target)]
        if self.rng.random() < 0.5:
            inside = [Node(promises.target_lines(self.rng, target)[0]), self.asked()]
            inside = [node for node in inside if node.tokens[0] != "secret"] or self.attributes(1)
            items.append(Node(["step", self.rng.choice(STEPS), *([".", "fit"] if self.rng.random() < 0.3 else []), ":"], inside))
        return Node([*tokens, ":"], items)

    def asked(self) -> Node:
        return self.attribute(1) if self.rng.random() < 0.2 else Node(promises.attribute(self.rng))

    # ---- attributes ----

    def attributes(self, depth: int) -> Tree:
        return [self.attribute(depth) for _ in range(self.rng.randint(1, 3))]

    def attribute(self, depth: int) -> Node:
        name = self.rng.choice(ATTRIBUTES)
        kind = self.rng.random()
        if depth > 0 and kind < 0.1:
            return Node([name, ":"], self.attributes(depth - 1))
        if kind < 0.25:
            return Node([name])
        usual: dict[str, Tokens] = {
            "image": ['"a:1"'],
            "resources": ["cpu", "=", "1", ",", "memory", "=", "2GiB"],
            "timeout": ["10min"],
            "retry": ["2", ",", "backoff", "=", "1s"],
            "max_parallel": ["4"],
            "fail": ["fast"],
            "effects": ["reads"],
        }
        if name in usual and self.rng.random() < 0.6:
            return Node([name, *usual[name]])
        return Node([name, *self.arguments(2, True)])

    def arguments(self, depth: int, bare: bool) -> Tokens:
        items = [([name, "="] if self.rng.random() < 0.7 else []) + self.expr(depth) for name in self.distinct(NAMES)]
        return self.commas(items, not bare or self.rng.random() < 0.1)

    # ---- signatures and types ----

    def signature(self) -> Tokens:
        tokens: Tokens = ["(", *self.commas([self.param(name) for name in self.distinct(NAMES, 0)], True), ")"]
        kind = self.rng.random()
        if kind < 0.3:
            tokens += ["->", *self.type(2)]
        elif kind < 0.85:
            outs = [[name, ":", *self.type(2), *self.domain(0.15)] for name in self.distinct(COLUMNS)]
            tokens += ["->", "(", *self.commas(outs, True), ")"]
        return tokens

    def param(self, name: str) -> Tokens:
        default = ["=", *self.expr(2)] if self.rng.random() < 0.3 else []
        return [name, ":", *self.type(2), *default, *self.domain(0.2)]

    def domain(self, chance: float) -> Tokens:
        if self.rng.random() > chance:
            return []
        if self.rng.random() < 0.6:
            return ["in", *self.expressions.number(), "..", *self.expressions.number()]
        return ["in", *self.expr(2)]

    def type(self, depth: int) -> Tokens:
        kind = self.rng.random()
        tokens: Tokens
        if depth == 0 or kind < 0.5:
            tokens = [self.rng.choice(TYPES)]
        elif kind < 0.65:
            tokens = ["list", "[", *self.type(depth - 1), "]"]
        elif kind < 0.72:
            tokens = ["map", "[", "str", ",", *self.type(depth - 1), "]"]
        elif kind < 0.78:
            tokens = [self.rng.choice(["File", "Model", "lib.Row", "column"]), "[", self.rng.choice(["csv", "sklearn", "rows"]), "]"]
        elif kind < 0.95:
            tokens = [self.rng.choice(["Table", "Metrics", "Table"]), *self.row(depth)]
        else:
            tokens = self.row(depth)
        return [*tokens, "?"] if self.rng.random() < 0.15 else tokens

    def row(self, depth: int) -> Tokens:
        columns = [[name, ":", *self.type(depth - 1)] for name in self.distinct(COLUMNS, 0)]
        if self.rng.random() < 0.3:
            columns.append(self.rng.choice([["..."], ["...", "R"]]))
        return ["{", *self.commas(columns, True), "}"]

    # ---- statements ----

    def block(self, depth: int, place: str) -> Tree:
        nodes = [self.statement(depth, place) for _ in range(self.rng.choice([1, 1, 2, 3]))]
        if place == "loop" and self.rng.random() < 0.95:
            nodes.append(Node(["next", *self.expr(2), "until", *self.expr(2)]))
        if place == "for" and self.rng.random() < 0.7:
            nodes.append(Node(["yield", *self.expr(2)]))
        return nodes

    def statement(self, depth: int, place: str) -> Node:
        rng = self.rng
        kind = rng.random()
        if depth > 0 and kind < 0.12:
            return self.for_(depth)
        if depth > 0 and kind < 0.24:
            return Node([*self.bound(0.2), "if", *self.expr(3), ":"], [*self.block(depth - 1, place)])
        if depth > 0 and kind < 0.30:
            head: Tokens = [self.bind(), "=", "loop", self.bind(), "=", *self.expr(2), "max", *self.expr(1), ":"]
            return Node(head, self.block(depth - 1, "loop"))
        if kind < 0.36:
            return Node(["require", *self.expr(3), ",", *self.expr(1)])
        if kind < 0.38:
            return Node(["fail", *self.expr(1)])
        if kind < 0.40 and place == "pipeline":
            options = self.attributes(1) if rng.random() < 0.3 else [Node(promises.option(rng)) for _ in range(rng.randint(1, 3))]
            return Node(["options", ":"], options)
        if kind < 0.42:
            return Node([*self.bound(0.9), *rng.choice(_RUN_VALUES), *self.mods()])
        if kind < 0.75:
            return Node([*self.bound(0.8), *self.call(), *self.mods()])
        return Node([*self.bound(0.95), *self.expr(3), *self.mods()])

    def for_(self, depth: int) -> Node:
        rng = self.rng
        tokens: Tokens = [*self.bound(0.7), "for", self.bind(), "in", *self.expr(2)]
        tokens += ["limit", *self.expressions.number()] if rng.random() < 0.3 else []
        tokens += ["tolerate", *rng.choice([["10pct"], ["3"], self.expr(1)])] if rng.random() < 0.2 else []
        return Node([*tokens, ":"], self.block(depth - 1, "for"))

    def call(self) -> Tokens:
        arguments = [[name, "=", *self.expr(2)] for name in self.distinct(NAMES, 0)]
        return [self.rng.choice(STEPS), "(", *self.commas(arguments, True), ")"]

    def mods(self) -> Tokens:
        tokens: Tokens = []
        if self.rng.random() < 0.1:
            tokens += ["after", *self.commas([self.expr(1) for _ in range(self.rng.randint(1, 2))], False)]
        if self.rng.random() < 0.1:
            tokens += ["with", "resources", "(", "memory", "=", "4GiB", ")"]
        return tokens

    def bound(self, chance: float) -> Tokens:
        return [self.bind(), "="] if self.rng.random() < chance else []

    def bind(self) -> str:
        return self.expressions.bind()

    # ---- parts ----

    def expr(self, depth: int) -> Tokens:
        return self.expressions.expr(depth)

    def name(self) -> str:
        return self.rng.choice(NAMES)

    def text(self, value: str) -> str:
        quote = self.rng.choice("\"'")
        return quote + value + quote

    def distinct(self, names: list[str], least: int = 1) -> list[str]:
        return self.rng.sample(names, self.rng.randint(least, min(4, len(names))))

    def commas(self, items: list[Tokens], trailing: bool) -> Tokens:
        tokens: Tokens = []
        for index, item in enumerate(items):
            tokens += [",", *item] if index else item
        return [*tokens, ","] if items and trailing and self.rng.random() < 0.25 else tokens
