"""Walking the syntax tree: operands, statements, and when two expressions are written alike."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import assert_never

from mloc.syntax import tree as t


def operands(expr: t.Expr) -> tuple[t.Expr, ...]:
    """The direct parts of an expression, in the order in which they are written."""
    match expr:
        case t.Name() | t.IntLiteral() | t.FloatLiteral() | t.Quantity() | t.Text() | t.Bool() | t.Null():
            return ()
        case t.FString():
            return tuple(part for part in expr.parts if not isinstance(part, str))
        case t.ListLiteral():
            return expr.items
        case t.Projection():
            return (expr.body, expr.source) if expr.condition is None else (expr.body, expr.source, expr.condition)
        case t.Braces():
            return tuple(entry.value for entry in expr.entries)
        case t.Member() | t.Unary():
            return (expr.value,)
        case t.Subscript():
            return expr.value, expr.key
        case t.CallExpr():
            return expr.callee, *(argument.value for argument in expr.arguments)
        case t.Binary():
            return expr.left, expr.right
        case t.Ternary():
            return expr.then, expr.condition, expr.otherwise
        case _:
            assert_never(expr)


def parts(expr: t.Expr) -> Iterator[t.Expr]:
    """An expression and all that is in it."""
    yield expr
    for operand in operands(expr):
        yield from parts(operand)


def blocks(statement: t.Statement) -> tuple[tuple[t.Statement, ...], ...]:
    """The blocks directly inside a statement."""
    match statement:
        case t.If():
            return tuple(arm.body for arm in statement.arms)
        case t.For() | t.Loop() | t.Handler():
            return (statement.body,)
        case _:
            return ()


def statements(body: Iterable[t.Statement]) -> Iterator[t.Statement]:
    """Every statement of a block and of the blocks inside, in source order."""
    for statement in body:
        yield statement
        for block in blocks(statement):
            yield from statements(block)


def own(statement: t.Statement) -> tuple[t.Expr, ...]:
    """The expressions of a statement itself, without those of the blocks inside."""
    match statement:
        case t.Bind():
            return statement.value, *statement.after, *statement.overrides
        case t.Require():
            return (statement.message,) if statement.condition is None else (statement.condition, statement.message)
        case t.If():
            return tuple(arm.condition for arm in statement.arms if arm.condition is not None)
        case t.For():
            return tuple(expr for expr in (statement.source, statement.limit, statement.tolerate) if expr is not None)
        case t.Loop():
            return statement.initial, statement.maximum
        case t.Yield():
            return (statement.value,)
        case t.Next():
            return statement.value, statement.until
        case t.Return():
            return tuple(argument.value for argument in statement.arguments)
        case t.Options():
            return tuple(attribute_exprs(statement.attributes))
        case t.Handler():
            return ()
        case _:
            assert_never(statement)


def everything(body: Iterable[t.Statement]) -> Iterator[t.Expr]:
    """Every expression of a block, those inside others and in the blocks inside included."""
    for statement in statements(body):
        for expr in own(statement):
            yield from parts(expr)


def attribute_exprs(attributes: Iterable[t.Attribute]) -> Iterator[t.Expr]:
    """The arguments of attributes, those of nested ones included."""
    for attribute in attributes:
        for argument in attribute.arguments:
            yield argument.value
        yield from attribute_exprs(attribute.block or ())


def callee(expr: t.Expr) -> str | None:
    """`step` or `module.step` when the expression is a call of a name; None for anything else."""
    match expr:
        case t.CallExpr(callee=t.Name(text=text)):
            return text
        case t.CallExpr(callee=t.Member(value=t.Name(text=module), name=name)):
            return f"{module}.{name.text}"
        case _:
            return None


def shape(expr: t.Expr) -> Hashable:
    """Equal for two expressions that are written alike, whatever their layout; arguments and fields may be in another order."""
    match expr:
        case t.Name(text=text):
            return "name", text
        case t.IntLiteral(value=number):
            return "int", number
        case t.FloatLiteral(text=text):
            return "float", text
        case t.Quantity():
            return "quantity", expr.number, expr.unit
        case t.Text(value=text):
            return "text", text
        case t.Bool(value=flag):
            return "bool", flag
        case t.Null():
            return "null"
        case t.FString():
            return "f-string", tuple(part if isinstance(part, str) else shape(part) for part in expr.parts)
        case t.Braces():
            return "braces", frozenset((entry.key.text, entry.quoted, shape(entry.value)) for entry in expr.entries)
        case t.Member():
            return "member", shape(expr.value), expr.name.text
        case t.CallExpr():
            return "call", shape(expr.callee), arguments_shape(expr.arguments)
        case t.Projection():
            condition = None if expr.condition is None else shape(expr.condition)
            return "projection", expr.name.text, shape(expr.body), shape(expr.source), condition
        case t.Unary() | t.Binary():
            return expr.op, *(shape(operand) for operand in operands(expr))
        case t.ListLiteral() | t.Subscript() | t.Ternary():
            return type(expr).__name__, *(shape(operand) for operand in operands(expr))
        case _:
            assert_never(expr)


def arguments_shape(arguments: Iterable[t.Argument]) -> Hashable:
    """The shape of what a call is given."""
    return frozenset((None if a.name is None else a.name.text, shape(a.value)) for a in arguments)


def block_shape(body: Iterable[t.Statement]) -> Hashable:
    """Equal for two blocks of the same statements."""
    return tuple(_statement_shape(statement) for statement in body)


def _statement_shape(statement: t.Statement) -> Hashable:
    match statement:
        case t.Bind() | t.If() | t.For() | t.Loop():
            name = None if statement.name is None else statement.name.text
        case t.Handler(kind=kind):
            name = kind
        case _:
            name = None
    inner = statement.item.text if isinstance(statement, t.For) else statement.state.text if isinstance(statement, t.Loop) else None
    exprs = tuple(shape(expr) for expr in own(statement))
    return type(statement).__name__, name, inner, exprs, tuple(block_shape(block) for block in blocks(statement))
