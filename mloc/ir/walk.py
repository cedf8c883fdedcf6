"""The one walker over regions and expressions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import assert_never

from mloc.frozen import replace
from mloc.ir.model import (
    Arith,
    Branch,
    Call,
    Choose,
    Coalesce,
    Compare,
    Const,
    Expr,
    FanOut,
    Format,
    Get,
    Index,
    Launch,
    Local,
    Logic,
    MakeList,
    MakeMap,
    MakeRecord,
    Node,
    Not,
    Pipeline,
    Project,
    Ref,
    Region,
    Widen,
)


def children(expr: Expr) -> tuple[Expr, ...]:
    """The direct operands of an expression, in order of evaluation."""
    match expr:
        case Const() | Ref() | Local():
            return ()
        case Get(_, value) | Not(_, value) | Widen(_, value):
            return (value,)
        case Index(_, value, key):
            return (value, key)
        case Arith(_, _, left, right):
            return (right,) if left is None else (left, right)
        case Compare(_, _, left, right) | Logic(_, _, left, right) | Coalesce(_, left, right):
            return (left, right)
        case Choose(_, condition, then, otherwise):
            return (condition, then, otherwise)
        case MakeList(_, items):
            return items
        case MakeRecord(_, named) | MakeMap(_, named):
            return tuple(value for _, value in named)
        case Project(_, _, source, body, condition):
            return (source, body) if condition is None else (source, body, condition)
        case Format(_, parts):
            return tuple(p for p in parts if not isinstance(p, str))
        case _:
            assert_never(expr)


def with_children(expr: Expr, new: tuple[Expr, ...]) -> Expr:
    """The same expression over other operands; the same object when they are the same."""
    if all(a is b for a, b in zip(children(expr), new, strict=True)):
        return expr
    match expr:
        case Const() | Ref() | Local():
            return expr
        case Get() | Not() | Widen():
            return replace(expr, value=new[0])
        case Index():
            return replace(expr, value=new[0], key=new[1])
        case Arith():
            return replace(expr, right=new[0]) if expr.left is None else replace(expr, left=new[0], right=new[1])
        case Compare() | Logic() | Coalesce():
            return replace(expr, left=new[0], right=new[1])
        case Choose():
            return replace(expr, condition=new[0], then=new[1], otherwise=new[2])
        case MakeList():
            return replace(expr, items=new)
        case MakeRecord():
            return replace(expr, fields=tuple((name, value) for (name, _), value in zip(expr.fields, new, strict=True)))
        case MakeMap():
            return replace(expr, entries=tuple((key, value) for (key, _), value in zip(expr.entries, new, strict=True)))
        case Project():
            return replace(expr, source=new[0], body=new[1], condition=new[2] if len(new) > 2 else None)
        case Format():
            rest = iter(new)
            return replace(expr, parts=tuple(p if isinstance(p, str) else next(rest) for p in expr.parts))
        case _:
            assert_never(expr)


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Apply `change` to every expression, operands first."""
    return change(with_children(expr, tuple(rewrite(child, change) for child in children(expr))))


def refs(*exprs: Expr | None) -> tuple[Ref, ...]:
    """The distinct values an expression reads, in order of first mention."""
    found: dict[tuple[str, str], Ref] = {}

    def visit(expr: Expr) -> None:
        if isinstance(expr, Ref):
            found.setdefault((expr.node, expr.output), expr)
        for child in children(expr):
            visit(child)

    for expr in exprs:
        if expr is not None:
            visit(expr)
    return tuple(found.values())


def own_exprs(node: Node) -> tuple[Expr, ...]:
    """The expressions that belong to a node itself, without those of the nodes in its regions."""
    match node:
        case Call():
            return tuple(value for _, value in node.args)
        case Branch():
            return tuple(arm.condition for arm in node.arms if arm.condition is not None)
        case FanOut():
            return (node.source,)
        case _:
            assert_never(node)


def regions(node: Node) -> tuple[Region, ...]:
    match node:
        case Call():
            return ()
        case Branch():
            return tuple(arm.region for arm in node.arms)
        case FanOut():
            return (node.region,)
        case _:
            assert_never(node)


def nodes(region: Region) -> Iterator[Node]:
    """Every node of a region and of the regions inside, in source order."""
    for node in region.nodes:
        yield node
        for inner in regions(node):
            yield from nodes(inner)


def every_region(pipeline: Pipeline) -> tuple[Region, Region, Region]:
    """The body of a pipeline, then its handlers in the order in which they run."""
    return pipeline.region, pipeline.on_failure, pipeline.final


def every_node(pipeline: Pipeline) -> Iterator[Node]:
    """Every node of a pipeline, those of its handlers last."""
    for region in every_region(pipeline):
        yield from nodes(region)


def every_call(pipeline: Pipeline) -> Iterator[Call]:
    return (node for node in every_node(pipeline) if isinstance(node, Call))


def calls(region: Region) -> Iterator[Call]:
    return (node for node in nodes(region) if isinstance(node, Call))


def captured(node: Node) -> tuple[Ref, ...]:
    """What a node, with everything in it, reads from outside itself: a region starts when all of it is ready."""
    inside = {node.id} | {inner.id for region in regions(node) for inner in nodes(region)}
    exprs = list(own_exprs(node))
    for region in regions(node):
        for inner in nodes(region):
            exprs.extend(own_exprs(inner))
            exprs.extend(closing_exprs(inner))
    exprs.extend(closing_exprs(node))
    return tuple(ref for ref in refs(*exprs) if ref.node not in inside)


def closing_exprs(node: Node) -> tuple[Expr, ...]:
    """The expressions a region gives its values with: merged values and the yielded one."""
    match node:
        case Call():
            return ()
        case Branch():
            return tuple(value for merged in node.merged for value in merged.values)
        case FanOut():
            return () if node.result is None else (node.result,)
        case _:
            assert_never(node)


def predecessors(node: Node, siblings: frozenset[str]) -> tuple[str, ...]:
    """The sibling nodes that must have ended before `node` starts: data, then `after`, in order."""
    wanted: dict[str, None] = dict.fromkeys(ref.node for ref in captured(node) if ref.node in siblings)
    wanted.update(dict.fromkeys(name for name in orders(node) if name in siblings))
    return tuple(wanted)


def orders(node: Node) -> tuple[str, ...]:
    """The nodes named by `after`, on the node or on anything inside it."""
    return node.after + tuple(name for region in regions(node) for inner in nodes(region) for name in inner.after)


def map_exprs(pipeline: Pipeline, change: Callable[[Expr], Expr]) -> Pipeline:
    """The pipeline with `change` applied to every expression; the same object when nothing changed."""
    before = every_region(pipeline)
    region, on_failure, final = (_map_region(each, change) for each in before)
    results = tuple(replace(r, value=rewrite(r.value, change)) for r in pipeline.results)
    launches = tuple(_map_launch(launch, change) for launch in pipeline.launches)
    same = all(a.value is b.value for a, b in zip(results, pipeline.results, strict=True))
    same = same and all(a is b for a, b in zip((region, on_failure, final, *launches), (*before, *pipeline.launches), strict=True))
    if same:
        return pipeline
    return replace(pipeline, region=region, results=results, on_failure=on_failure, final=final, launches=launches)


def _map_launch(launch: Launch, change: Callable[[Expr], Expr]) -> Launch:
    args = tuple((name, rewrite(value, change)) for name, value in launch.args)
    return launch if all(a[1] is b[1] for a, b in zip(args, launch.args, strict=True)) else replace(launch, args=args)


def _map_region(region: Region, change: Callable[[Expr], Expr]) -> Region:
    new = tuple(_map_node(node, change) for node in region.nodes)
    return region if all(a is b for a, b in zip(new, region.nodes, strict=True)) else Region(new)


def _map_node(node: Node, change: Callable[[Expr], Expr]) -> Node:
    match node:
        case Call():
            args = tuple((name, rewrite(value, change)) for name, value in node.args)
            return node if all(a[1] is b[1] for a, b in zip(args, node.args, strict=True)) else replace(node, args=args)
        case Branch():
            arms = tuple(
                replace(
                    arm,
                    condition=None if arm.condition is None else rewrite(arm.condition, change),
                    region=_map_region(arm.region, change),
                )
                for arm in node.arms
            )
            merged = tuple(replace(m, values=tuple(rewrite(v, change) for v in m.values)) for m in node.merged)
            same = arms == node.arms and merged == node.merged
            return node if same else replace(node, arms=arms, merged=merged)
        case FanOut():
            source, region = rewrite(node.source, change), _map_region(node.region, change)
            result = None if node.result is None else rewrite(node.result, change)
            same = source is node.source and region is node.region and result is node.result
            return node if same else replace(node, source=source, region=region, result=result)
        case _:
            assert_never(node)
