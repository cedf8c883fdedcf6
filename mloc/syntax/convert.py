"""Lark's parse tree turned into our syntax tree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import BAD_LITERAL, TOO_DEEP
from mloc.source import Span
from mloc.syntax import tree as t
from mloc.syntax.literals import LiteralError, fstring_parts, string_value
from mloc.syntax.machine import Node, Token, Tree

MAX_DEPTH = 120

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Converter:
    """Converts the tree of one chunk. `base` is what to add to an offset in the chunk to get one in the file."""

    def __init__(self, file: str, base: int, docs: Mapping[int, str], parse_expr: ParseExpr, bag: Bag) -> None:
        self.file, self.base, self.docs = file, base, docs
        self.parse_expr, self.bag = parse_expr, bag
        self.depth = 0

    # ---- places ----

    def span(self, node: Node) -> Span:
        assert node is not None
        if node.start < 0:
            return Span(self.file, self.base, self.base)
        return Span(self.file, self.base + node.start, self.base + node.end)

    def doc(self, span: Span) -> str:
        return self.docs.get(span.start, "")

    def identifier(self, node: Node) -> t.Identifier:
        token = cast(Token, node)
        return t.Identifier(str(token), self.span(token))

    def optional_identifier(self, node: Node) -> t.Identifier | None:
        return None if node is None else self.identifier(node)

    def dotted(self, node: Node) -> t.Identifier:
        return t.Identifier(".".join(str(token) for token in _children(node)), self.span(node))

    # ---- declarations ----

    def declaration(self, node: Node) -> t.Declaration:
        assert isinstance(node, Tree)
        return cast("t.Declaration", getattr(self, f"_{node.data}")(node))

    def _import_stmt(self, node: Tree) -> t.Import:
        path, name = node.children
        return t.Import(self.text(path), self.identifier(name), self.span(node))

    def _from_import(self, node: Tree) -> t.FromImport:
        path, *items = node.children
        pairs = [_children(item) for item in items]
        names = tuple((self.identifier(name), self.optional_identifier(alias)) for name, alias in pairs)
        return t.FromImport(self.text(path), names, self.span(node))

    def _type_alias(self, node: Tree) -> t.TypeAliasDef:
        name, type_ = node.children
        return t.TypeAliasDef(self.identifier(name), self.type(type_), self.span(node), self.doc(self.span(node)))

    def _record_def(self, node: Tree) -> t.RecordDef:
        name, *fields = node.children
        return t.RecordDef(self.identifier(name), tuple(self.param(f) for f in fields), self.span(node), self.doc(self.span(node)))

    def _enum_def(self, node: Tree) -> t.EnumDef:
        name, *members = node.children
        return t.EnumDef(self.identifier(name), tuple(self.identifier(m) for m in members), self.span(node), self.doc(self.span(node)))

    def _const_def(self, node: Tree) -> t.ConstDef:
        name, value = node.children
        return t.ConstDef(self.identifier(name), self.expr(value), self.span(node), self.doc(self.span(node)))

    def _secret_def(self, node: Tree) -> t.SecretDef:
        name, source = node.children
        return t.SecretDef(self.identifier(name), self.expr(source), self.span(node), self.doc(self.span(node)))

    def _defaults_def(self, node: Tree) -> t.DefaultsDef:
        return t.DefaultsDef(self.attributes(node.children[0]), self.span(node))

    def _step_def(self, node: Tree) -> t.StepDef:
        name, signature, block = node.children
        return t.StepDef(
            self.identifier(name), self.signature(signature), self.attributes(block), self.span(node), self.doc(self.span(node))
        )

    def _pipeline_def(self, node: Tree) -> t.PipelineDef:
        name, signature, block = node.children
        return t.PipelineDef(
            self.identifier(name), self.signature(signature), self.block(block), self.span(node), self.doc(self.span(node))
        )

    def _schedule(self, node: Tree) -> t.LaunchDef:
        name, pipeline, block = node.children
        kind: Literal["schedule", "trigger"] = "schedule" if node.data == "schedule" else "trigger"
        return t.LaunchDef(
            kind, self.identifier(name), self.identifier(pipeline), self.attributes(block), self.span(node), self.doc(self.span(node))
        )

    _trigger = _schedule

    def _target_def(self, node: Tree) -> t.TargetDef:
        name, pipeline, *items = node.children
        return t.TargetDef(
            self.identifier(name), self.optional_identifier(pipeline), tuple(self._target_item(i) for i in items), self.span(node)
        )

    def _target_item(self, node: Node) -> t.Attribute | t.StepOverride | t.SecretSource:
        if isinstance(node, Tree) and node.data == "secret_source":
            name, source = node.children
            return t.SecretSource(self.identifier(name), self.expr(source), self.span(node))
        if isinstance(node, Tree) and node.data == "step_override":
            path, block = node.children
            return t.StepOverride(self.dotted(path), self.attributes(block))
        return self.attribute(node)

    # ---- signatures and attributes ----

    def signature(self, node: Node) -> t.SignatureExpr:
        params, outs = _children(node)
        return t.SignatureExpr(tuple(self.param(p) for p in _children(params)), self.outputs(outs))

    def param(self, node: Node) -> t.Param:
        name, type_, default, domain = _children(node)
        identifier = self.identifier(name)
        return t.Param(
            identifier, self.type(type_), None if default is None else self.expr(default), self.domain(domain), self.doc(identifier.span)
        )

    def outputs(self, node: Node) -> tuple[t.Out, ...]:
        if node is None:
            return ()
        children = _children(node)
        if isinstance(node, Tree) and node.data == "out_single":
            return (t.Out(None, self.type(children[0]), None),)
        return tuple(self._out(child) for child in children)

    def _out(self, node: Node) -> t.Out:
        name, type_, domain = _children(node)
        identifier = self.identifier(name)
        return t.Out(identifier, self.type(type_), self.domain(domain), self.doc(identifier.span))

    def domain(self, node: Node) -> t.DomainExpr | None:
        if node is None:
            return None
        children = _children(node)
        if isinstance(node, Tree) and node.data == "range":
            return t.RangeDomain(self.expr(children[0]), self.expr(children[1]))
        return t.ChoiceDomain(self.expr(children[0]))

    def attributes(self, node: Node) -> tuple[t.Attribute, ...]:
        return tuple(self.attribute(child) for child in _children(node))

    def attribute(self, node: Node) -> t.Attribute:
        assert isinstance(node, Tree)
        name, rest = self.identifier(node.children[0]), node.children[1]
        start = name.span.start
        if node.data == "attr_group":
            return t.Attribute(name, (), self.attributes(rest), None, self.span(node))
        arguments = self.arguments(rest)
        end = arguments[-1].span.end if arguments else name.span.end
        if node.data == "run":
            at = Span(self.file, self.span(node).start, end)
            return t.Attribute(t.Identifier("run", Span(self.file, at.start, at.start + len("run"))), arguments, None, name, at)
        return t.Attribute(name, arguments, None, None, Span(self.file, start, end))

    def arguments(self, node: Node) -> tuple[t.Argument, ...]:
        return tuple(self._argument(child) for child in _children(node))

    def _argument(self, node: Node) -> t.Argument:
        if isinstance(node, Tree) and node.data == "named":
            name, value = node.children
            return t.Argument(self.identifier(name), self.expr(value))
        return t.Argument(None, self.expr(node))

    # ---- types ----

    def type(self, node: Node) -> t.TypeExpr:
        base, mark = _children(node)
        assert isinstance(base, Tree)
        self._enter(node)
        if base.data == "record_type":
            result = t.TypeExpr(None, (), self.row(base.children[0]), mark is not None, self.span(node))
        else:
            name, arguments, row = base.children
            result = t.TypeExpr(
                self.dotted(name),
                tuple(self.type(a) for a in _children(arguments)),
                None if row is None else self.row(row),
                mark is not None,
                self.span(node),
            )
        self.depth -= 1
        return result

    def row(self, node: Node) -> t.RowExpr:
        columns = [child for child in _children(node) if child is not None]
        return t.RowExpr(tuple(self._column(c) for c in columns), self.span(node))

    def _column(self, node: Node) -> t.ColumnExpr | t.RestExpr:
        assert isinstance(node, Tree)
        if node.data == "rest":
            return t.RestExpr(self.optional_identifier(node.children[0]), self.span(node))
        identifier = self.identifier(node.children[0])
        return t.ColumnExpr(identifier, self.type(node.children[1]), self.doc(identifier.span))

    # ---- statements ----

    def block(self, node: Node) -> tuple[t.Statement, ...]:
        return tuple(self.statement(child) for child in _children(node))

    def statement(self, node: Node) -> t.Statement:
        assert isinstance(node, Tree)
        self._enter(node)
        result = cast("t.Statement", getattr(self, f"_stmt_{node.data}")(node))
        self.depth -= 1
        return result

    def _stmt_bind(self, node: Tree) -> t.Bind:
        return self._bind(self.identifier(node.children[0]), node.children[1], node.children[2])

    def _stmt_effect(self, node: Tree) -> t.Bind:
        return self._bind(None, node.children[0], node.children[1])

    def _bind(self, name: t.Identifier | None, value: Node, mods: Node) -> t.Bind:
        after, with_ = _children(mods)
        expr = self.expr(value)
        orders = tuple(self.expr(e) for e in _children(after))
        overrides = tuple(self.expr(e) for e in _children(with_))
        start = expr.span if name is None else name.span
        last = (expr, *orders, *overrides)[-1].span
        return t.Bind(name, expr, orders, overrides, Span(self.file, start.start, last.end))

    def _stmt_require_stmt(self, node: Tree) -> t.Require:
        condition, message = node.children
        return t.Require(self.expr(condition), self.expr(message), self._to_last(node, message))

    def _stmt_fail(self, node: Tree) -> t.Require:
        return t.Require(None, self.expr(node.children[0]), self._to_last(node, node.children[0]))

    def _stmt_if_stmt(self, node: Tree) -> t.If:
        name, *rest = node.children
        arms: list[t.IfArm] = []
        for condition, body in zip(rest[0:-1:2], rest[1:-1:2], strict=True):
            expr = self.expr(condition)
            arms.append(t.IfArm(expr, self.block(body), expr.span))
        if rest[-1] is not None:
            arms.append(t.IfArm(None, self.block(rest[-1]), self.span(rest[-1])))
        first = cast("t.Expr", arms[0].condition).span
        return t.If(self.optional_identifier(name), tuple(arms), Span(self.file, self.span(node).start, first.end))

    def _stmt_for_stmt(self, node: Tree) -> t.For:
        name, item, source, *options, body = node.children
        limit = tolerate = None
        last = self.expr(source)
        end = last.span.end
        for option in options:
            assert isinstance(option, Tree)
            value = self.expr(option.children[0])
            end = value.span.end
            if option.data == "limit":
                limit = value
            else:
                tolerate = value
        span = Span(self.file, self.span(node).start, end)
        return t.For(self.optional_identifier(name), self.identifier(item), last, limit, tolerate, self.block(body), span)

    def _stmt_loop_stmt(self, node: Tree) -> t.Loop:
        name, state, initial, maximum, body = node.children
        bound = self.expr(maximum)
        span = Span(self.file, self.span(node).start, bound.span.end)
        return t.Loop(self.identifier(name), self.identifier(state), self.expr(initial), bound, self.block(body), span)

    def _stmt_yield_stmt(self, node: Tree) -> t.Yield:
        return t.Yield(self.expr(node.children[0]), self._to_last(node, node.children[0]))

    def _stmt_next_stmt(self, node: Tree) -> t.Next:
        value, until = node.children
        return t.Next(self.expr(value), self.expr(until), self._to_last(node, until))

    def _stmt_return_stmt(self, node: Tree) -> t.Return:
        arguments = self.arguments(node.children[0])
        return t.Return(arguments, Span(self.file, self.span(node).start, arguments[-1].span.end))

    def _stmt_options(self, node: Tree) -> t.Options:
        return t.Options(self.attributes(node.children[0]), self._keyword(node, "options"))

    def _stmt_finally_block(self, node: Tree) -> t.Handler:
        return t.Handler("finally", self.block(node.children[0]), self._keyword(node, "finally"))

    def _stmt_failure_block(self, node: Tree) -> t.Handler:
        return t.Handler("on failure", self.block(node.children[0]), self._keyword(node, "on failure"))

    def _keyword(self, node: Tree, text: str) -> Span:
        start = self.span(node).start
        return Span(self.file, start, start + len(text))

    def _to_last(self, node: Tree, last: Node) -> Span:
        return Span(self.file, self.span(node).start, self.span(last).end)

    # ---- expressions ----

    def _enter(self, node: Node) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            span = self.span(node)
            self.bag.report(TOO_DEEP, span, f"this is nested more than {MAX_DEPTH} levels deep", help="bind parts of it to names")
            raise TooDeep

    def expr(self, node: Node) -> t.Expr:
        self._enter(node)
        if isinstance(node, Token):
            raise AssertionError(f"unexpected token {node!r}")
        assert node is not None
        result = cast("t.Expr", getattr(self, f"_expr_{node.data}")(node))
        self.depth -= 1
        return result

    def text(self, node: Node) -> t.Text:
        token = cast(Token, node)
        span = self.span(token)
        try:
            value, long = string_value(str(token))
        except LiteralError as error:
            self._bad(error, span)
            value, long = "", False
        if "\0" in value:
            self.bag.report(
                BAD_LITERAL, span, "a string may not contain NUL", help=r"engines and shells cannot carry `\u0000`; leave it out"
            )
            value = value.replace("\0", "")
        return t.Text(value, long, span)

    def _bad(self, error: LiteralError, span: Span) -> None:
        at = Span(self.file, span.start + error.start, span.start + error.end)
        self.bag.report(BAD_LITERAL, at, str(error), help=r"escapes are `\n \t \r \\ \" \' \uXXXX`" if "escape" in str(error) else None)

    def _expr_ref(self, node: Tree) -> t.Expr:
        return t.Name(str(node.children[0]), self.span(node.children[0]))

    def _expr_int(self, node: Tree) -> t.Expr:
        return (
            t.IntLiteral(int(str(node.children[0]).replace("_", "")), self.span(node))
            if len(str(node.children[0])) < 4000
            else self._long(node)
        )

    def _long(self, node: Tree) -> t.Expr:
        self.bag.report(BAD_LITERAL, self.span(node), "this number is too long to be a number")
        return t.IntLiteral(0, self.span(node))

    def _expr_float(self, node: Tree) -> t.Expr:
        return t.FloatLiteral(str(node.children[0]).replace("_", ""), self.span(node))

    def _expr_quantity(self, node: Tree) -> t.Expr:
        text = str(node.children[0])
        number = text.rstrip(_LETTERS)
        return t.Quantity(number, text[len(number) :], self.span(node))

    def _expr_string(self, node: Tree) -> t.Expr:
        return self.text(node.children[0])

    def _expr_fstring(self, node: Tree) -> t.Expr:
        span = self.span(node)
        parts: list[str | t.Expr] = []
        try:
            for is_expr, text, offset in fstring_parts(str(node.children[0])):
                if not is_expr:
                    parts.append(text)
                    continue
                inner = self.parse_expr(text, span.start + offset)
                if inner is not None:
                    parts.append(inner)
        except LiteralError as error:
            self._bad(error, span)
        return t.FString(tuple(parts), span)

    def _expr_true(self, node: Tree) -> t.Expr:
        return t.Bool(True, self.span(node))

    def _expr_false(self, node: Tree) -> t.Expr:
        return t.Bool(False, self.span(node))

    def _expr_null(self, node: Tree) -> t.Expr:
        return t.Null(self.span(node))

    def _expr_list(self, node: Tree) -> t.Expr:
        return t.ListLiteral(tuple(self.expr(c) for c in node.children if c is not None), self.span(node))

    def _expr_project(self, node: Tree) -> t.Expr:
        body, name, source, condition = node.children
        return t.Projection(
            self.expr(body), self.identifier(name), self.expr(source), None if condition is None else self.expr(condition), self.span(node)
        )

    def _expr_record(self, node: Tree) -> t.Expr:
        return t.Braces(tuple(self._entry(c) for c in node.children if c is not None), self.span(node))

    def _entry(self, node: Node) -> t.Entry:
        key, value = _children(node)
        token = cast(Token, key)
        if token.type == "NAME":
            return t.Entry(self.identifier(token), False, self.expr(value))
        text = self.text(token)
        return t.Entry(t.Identifier(text.value, text.span), True, self.expr(value))

    def _expr_member(self, node: Tree) -> t.Expr:
        value, name = node.children
        return t.Member(self.expr(value), self.identifier(name), self.span(node))

    def _expr_index(self, node: Tree) -> t.Expr:
        value, key = node.children
        return t.Subscript(self.expr(value), self.expr(key), self.span(node))

    def _expr_call(self, node: Tree) -> t.Expr:
        callee, arguments = node.children
        return t.CallExpr(self.expr(callee), self.arguments(arguments), self.span(node))

    def _expr_neg(self, node: Tree) -> t.Expr:
        value = self.expr(node.children[0])
        if isinstance(value, t.IntLiteral) and value.value > 0:
            return t.IntLiteral(-value.value, self.span(node))
        return t.Unary("-", value, self.span(node))

    def _expr_not_(self, node: Tree) -> t.Expr:
        return t.Unary("not", self.expr(node.children[-1]), self.span(node))

    def _expr_arith(self, node: Tree) -> t.Expr:
        left, op, right = node.children
        return t.Binary(str(op), self.expr(left), self.expr(right), self.span(node))

    _expr_compare = _expr_arith

    def _expr_coalesce(self, node: Tree) -> t.Expr:
        return self._binary("??", node)

    def _expr_or_(self, node: Tree) -> t.Expr:
        return self._binary("or", node)

    def _expr_and_(self, node: Tree) -> t.Expr:
        return self._binary("and", node)

    def _binary(self, op: str, node: Tree) -> t.Expr:
        left, right = node.children
        return t.Binary(op, self.expr(left), self.expr(right), self.span(node))

    def _expr_ternary(self, node: Tree) -> t.Expr:
        then, condition, otherwise = node.children
        return t.Ternary(self.expr(then), self.expr(condition), self.expr(otherwise), self.span(node))


ParseExpr = Callable[[str, int], "t.Expr | None"]


class TooDeep(Exception):
    """Raised to leave a chunk whose nesting was reported."""


def _children(node: Node) -> list[Node]:
    if node is None:
        return []
    assert isinstance(node, Tree)
    return list(node.children)
