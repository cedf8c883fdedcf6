"""Reads expressions from the printed IR, giving each the type it is said or implied to have."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

from mloc import patterns
from mloc.frozen import dataclass, replace
from mloc.ir.model import (
    Arith,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    Format,
    Get,
    Index,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Not,
    Project,
    Ref,
    Widen,
)
from mloc.ir.text.cursor import Cursor
from mloc.ir.text.parse_types import Aliases, listed, parse_type
from mloc.ir.text.words import Known, implied
from mloc.types.model import UNKNOWN, ListOf

_OPERATOR = patterns.of(r"\?\?|==|!=|<=|>=|[-+*/%<>]|(?:and|or|as)\b")
_CompareOp: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class ExprReader:
    """Reads the expressions of one line."""

    cursor: Cursor
    aliases: Aliases
    known: Known

    def expr(self) -> Expr:
        """An expression with what follows it: `->field`, `[index]`, `:type`."""
        found = self._primary()
        while True:
            if self.cursor.touching("->"):
                found = self._typed(Get(UNKNOWN, found, self.cursor.name()))
            elif self.cursor.touching("["):
                found = self._typed(Index(UNKNOWN, found, self.expr()))
                self.cursor.expect("]")
            else:
                break
        if self.cursor.touching(":"):
            return replace(found, type=parse_type(self.cursor, self.aliases))
        return found

    def _typed(self, expr: Expr) -> Expr:
        """The expression with its implied type; one without is said to have another right after."""
        usual = implied(expr, self.known)
        return expr if usual is None else replace(expr, type=usual)

    def _primary(self) -> Expr:
        cursor = self.cursor
        if cursor.accept("("):
            found = self._parenthesis()
            cursor.expect(")")
            return found
        if cursor.accept("%"):
            node, dot, output = cursor.id().rpartition(".")
            if not dot:
                raise cursor.wrong(f"`%{output}` names no output")
            return self._typed(Ref(UNKNOWN, node, output))
        if cursor.accept("$"):
            return self._typed(Ref(UNKNOWN, "$", cursor.name()))
        if cursor.accept("@"):
            return self._typed(Local(UNKNOWN, cursor.name()))
        if cursor.accept("list["):
            return self._list()
        if cursor.accept("record{"):
            return self._typed(MakeRecord(UNKNOWN, tuple(listed(cursor, "}", lambda: self._entry("=")))))
        if cursor.accept("map{"):
            return self._typed(MakeMap(UNKNOWN, tuple(listed(cursor, "}", lambda: self._entry(":")))))
        if cursor.accept("format("):
            return self._typed(Format(UNKNOWN, tuple(listed(cursor, ")", self._part))))
        return self._typed(Const(UNKNOWN, cursor.json()))

    def _parenthesis(self) -> Expr:
        cursor = self.cursor
        if cursor.accept("neg"):
            return self._typed(Arith(UNKNOWN, "-", None, self.expr()))
        if cursor.accept("not"):
            return self._typed(Not(UNKNOWN, self.expr()))
        if cursor.accept("if"):
            condition = self.expr()
            cursor.expect("then")
            then = self.expr()
            cursor.expect("else")
            return self._typed(Choose(UNKNOWN, condition, then, self.expr()))
        left = self.expr()
        op = cursor.take(_OPERATOR)
        return left if op is None else self._typed(self._binary(op, left))

    def _binary(self, op: str, left: Expr) -> Expr:
        if op == "as":
            return Widen(parse_type(self.cursor, self.aliases), left)
        right = self.expr()
        match op:
            case "??":
                return Coalesce(UNKNOWN, left, right)
            case "and" | "or":
                return Logic(UNKNOWN, op, left, right)
            case "+" | "-" | "*" | "/" | "%":
                return Arith(UNKNOWN, op, left, right)
            case _:
                return Compare(UNKNOWN, cast(_CompareOp, op), left, right)

    def _list(self) -> Expr:
        cursor = self.cursor
        if not cursor.accept("for"):
            return self._typed(MakeList(UNKNOWN, tuple(listed(cursor, "]", self.expr))))
        variable = cursor.name()
        cursor.expect("in")
        source = self.expr()
        item = source.type.item if isinstance(source.type, ListOf) else UNKNOWN
        inner = replace(self, known=self.known | {("@", variable): item})
        condition = inner.expr() if cursor.accept("if") else None
        cursor.expect("yield")
        body = inner.expr()
        cursor.expect("]")
        return self._typed(Project(UNKNOWN, variable, source, body, condition))

    def _entry(self, sign: str) -> tuple[str, Expr]:
        label = self.cursor.name()
        self.cursor.expect(sign)
        return label, self.expr()

    def _part(self) -> str | Expr:
        if not self.cursor.accept("{"):
            return self.cursor.string()
        found = self.expr()
        self.cursor.expect("}")
        return found
