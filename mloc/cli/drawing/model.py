"""What a picture of a pipeline shows: items in boxes, and the edges between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias, assert_never

from mloc.frozen import dataclass
from mloc.ir.called import is_called
from mloc.ir.handlers import RUN_NODE, handlers
from mloc.ir.handlers import Kind as Handler
from mloc.ir.model import Arm, Branch, Call, FanOut, Node, Pipeline, Ref, Region
from mloc.ir.walk import every_node, refs

_HANDLERS: dict[Handler, str] = {"on_failure": "on failure", "finally": "finally"}
"""The boxes of handlers, named like nothing else."""
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
    """From an item or box to another, by id; `is_order` says that only the order counts and no value flows."""

    source: str
    target: str
    is_order: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    children: tuple[Item | Box, ...]
    edges: tuple[Edge, ...]


def drawing(pipeline: Pipeline) -> Drawing:
    """The picture of a pipeline: its parameters above, its results and handlers below."""
    by_id = {node.id: node for node in every_node(pipeline)}
    parameters = tuple(Item(_parameter(p.name), "parameter", p.name) for p in pipeline.parameters)
    results = tuple(Item(_result(r.name), "result", r.name) for r in pipeline.results)
    edges: dict[Edge, None] = {}
    for node in by_id.values():
        edges.update(dict.fromkeys(_edges(node, by_id)))
    for result in pipeline.results:
        edges.update(dict.fromkeys(Edge(_source(ref), _result(result.name)) for ref in refs(result.value)))
    ends = tuple(Box(_HANDLERS[kind], _HANDLERS[kind], _children(region)) for kind, region in handlers(pipeline))
    return Drawing(pipeline.name, (*parameters, *_children(pipeline.region), *results, *ends), tuple(edges))


def ids(children: Sequence[Item | Box]) -> Iterator[str]:
    """The id of every item and box, a box before what is in it."""
    for child in children:
        yield child.id
        if isinstance(child, Box):
            yield from ids(child.children)


def _parameter(name: str) -> str:
    return f"$ {name}"


def _result(name: str) -> str:
    return f"return {name}"


def _decision(branch: Branch) -> str:
    return f"if {branch.id}"


def _arm(branch: Branch, arm: Arm) -> str:
    return f"{branch.id} {arm.label}"


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
        case Branch() if is_called(node):
            return Box(node.id, node.id.rpartition(".")[2], _children(node.arms[0].region))
        case Branch():
            arms = (Box(_arm(node, arm), arm.label, _children(arm.region)) for arm in node.arms if arm.region.nodes)
            return Box(node.id, "if", (Item(_decision(node), "decision", "?"), *arms))
        case _:
            assert_never(node)


def _edges(node: Node, by_id: dict[str, Node]) -> Iterator[Edge]:
    match node:
        case Call():
            read, target = refs(*(value for _, value in node.args)), node.id
        case Branch() if is_called(node):
            read, target = (), node.id
        case Branch():
            read, target = refs(*(arm.condition for arm in node.arms)), _decision(node)
            for arm in node.arms:
                if arm.region.nodes:
                    yield Edge(target, _arm(node, arm))
        case FanOut():
            read, target = refs(node.source), node.id
        case _:
            assert_never(node)
    for ref in read:
        # The items of a fan-out come in with the edge to its box.
        if ref.node != RUN_NODE and not (ref.output == "item" and isinstance(by_id.get(ref.node), FanOut)):
            yield Edge(_source(ref), target)
    for name in node.after:
        yield Edge(name, target, is_order=True)


def _source(ref: Ref) -> str:
    """The item that makes a value, or the box of the region that gives it."""
    return _parameter(ref.output) if ref.node == "$" else ref.node
