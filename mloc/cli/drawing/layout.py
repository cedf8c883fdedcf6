"""Where everything in a picture stands: boxes within boxes, each in layers from top to bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from mloc.cli.drawing.model import Box, Drawing, Edge, Item
from mloc.diagnostics.display import width
from mloc.frozen import dataclass

CHARACTER, LINE = 7.3, 16.0
_GAP, _LAYER_GAP, _MARGIN, _TITLE = 24.0, 36.0, 14.0, 22.0
_LANE = 14.0  # the room kept free for an edge that passes a layer

Point: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rect:
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """`rects` by the id of an item or box; `routes` are the points that each edge passes, its ends included."""

    width: float
    height: float
    rects: Mapping[str, Rect]
    routes: Mapping[Edge, tuple[Point, ...]]


@dataclass(frozen=True, slots=True)
class _Placed:
    """One level of nesting, at its own origin: its size, what stands in it, and the lanes of the edges that pass it."""

    width: float
    height: float
    rects: dict[str, Rect]
    lanes: dict[tuple[str, str], list[Point]]


def layout(drawing: Drawing) -> Layout:
    owners: dict[str, tuple[str, ...]] = {}
    _find_owners(drawing.children, (), owners)
    placed = _place(drawing.children, drawing.edges, owners, 0)
    rects = {id_: Rect(r.x + _MARGIN, r.y + _MARGIN, r.width, r.height) for id_, r in placed.rects.items()}
    routes = {edge: _route(edge, rects, placed.lanes, owners) for edge in drawing.edges}
    return Layout(placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN, rects, routes)


def _find_owners(children: Sequence[Item | Box], path: tuple[str, ...], owners: dict[str, tuple[str, ...]]) -> None:
    """For each item and box the ids of the boxes around it, outermost first, and its own."""
    for child in children:
        owners[child.id] = (*path, child.id)
        if isinstance(child, Box):
            _find_owners(child.children, (*path, child.id), owners)


def _place(children: Sequence[Item | Box], edges: Sequence[Edge], owners: Mapping[str, tuple[str, ...]], depth: int) -> _Placed:
    """Lay out one level: what is inside first, for its size, then the layers, then the order and place in each."""
    inner = {child.id: _place(child.children, edges, owners, depth + 1) for child in children if isinstance(child, Box)}
    sizes = {child.id: _size(child, inner.get(child.id)) for child in children}
    links = _links(edges, owners, depth, sizes)
    layer = _layers(sizes, links)
    chains = {link: _chain(link, layer) for link in links}
    for chain in chains.values():
        sizes.update(dict.fromkeys(chain[1:-1], (_LANE, 0.0)))
    rows = _ordered(layer, chains)
    own, height = _coordinates(rows, sizes)
    total = max((r.x + r.width for r in own.values()), default=0.0)
    lanes = {link: [(own[id_].middle, own[id_].y) for id_ in chain[1:-1]] for link, chain in chains.items()}
    rects = {child.id: own[child.id] for child in children}
    for child_id, placed in inner.items():
        _embed(placed, own[child_id], rects, lanes)
    return _Placed(total, height, rects, lanes)


def _embed(placed: _Placed, at: Rect, rects: dict[str, Rect], lanes: dict[tuple[str, str], list[Point]]) -> None:
    """Move what stands in a box to where the box stands."""
    x, y = at.x + (at.width - placed.width) / 2, at.y + _TITLE + _MARGIN / 2
    rects.update({id_: Rect(r.x + x, r.y + y, r.width, r.height) for id_, r in placed.rects.items()})
    lanes.update({link: [(px + x, py + y) for px, py in points] for link, points in placed.lanes.items()})


def _size(child: Item | Box, placed: _Placed | None) -> tuple[float, float]:
    if isinstance(child, Box):
        inside = (placed.width, placed.height) if placed is not None else (0.0, 0.0)
        return max(inside[0], _text(child.title)) + 2 * _MARGIN, inside[1] + _TITLE + 1.5 * _MARGIN
    if child.kind == "decision":
        return 34.0, 34.0
    lines = 2 if child.subtitle else 1
    return max(_text(child.title), _text(child.subtitle)) + 24.0, lines * LINE + 14.0


def _text(text: str) -> float:
    return CHARACTER * sum(map(width, text))


def _links(edges: Sequence[Edge], owners: Mapping[str, tuple[str, ...]], depth: int, here: Mapping[str, object]) -> list[tuple[str, str]]:
    """The edges as they are seen on one level: between the things that stand on it."""
    found: dict[tuple[str, str], None] = {}
    for edge in edges:
        source, target = owners[edge.source], owners[edge.target]
        if len(source) > depth and len(target) > depth and source[depth] != target[depth] and {source[depth], target[depth]} <= here.keys():
            found[source[depth], target[depth]] = None
    return list(found)


def _layers(sizes: Mapping[str, object], links: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each thing: below everything that it depends on; what nothing depends on it for moves down to its user."""
    layer = dict.fromkeys(sizes, 0)
    for _ in sizes:  # a longest path has no more steps than there are things
        for source, target in links:
            layer[target] = max(layer[target], layer[source] + 1)
    used = {source: [target for s, target in links if s == source] for source in sizes}
    for id_ in sizes:
        if used[id_] and not any(target == id_ for _, target in links):
            layer[id_] = min(layer[target] for target in used[id_]) - 1
    return layer


def _chain(link: tuple[str, str], layer: Mapping[str, int]) -> list[str]:
    """The two ends of a link, and between them a lane for each layer that it passes."""
    source, target = link
    lanes = [f"{source}\0{target}\0{number}\0{layer[source] + number}" for number in range(1, layer[target] - layer[source])]
    return [source, *lanes, target]


def _ordered(layer: Mapping[str, int], chains: Mapping[tuple[str, str], Sequence[str]]) -> list[list[str]]:
    """The things and lanes of each layer from left to right, so that few edges cross: each near the mean of its neighbours."""
    rows: list[list[str]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for id_, number in layer.items():
        rows[number].append(id_)
    above: dict[str, list[str]] = {}
    below: dict[str, list[str]] = {}
    for chain in chains.values():
        for lane in chain[1:-1]:
            rows[int(lane.rpartition("\0")[2])].append(lane)
        for upper, lower in pairwise(chain):
            above.setdefault(lower, []).append(upper)
            below.setdefault(upper, []).append(lower)
    for turn in range(8):
        neighbours = below if turn % 2 else above
        places = {id_: (at + 0.5) / len(row) for row in rows for at, id_ in enumerate(row)}
        for row in reversed(rows) if turn % 2 else rows:
            row.sort(key=lambda id_: _mean([places[n] for n in neighbours.get(id_, ())], places[id_]))
            places.update({id_: (at + 0.5) / len(row) for at, id_ in enumerate(row)})
    return rows


def _mean(values: Sequence[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _coordinates(rows: Sequence[Sequence[str]], sizes: Mapping[str, tuple[float, float]]) -> tuple[dict[str, Rect], float]:
    """Every layer centred under the widest; gives the height too."""
    widths = [sum(sizes[id_][0] for id_ in row) + _GAP * (len(row) - 1) for row in rows]
    widest = max(widths, default=0.0)
    found: dict[str, Rect] = {}
    y = 0.0
    for row, row_width in zip(rows, widths, strict=True):
        x, tallest = (widest - row_width) / 2, max(sizes[id_][1] for id_ in row)
        for id_ in row:
            found[id_] = Rect(x, y + (tallest - sizes[id_][1]) / 2, *sizes[id_])
            x += sizes[id_][0] + _GAP
        y += tallest + _LAYER_GAP
    return found, max(0.0, y - _LAYER_GAP)


def _route(
    edge: Edge, rects: Mapping[str, Rect], lanes: Mapping[tuple[str, str], Sequence[Point]], owners: Mapping[str, tuple[str, ...]]
) -> tuple[Point, ...]:
    """From the bottom of the source along the lanes of the level where the two part to the top of the target."""
    source, target = owners[edge.source], owners[edge.target]
    depth = next(at for at, (a, b) in enumerate(zip(source, target, strict=False)) if a != b)
    between = lanes.get((source[depth], target[depth]), ())
    start, end = rects[edge.source], rects[edge.target]
    return ((start.middle, start.bottom), *((x + _MARGIN, y + _MARGIN) for x, y in between), (end.middle, end.y))
