"""Writes the statements of a body: calls, maps, conditionals, order, and what is returned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from mloc.emit.python import WIDTH, Bracket, Code, call, layout, literal

from .plan import Conditional, Invoke, MapOver, Order, Outputs, Statement


def written(statements: tuple[Statement, ...], returns: tuple[str, ...], indent: int) -> list[str]:
    """The lines of a body; a call whose result nothing reads is bound to no name."""
    reads = (*returns, *(value for statement in statements for value in _reads(statement)))
    used = {read.split(".")[0] for read in reads}
    return [_statement(statement, f"{target} = " if (target := _target(statement)) in used else "", indent) for statement in statements]


def ending(statements: tuple[Statement, ...], outputs: Outputs, returns: tuple[str, ...], indent: int) -> list[str]:
    """The lines of a body that returns something; what the last call gives is returned as it comes."""
    last = statements[-1] if statements else None
    if last is not None and outputs.class_name is None and returns == (_target(last),):
        before = written(statements[:-1], tuple(_reads(last)), indent)
        return [*before, _statement(last, "return ", indent)]
    return [*written(statements, returns, indent), layout(_returned(outputs, returns), indent, "return ")]


def _target(statement: Statement) -> str:
    return "" if isinstance(statement, Order) else statement.target


def _statement(statement: Statement, lead: str, indent: int) -> str:
    match statement:
        case Order(before, after):
            return f"{' ' * indent}{before} >> {after}"
        case Invoke(_, function, args, node):
            end = ")" if node is None else f").with_overrides(node_name={literal(node)})"
            return layout(Bracket(f"{function}(", tuple((f"{name}=", value) for name, value in args), end), indent, lead)
        case MapOver():
            return _map(statement, lead, indent)
        case Conditional():
            return _conditional(statement, lead, indent)
        case _:
            assert_never(statement)


def _map(statement: MapOver, lead: str, indent: int) -> str:
    mapped = _mapped(statement)
    over = call(text(mapped), keywords={statement.item: statement.items})
    lines = layout(over, indent, lead)
    # Where the first bracket does not fit in its line, the formatter breaks that one.
    is_fit = max(map(len, lines.split("\n"))) <= WIDTH
    return lines if is_fit else layout(mapped, indent, lead, f"({statement.item}={statement.items})")


def _mapped(statement: MapOver) -> Code:
    task: Code = call("partial", [statement.function], dict(statement.bound)) if statement.bound else statement.function
    options: dict[str, Code] = {} if statement.limit is None else {"concurrency": literal(statement.limit)}
    # Later items still run after one has failed, as everywhere in a pipeline.
    return call("map_task", [task], {**options, "run_all_sub_nodes": "True"})


def _conditional(statement: Conditional, lead: str, indent: int) -> str:
    lines: list[str] = [f"conditional({literal(statement.name)})"]
    *cases, (_, otherwise) = statement.cases
    for place, (label, invoke) in enumerate(cases):
        lines.append(f".{'elif_' if place else 'if_'}({statement.arm} == {literal(label)})")
        lines.append(f".then({text(call(invoke.function, keywords=dict(invoke.args)))})")
    lines.append(".else_()")
    lines.append(f".then({text(call(otherwise.function, keywords=dict(otherwise.args)))})")
    margin = " " * indent
    flat = f"{margin}{lead}{''.join(lines)}"
    if len(flat) <= WIDTH:
        return flat
    return "\n".join([f"{margin}{lead}(", *(f"{margin}    {line}" for line in lines), f"{margin})"])


def _reads(statement: Statement) -> Iterator[str]:
    match statement:
        case Order(before, after):
            yield from (before, after)
        case Invoke(_, _, args, _):
            yield from (value for _, value in args)
        case MapOver(_, _, _, items, bound, _):
            yield from (items, *(value for _, value in bound))
        case Conditional(_, _, arm, cases):
            yield arm
            yield from (value for _, invoke in cases for _, value in invoke.args)
        case _:
            assert_never(statement)


def text(source: Code) -> str:
    return layout(source, width=1_000_000)


def _returned(outputs: Outputs, codes: tuple[str, ...]) -> Code:
    if outputs.class_name is None:
        return codes[0]
    return call(outputs.class_name, keywords={name: value for (name, _), value in zip(outputs.fields, codes, strict=True)})
