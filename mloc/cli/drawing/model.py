"""What a picture of a pipeline shows: items in boxes, and the edges between items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from mloc.ir.model import Branch, Call, Expr, FanOut, Node, Pipeline, Ref, Region
from mloc.ir.walk import nodes, own_exprs, refs, regions

Kind: TypeAlias = Literal["parameter", "step", "decision", "result"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something with a name, and a second line that may be empty."""

    id: str
    kind: Kind
    title: str
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """Items and boxes that stand together: a fan-out's body, a branch, or one of its arms."""

    id: str
    title: str
    children: tuple[Item | Box, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """From one item to another; `is_order` says that only the order counts and no value flows."""

    source: str
    target: str
    label: str = ""
    is_order: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    children: tuple[Item | Box, ...]
    edges: tuple[Edge, ...]


def drawing(pipeline: Pipeline) -> Drawing:
    """The picture of a pipeline: its parameters above, its results below."""
    by_id = {node.id: node for node in nodes(pipeline.region)}
    parameters = tuple(Item(_parameter(p.name), "parameter", p.name) for p in pipeline.parameters)
    results = tuple(Item(_result(r.name), "result", r.name) for r in pipeline.results)
    edges: dict[Edge, None] = {}
    for node in by_id.values():
        edges.update(dict.fromkeys(_edges(node, by_id)))
    for result in pipeline.results:
        edges.update(dict.fromkeys(Edge(source, _result(result.name)) for source in _sources(by_id, result.value)))
    return Drawing(pipeline.name, (*parameters, *_children(pipeline.region), *results), tuple(edges))


def leaves(children: tuple[Item | Box, ...]) -> Iterator[Item]:
    """Every item, in the order of the text."""
    for child in children:
        if isinstance(child, Box):
            yield from leaves(child.children)
        else:
            yield child


def _parameter(name: str) -> str:
    return f"$ {name}"


def _result(name: str) -> str:
    return f"return {name}"


def _decision(branch: Branch) -> str:
    return f"if {branch.id}"


def _children(region: Region) -> tuple[Item | Box, ...]:
    return tuple(_child(node) for node in region.nodes)


def _child(node: Node) -> Item | Box:
    match node:
        case Call():
            name = node.id.rpartition(".")[2]
            return Item(node.id, "step", name, "" if name == node.step else node.step)
        case FanOut():
            limit = "" if node.limit is None else f" limit {node.limit}"
            return Box(node.id, f"for {node.item}{limit}", _children(node.region))
        case Branch():
            arms = (Box(f"{node.id} {arm.label}", arm.label, _children(arm.region)) for arm in node.arms if arm.region.nodes)
            return Box(node.id, "if", (Item(_decision(node), "decision", "?"), *arms))
        case _:
            assert_never(node)


def _edges(node: Node, by_id: dict[str, Node]) -> Iterator[Edge]:
    match node:
        case Call():
            read = refs(*(value for _, value in node.args))
            # The items of a fan-out come in with the edges to its first steps.
            for ref in (ref for ref in read if not (ref.output == "item" and isinstance(by_id.get(ref.node), FanOut))):
                for source in _makers(by_id, ref):
                    yield Edge(source, node.id)
        case Branch():
            for source in _sources(by_id, *(arm.condition for arm in node.arms)):
                yield Edge(source, _decision(node))
            for arm in node.arms:
                for target in _entries(arm.region):
                    yield Edge(_decision(node), target, arm.label)
        case FanOut():
            for source in _sources(by_id, node.source):
                for target in _entries(node.region):
                    yield Edge(source, target)
        case _:
            assert_never(node)
    for name in node.after:
        for source in _ends(by_id[name]):
            for target in (node.id,) if isinstance(node, Call) else _starts(node):
                yield Edge(source, target, is_order=True)


def _sources(by_id: dict[str, Node], *exprs: Expr | None) -> tuple[str, ...]:
    """The items that make what expressions read; values that regions give come from what makes them inside."""
    found: dict[str, None] = {}
    for ref in refs(*exprs):
        found.update(dict.fromkeys(_makers(by_id, ref)))
    return tuple(found)


def _makers(by_id: dict[str, Node], ref: Ref) -> tuple[str, ...]:
    if ref.node == "$":
        return (_parameter(ref.output),)
    match by_id[ref.node]:
        case Call(id_):
            return (id_,)
        case FanOut() as fan_out:
            return _sources(by_id, fan_out.source if ref.output == "item" else fan_out.result)
        case Branch() as branch:
            values = next(merged.values for merged in branch.merged if merged.name == ref.output)
            return _sources(by_id, *values) or (_decision(branch),)
        case other:
            assert_never(other)


def _entries(region: Region) -> tuple[str, ...]:
    """The items of a region that nothing else in it comes before."""
    inside = {inner.id for inner in nodes(region)}
    first = [node for node in region.nodes if not any(ref.node in inside for ref in refs(*own_exprs(node)))]
    return tuple(item for node in first for item in _starts(node))


def _starts(node: Node) -> tuple[str, ...]:
    match node:
        case Call():
            return (node.id,)
        case Branch():
            return (_decision(node),)
        case FanOut():
            return _entries(node.region)
        case _:
            assert_never(node)


def _ends(node: Node) -> tuple[str, ...]:
    """The items whose end is the end of a node."""
    if isinstance(node, Call):
        return (node.id,)
    inner = [child for region in regions(node) for child in region.nodes]
    read = {ref.node for child in inner for ref in refs(*own_exprs(child))}
    return tuple(item for child in inner if child.id not in read for item in _ends(child))
