"""What holds at a place of a pipeline: facts about values, and conditions already decided there."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import TypeAlias

from mloc.diagnostics.model import Bag
from mloc.elaborate.literals import quantity
from mloc.frozen import dataclass, field, replace
from mloc.ir.model import Const
from mloc.lint.facts import NUMBERS, Fact, Known, Reason, compared, narrowed, only
from mloc.lint.program import Program
from mloc.lint.scopes import Binding, Body
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.walk import callee, shape
from mloc.types.model import BOOL, FLOAT, INT, Bounds, Domain, Enum, ListOf, Metrics, OneOf, Optional, Record, Type, Unknown

Path: TypeAlias = tuple[Binding, tuple[str, ...]]
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_IMPLIED: dict[str, dict[str, bool]] = {
    "==": {"==": True, "!=": False, "<": False, ">": False, "<=": True, ">=": True},
    "!=": {"==": False, "!=": True},
    "<": {"==": False, "!=": True, "<": True, ">": False, "<=": True, ">=": False},
    ">": {"==": False, "!=": True, "<": False, ">": True, "<=": False, ">=": True},
    "<=": {"<=": True, ">": False},
    ">=": {">=": True, "<": False},
}
"""What a comparison that holds says of the others of the same two values."""
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a condition is worth, and why; no reason when it says so itself."""

    value: bool | None
    why: tuple[Reason, ...] = ()

    def negated(self) -> Verdict:
        return Verdict(None if self.value is None else not self.value, self.why)


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known in one place of one pipeline."""

    program: Program
    body: Body
    facts: Mapping[Path, Fact] = field(default_factory=dict)
    decided: Mapping[Hashable, Verdict] = field(default_factory=dict)

    # ---- judging ----

    def judge(self, condition: t.Expr) -> Verdict:
        """Whether a condition always holds, or never does, in this place."""
        known = self.decided.get(shape(condition))
        if known is not None:
            return known
        match condition:
            case t.Bool(value=value):
                return Verdict(value)
            case t.Unary(op="not", value=value):
                return self.judge(value).negated()
            case t.Binary(op="and" | "or" as op, left=left, right=right):
                return self._both(op, left, right)
            case t.Binary(op="==" | "!=" | "<" | "<=" | ">" | ">=" as op, left=left, right=right):
                return self._compare(op, left, right)
            case t.Name() | t.Member() if self.program.type_of(condition) == BOOL:
                fact = self.fact(condition)
                return Verdict(None) if fact is None else _verdict(compared("==", fact, only(True)), fact)
            case _:
                return Verdict(None)

    def _both(self, op: str, left: t.Expr, right: t.Expr) -> Verdict:
        """`and` is false, and `or` true, as soon as one side is."""
        ends = op == "or"
        first = self.judge(left)
        if first.value is ends:
            return first
        second = self.after(left, when=not ends).judge(right)
        if second.value is ends:
            return second
        if first.value is None or second.value is None:
            return Verdict(None)
        return Verdict(not ends, first.why + second.why)

    def _compare(self, op: str, left: t.Expr, right: t.Expr) -> Verdict:
        if isinstance(left, t.Null) or isinstance(right, t.Null):
            return self._with_null(op, right if isinstance(left, t.Null) else left)
        if shape(left) == shape(right):
            # a float may be NaN, which equals nothing
            return Verdict(None if self._may_be_float(left) else op in ("==", "<=", ">="))
        a, b = self.fact(left), self.fact(right)
        if a is None or b is None:
            return Verdict(None)
        return _verdict(compared(op, a, b), a, b)

    def _with_null(self, op: str, value: t.Expr) -> Verdict:
        type_ = self.program.type_of(value)
        if isinstance(type_, Unknown) or isinstance(value, t.Null):
            return Verdict(None)
        path = self.path(value)
        if not isinstance(type_, Optional):
            learnt = None if path is None else self.facts.get(path)
            return Verdict(op == "!=", () if learnt is None else learnt.why)
        fact = self.fact(value)
        if fact is None or fact.null is None:
            return Verdict(None)
        return _verdict(fact.null is (op == "=="), fact)

    def _may_be_float(self, expr: t.Expr) -> bool:
        type_ = self.program.type_of(expr)
        return isinstance(type_, Unknown) or (type_.item if isinstance(type_, Optional) else type_) == FLOAT

    # ---- learning ----

    def after(self, condition: t.Expr, *, when: bool, chain: t.If | None = None) -> Knowledge:
        """What is known once the condition was found to be `when`; `chain` is the `if` of whose next arm this is asked."""
        facts, decided = dict(self.facts), dict(self.decided)
        self._learn(condition, when, chain, facts, decided)
        return Knowledge(self.program, self.body, facts, decided)

    def _learn(self, condition: t.Expr, when: bool, chain: t.If | None, facts: dict[Path, Fact], decided: dict[Hashable, Verdict]) -> None:
        text = self.text(condition.span)
        reason = Reason(f"`{text}` is {'true' if when else 'false'} here", condition.span, chain, learnt=True)
        decided[shape(condition)] = Verdict(when, (reason,))
        match condition:
            case t.Unary(op="not", value=value):
                self._learn(value, not when, chain, facts, decided)
            case t.Binary(op="and" | "or" as op, left=left, right=right):
                if when is (op == "and"):
                    self._learn(left, when, chain, facts, decided)
                    self._learn(right, when, chain, facts, decided)
            case t.Binary(op="==" | "!=" | "<" | "<=" | ">" | ">=" as op, left=left, right=right):
                holds = op if when else _NEGATED[op]
                nan = not when and op not in ("==", "!=") and self._may_be_float(left)
                for other, true in _IMPLIED[holds].items():
                    if nan and true and other != "!=":
                        continue  # neither of two floats is less when one is no number
                    decided[shape(t.Binary(other, left, right, condition.span))] = Verdict(true, (reason,))
                    decided[shape(t.Binary(_MIRRORED[other], right, left, condition.span))] = Verdict(true, (reason,))
                self._narrow(left, holds, right, reason, facts, nan=nan)
                self._narrow(right, _MIRRORED[holds], left, reason, facts, nan=nan)
            case t.Name() | t.Member() if self.program.type_of(condition) == BOOL:
                self._narrow(condition, "==", t.Bool(when, condition.span), reason, facts)
            case _:
                pass

    def _narrow(self, expr: t.Expr, op: str, other: t.Expr, reason: Reason, facts: dict[Path, Fact], *, nan: bool = False) -> None:
        path = self.path(expr)
        if path is None:
            return
        fact = facts.get(path) or self.fact(expr)
        if fact is None:
            return
        if isinstance(other, t.Null):
            if op in ("==", "!="):
                facts[path] = replace(fact, null=op == "==", why=(*fact.why, reason))
            return
        value = self.constant(other)
        if value is not None:
            fact = narrowed(fact, op, value, reason, whole=self.program.type_of(expr) == INT)
            facts[path] = replace(fact, nan=fact.nan or nan)

    # ---- values ----

    def path(self, expr: t.Expr) -> Path | None:
        """The binding and the fields of `a.b.c`."""
        fields: list[str] = []
        while isinstance(expr, t.Member):
            fields.insert(0, expr.name.text)
            expr = expr.value
        if not isinstance(expr, t.Name) or expr not in self.body.of:
            return None
        return self.body.of[expr], tuple(fields)

    def fact(self, expr: t.Expr) -> Fact | None:
        """What is known of a value; None for one that nothing is known of."""
        path = self.path(expr)
        if path is not None:
            return self.facts.get(path) or self._declared(path, expr)
        value = self.constant(expr)
        return None if value is None else only(value)

    def constant(self, expr: t.Expr) -> Known | None:
        """The value of a literal, a declared constant or a member of an enum."""
        match expr:
            case t.IntLiteral(value=number):
                return number
            case t.FloatLiteral(text=text):
                return float(text)
            case t.Text(value=text):
                return text
            case t.Bool(value=flag):
                return flag
            case t.Quantity():
                return _decoded(quantity(expr, Bag()).text)
            case t.Unary(op="-", value=value):
                number_ = self.constant(value)
                return -number_ if isinstance(number_, NUMBERS) and not isinstance(number_, bool) else None
            case t.Name(text=name) if expr not in self.body.of:
                found = self.program.file.constant_or_kind(name)
                return _decoded(found.text) if isinstance(found, Const) else None
            case t.Member(value=t.Name(text=name) as head, name=member) if head not in self.body.of:
                inner = self.program.file.member(name, member.text)
                return _decoded(inner.text) if isinstance(inner, Const) else None
            case t.Member(value=t.Member(value=t.Name(text=module) as head, name=enum), name=member) if head not in self.body.of:
                space = self.program.file.namespaces.get(module)
                inner = None if space is None else space.member(enum.text, member.text)
                return _decoded(inner.text) if isinstance(inner, Const) else None
            case _:
                return None

    def _declared(self, path: Path, expr: t.Expr) -> Fact | None:
        """What the declaration of a value allows."""
        type_ = self.program.type_of(expr)
        if isinstance(type_, Unknown):
            return None
        null = None if isinstance(type_, Optional) else False
        bare = type_.item if isinstance(type_, Optional) else type_
        domain = self._domain(path)
        if domain is not None and bare != BOOL and not isinstance(bare, ListOf):
            reason = Reason(f"`{self.text(expr.span)}` is {_shown(domain)}", path[0].span)
            return _allowed(domain, null, reason)
        if bare == BOOL:
            return Fact(choices=frozenset({True, False}), null=null)
        if isinstance(bare, Enum):
            return Fact(choices=frozenset(bare.members), null=null, why=(Reason(f"`{bare.name}` is {', '.join(bare.members)}"),))
        return Fact(null=null)

    def _domain(self, path: Path) -> Domain | None:
        binding, fields = path
        match binding.origin:
            case t.Param() if binding.kind == "parameter":
                places = [(p.type, p.domain) for pipeline in self.program.pipelines for p in pipeline.parameters if p.span == binding.span]
            case t.Bind(value=value) if binding.kind == "value":
                signature = self.program.step_of(value, callee(value))
                if signature is None:
                    return None
                name = "result" if not signature.named_outputs else fields[0] if fields else ""
                places = [(o.type, o.domain) for o in signature.outputs if o.name == name]
                fields = fields[1:] if signature.named_outputs else fields
            case _:
                return None
        return _field_domain(*places[0], fields) if places else None

    def text(self, span: Span) -> str:
        """What is written at a place, on one line."""
        return " ".join(self.program.file.source.text[span.start : span.end].split())


def _field_domain(type_: Type, domain: Domain | None, fields: tuple[str, ...]) -> Domain | None:
    for name in fields:
        bare = type_.item if isinstance(type_, Optional) else type_
        found = next((f for f in bare.fields if f.name == name), None) if isinstance(bare, (Record, Metrics)) else None
        if found is None:
            return None
        type_, domain = found.type, found.domain
    return domain


def _allowed(domain: Domain, null: bool | None, reason: Reason) -> Fact:
    match domain:
        case Bounds(low, high):
            ends = _decoded(low), _decoded(high)
            numbers = [end if isinstance(end, NUMBERS) and not isinstance(end, bool) else None for end in ends]
            return Fact(numbers[0], numbers[1], null=null, why=(reason,))
        case OneOf(members):
            return Fact(choices=frozenset(v for m in members if (v := _decoded(m)) is not None), null=null, why=(reason,))


def _shown(domain: Domain) -> str:
    match domain:
        case Bounds(low, high):
            return f"in {_decoded(low)}..{_decoded(high)}"
        case OneOf(members):
            return f"one of {', '.join(str(_decoded(m)) for m in members)}"


def _verdict(value: bool | None, *facts: Fact) -> Verdict:
    return Verdict(value, () if value is None else tuple(dict.fromkeys(reason for fact in facts for reason in fact.why)))


def _decoded(text: str) -> Known | None:
    """The value of a canonical text, where it is a small one."""
    value = json.loads(text)
    if isinstance(value, str) and value.startswith("i:"):
        return int(value[2:])
    return value if isinstance(value, (int, float, str, bool)) else None
