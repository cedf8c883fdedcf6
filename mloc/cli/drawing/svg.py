"""A picture as an SVG file that needs nothing else to be shown, on a light or a dark page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from mloc.cli.drawing.layout import LINE, Point, Rect, layout
from mloc.cli.drawing.model import Box, Drawing, Edge, Item
from mloc.diagnostics.display import clean

_STYLE = """\
  <style>
    text { font: 12px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #1f2328; text-anchor: middle }
    .small, .title { fill: #57606a; font-size: 11px }
    .title { text-anchor: start }
    .page { fill: #ffffff }
    .box { fill: #8c959f; fill-opacity: .08; stroke: #8c959f; stroke-dasharray: 4 3 }
    .step { fill: #ddf4ff; stroke: #0969da }
    .decision { fill: #fff8c5; stroke: #9a6700 }
    .parameter, .result { fill: #f6f8fa; stroke: #57606a }
    .edge { fill: none; stroke: #57606a; stroke-width: 1.2; marker-end: url(#arrow) }
    .order { stroke-dasharray: 5 4 }
    marker path { fill: #57606a }
  </style>
  <defs>
    <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z"/></marker>
  </defs>"""


def svg(drawing: Drawing) -> str:
    placed = layout(drawing)
    size = f"{_number(placed.width)} {_number(placed.height)}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{_number(placed.width)}" height="{_number(placed.height)}">',
        f"  <title>{_text(drawing.title)}</title>",
        _STYLE,
        '  <rect class="page" width="100%" height="100%"/>',
    ]
    # Boxes first, then edges, then items: what is read is never covered.
    lines += [_box(box, placed.rects[box.id]) for box in _boxes(drawing.children)]
    lines += [_edge(edge, points) for edge, points in placed.routes.items()]
    lines += [_item(item, placed.rects[item.id]) for item in _items(drawing.children)]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _boxes(children: Sequence[Item | Box]) -> Iterator[Box]:
    for child in children:
        if isinstance(child, Box):
            yield child
            yield from _boxes(child.children)


def _items(children: Sequence[Item | Box]) -> Iterator[Item]:
    for child in children:
        if isinstance(child, Box):
            yield from _items(child.children)
        else:
            yield child


def _box(box: Box, rect: Rect) -> str:
    return f'  <rect class="box" {_place(rect)} rx="6"/>\n  <text class="title" {_at(rect.x + 10, rect.y + 16)}>{_text(box.title)}</text>'


def _item(item: Item, rect: Rect) -> str:
    if item.kind == "decision":
        x, y, half = rect.middle, rect.y + rect.height / 2, rect.width / 2
        corners = " ".join(map(_pair, ((x, y - half), (x + half, y), (x, y + half), (x - half, y))))
        return f'  <polygon class="decision" points="{corners}"/>\n  <text {_at(x, y + 4)}>{_text(item.title)}</text>'
    round_ = rect.height / 2 if item.kind in ("parameter", "result") else 4
    lines = [f'  <rect class="{item.kind}" {_place(rect)} rx="{_number(round_)}"/>']
    lines.append(f"  <text {_at(rect.middle, rect.y + LINE + 3)}>{_text(item.title)}</text>")
    if item.subtitle:
        lines.append(f'  <text class="small" {_at(rect.middle, rect.y + 2 * LINE + 3)}>{_text(item.subtitle)}</text>')
    return "\n".join(lines)


def _edge(edge: Edge, points: Sequence[Point]) -> str:
    """A smooth line from point to point, upright at each."""
    path = [f"M{_pair(points[0])}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (y2 - y1) / 2
        path.append(f"C{_pair((x1, y1 + bend))} {_pair((x2, y2 - bend))} {_pair((x2, y2))}")
    return f'  <path class="edge{" order" * edge.is_order}" d="{" ".join(path)}"/>'


def _place(rect: Rect) -> str:
    return f'x="{_number(rect.x)}" y="{_number(rect.y)}" width="{_number(rect.width)}" height="{_number(rect.height)}"'


def _at(x: float, y: float) -> str:
    return f'x="{_number(x)}" y="{_number(y)}"'


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return clean(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
