"""Random statements: calls, values, branches, fan-outs, loops, requirements and orders, nested in each other."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from mloc.types.model import BOOL, FLOAT, INT, STR, Field, ListOf, Optional, Record, Type
from tests.differential import constants
from tests.differential.expressions import Expressions, Known
from tests.differential.profile import Handlers
from tests.differential.scope import Callee, Names, Scope
from tests.differential.tree import Line

_QUOTAS = ("1", "2", "1000", "33pct", "50pct", "66.7pct", "100pct")
_STATES: tuple[Type, ...] = (INT, INT, STR, BOOL, ListOf(INT), constants.POINT)
_ERROR = Record((Field("step", Optional(STR)), Field("message", STR), Field("line", Optional(INT))))


@dataclass(slots=True)
class Statements:
    """Makes the statements of one pipeline; `budget` is about how many steps it may run."""

    rng: Random
    expressions: Expressions
    callees: list[Callee]
    names: Names
    budget: int
    parameters: frozenset[str] = frozenset()
    tolerate: float = 0.0
    fragile: tuple[Callee, ...] = ()
    spent: int = 0
    times: int = field(default=1)

    def block(self, scope: Scope, depth: int) -> list[Line]:
        lines: list[Line] = []
        for _ in range(self.rng.choice((1, 2, 3, 4) if depth > 1 else (1, 1, 2))):
            if self.spent >= self.budget and lines:
                break
            lines += self.statement(scope, depth)
        return lines

    def statement(self, scope: Scope, depth: int) -> list[Line]:
        way = self.rng.random()
        if depth > 0 and way < 0.16:
            return [self.branch(scope, depth)]
        if depth > 0 and way < (0.34 if self.tolerate < 0.5 else 0.6):
            return [self.fan_out(scope, depth)]
        if depth > 0 and way < 0.42:
            return [self.loop(scope, depth)]
        if way < 0.48:
            return [self.require(scope)]
        if way < 0.58:
            return [self.value(scope)]
        return [self.call(scope)]

    # ---- calls and values ----

    def call(self, scope: Scope, name: str | None = None, only: Callee | None = None) -> Line:
        rng = self.rng
        callee = only or self.callee(scope)
        self.spent += callee.cost * self.times
        arguments = [
            f"{input_}={self.expressions.of(type_, scope.known)}"
            for input_, type_, default in callee.inputs
            if not default or rng.random() < 0.5
        ]
        text = f"{callee.name}({', '.join(arguments)})"
        if scope.orders and rng.random() < 0.15:
            text += f" after {', '.join(sorted(set(rng.choices(scope.orders, k=2))))}"
        if callee.is_step and rng.random() < 0.05:
            text += rng.choice((" with retry(1, backoff=1ms)", " with timeout(4min)", ' with env(NOTE="it\'s")'))
        if name is None and rng.random() < 0.1:
            return Line(text)
        bound = name or self.names.new()
        scope.known += [Known(f"{bound}.{output}" if output else bound, type_) for output, type_ in callee.outputs]
        scope.orders.append(bound)
        return Line(f"{bound} = {text}")

    def callee(self, scope: Scope) -> Callee:
        """Something that can be called: for what takes a file there must be one."""

        def is_ready(callee: Callee) -> bool:
            return all(default or self.expressions.has(type_, scope.known) for _, type_, default in callee.inputs)

        ready = [callee for callee in self.callees if is_ready(callee)]
        return self.rng.choice(ready or [callee for callee in self.callees if not callee.inputs])

    def value(self, scope: Scope, name: str | None = None, wanted: Type | None = None) -> Line:
        type_ = wanted or constants.random_type(self.rng)
        bound = name or self.names.new()
        text, type_ = self.untyped(type_, scope)
        scope.known.append(Known(bound, type_))
        return Line(f"{bound} = {text}")

    def untyped(self, type_: Type, scope: Scope) -> tuple[str, Type]:
        """An expression where nothing says which type is wanted: no empty list tells its own."""
        for _ in range(8):
            text = self.expressions.of(type_, scope.known)
            if not any(part in text for part in ("[]", "{}", "[null")) and text != "null":
                return text, type_
        return self.expressions.of(INT, scope.known), INT

    def require(self, scope: Scope) -> Line:
        condition = self.expressions.condition(scope.known, 2)
        message = self.expressions.of(STR, scope.known, 1)
        return Line(f"require {condition}{' or true' if self.rng.random() < 0.6 else ''}, {message}")

    # ---- handlers ----

    def handlers(self, scope: Scope, kind_of: Handlers) -> tuple[Line, ...]:
        """What runs after the body of the pipeline, in whose values it finds nulls where something failed."""
        found = []
        is_full = kind_of == "full"
        for kind, error in ("on failure", [Known("run.error", _ERROR)] if is_full else []), ("finally", []):
            if kind_of != "none" and self.rng.random() < 0.7:
                values = [known if known.text in self.parameters else Known(known.text, _absent(known.type)) for known in scope.known]
                status = self.names.new()
                values = values if is_full else [known for known in values if known.text in self.parameters]
                inner = Scope([*values, Known(status, STR), *error], [])
                self.budget = self.spent + 3
                # A comparison of the status itself with what it never is would be refused.
                found.append(Line(f"{kind}:", (Line(f'{status} = f"it {{run.status}}"'), *self.block(inner, 2))))
        return tuple(found)

    # ---- regions ----

    def branch(self, scope: Scope, depth: int) -> Line:
        rng = self.rng
        count = rng.choice((1, 1, 2, 3))
        total = rng.random() < 0.7
        shared = [(self.names.new(), self.shared()) for _ in range(rng.choice((0, 1, 1, 2)))]
        bound = self.names.new() if rng.random() < 0.15 else ""
        arms: list[Line] = []
        merged: dict[str, tuple[Type | Callee, int]] = {}
        for number in range(count + total):
            inner = scope.inner()
            is_else = number == count
            condition = "" if is_else else self.tested(inner, scope)
            block = self.block(inner, depth - 1)
            for name, kind in shared:
                if rng.random() < 0.85:
                    block.append(self.call(inner, name, kind) if isinstance(kind, Callee) else self.merged_value(inner, name, kind))
                    merged[name] = (kind, merged.get(name, (kind, 0))[1] + 1)
            if rng.random() < 0.03:
                block.append(Line(f"fail {self.expressions.of(STR, inner.known, 1)}"))
            head = "else" if is_else else f"{'if' if number == 0 else 'elif'} {condition}"
            arms.append(Line(f"{bound} = {head}:" if bound and number == 0 else f"{head}:", tuple(block)))
        for name, (kind, times) in merged.items():
            self.visible(scope, name, kind, is_sure=total and times == count + 1)
        if bound:
            scope.orders.append(bound)
        return Line("", tuple(arms))

    def shared(self) -> Type | Callee:
        """What the arms bind a name to: a value of one type, or calls of one step."""
        if self.rng.random() < 0.6:
            steps = [callee for callee in self.callees if callee.outputs and all(type_ != constants.FILE for _, type_, _ in callee.inputs)]
            if steps:
                return self.rng.choice(steps)
        return constants.random_type(self.rng)

    def merged_value(self, scope: Scope, name: str, type_: Type) -> Line:
        for _ in range(8):
            text = self.expressions.of(type_, scope.known)
            if "[]" not in text and "{}" not in text:
                return Line(f"{name} = {text}")
        return Line(f"{name} = {constants.written(type_, _filled(type_))}")

    def visible(self, scope: Scope, name: str, kind: Type | Callee, *, is_sure: bool) -> None:
        paths = (
            [(f"{name}.{output}" if output else name, type_) for output, type_ in kind.outputs]
            if isinstance(kind, Callee)
            else [(name, kind)]
        )
        for path, type_ in paths:
            scope.known.append(Known(path, type_ if is_sure or isinstance(type_, Optional) else Optional(type_)))
        scope.orders.append(name)

    def tested(self, inner: Scope, scope: Scope) -> str:
        """A condition; one that proves a path not to be null lets the arm know."""
        optional = [known for known in scope.known if isinstance(known.type, Optional)]
        if optional and self.rng.random() < 0.35:
            chosen = self.rng.choice(optional)
            assert isinstance(chosen.type, Optional)
            inner.known = [known for known in inner.known if known.text != chosen.text] + [Known(chosen.text, chosen.type.item)]
            return f"{chosen.text} != null"
        return self.expressions.condition(scope.known, 2)

    def fan_out(self, scope: Scope, depth: int) -> Line:
        rng = self.rng
        quota = f" tolerate {rng.choice(_QUOTAS)}" if rng.random() < self.tolerate else ""
        source, item_type = self.source(scope, breaks=bool(quota))
        item = self.names.new()
        inner = scope.inner()
        inner.known.append(Known(item, item_type))
        limit = f" limit {rng.choice((1, 2, 3))}" if rng.random() < 0.25 else ""
        self.times *= 2
        block = self.breaking(item, item_type, inner) if quota else []
        block += self.block(inner, depth - 1)
        self.times //= 2
        head, bound, way = f"for {item} in {source}{limit}{quota}:", self.names.new(), rng.random()
        if way > 0.86:
            return Line(head, tuple(block))
        if way < 0.8:
            own = rng.choice(inner.known[len(scope.known) :])
            text, type_ = (own.text, own.type) if rng.random() < 0.6 else self.untyped(constants.random_type(rng), inner)
            block.append(Line(f"yield {text}"))
            scope.known.append(Known(bound, ListOf(_absent(type_) if quota else type_)))
        scope.orders.append(bound)
        return Line(f"{bound} = {head}", tuple(block))

    def breaking(self, item: str, item_type: Type, inner: Scope) -> list[Line]:
        """What fails for some items: a step, alone or in an arm. Where no step takes the items, nothing."""
        ready = [callee for callee in self.fragile if callee.inputs[0][1] == item_type]
        if not ready or self.rng.random() < 0.1:
            return []
        callee, way = self.rng.choice(ready), self.rng.random()
        self.spent += self.times
        call = f"{callee.name}({callee.inputs[0][0]}={item})"
        if way < 0.15:
            return [Line(call)]
        bound = self.names.new()
        inner.orders.append(bound)
        if way < 0.35:
            inner.known.append(Known(bound, Optional(callee.outputs[0][1])))
            return [Line(f"if {self.expressions.condition(inner.known[:-1], 1)}:", (Line(f"{bound} = {call}"),))]
        inner.known.append(Known(bound, callee.outputs[0][1]))
        return [Line(f"{bound} = {call}")]

    def source(self, scope: Scope, *, breaks: bool = False) -> tuple[str, Type]:
        """A list to go through, and the type of its items; such that a fragile step takes if it is there to break."""
        rng = self.rng
        sources = [(known.text, known.type.item) for known in scope.known if isinstance(known.type, ListOf)]
        if breaks and rng.random() < 0.9:
            sources = [source for source in sources if source[1] in (INT, STR)]
            if not sources or rng.random() < 0.5:
                type_ = rng.choice((INT, INT, STR))
                items = [self.expressions.of(type_, scope.known, 1) for _ in range(rng.choice((2, 3, 4, 5)))]
                return f"[{', '.join(items)}]", type_
        if sources and rng.random() < 0.7:
            return rng.choice(sources)
        text, type_ = self.untyped(ListOf(rng.choice((INT, STR, FLOAT, constants.POINT, Optional(INT)))), scope)
        return (text, type_.item) if isinstance(type_, ListOf) else (f"[{text}]", type_)

    def loop(self, scope: Scope, depth: int) -> Line:
        rng = self.rng
        type_ = rng.choice(_STATES)
        first, type_ = self.untyped(type_, scope)
        state, bound, rounds = self.names.new(), self.names.new(), rng.choice((1, 2, 3))
        inner = scope.inner()
        inner.known.append(Known(state, type_))
        self.times *= rounds
        block = self.block(inner, depth - 1)
        self.times //= rounds
        following = self.expressions.of(type_, inner.known)
        block.append(Line(f"next {following} until {self.expressions.condition(inner.known, 1)}"))
        scope.known.append(Known(bound, type_))
        scope.orders.append(bound)
        return Line(f"{bound} = loop {state} = {first} max {rounds}:", tuple(block))


def _filled(type_: Type) -> constants.Value:
    """A value without an empty list or map in it."""
    rng = Random(0)
    while True:
        found = constants.value(type_, rng)
        shown = constants.written(type_, found)
        if "[]" not in shown and "{}" not in shown:
            return found


def _absent(type_: Type) -> Type:
    return type_ if isinstance(type_, Optional) else Optional(type_)
