"""Pictures show every step, keep boxes around what is in them, and are safe for any text."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest

from mloc.cli.drawing.dot import dot
from mloc.cli.drawing.layout import Rect, layout
from mloc.cli.drawing.mermaid import mermaid
from mloc.cli.drawing.model import Box, Drawing, Edge, Item, drawing, ids
from mloc.cli.drawing.svg import svg
from mloc.driver import analyse
from mloc.ir.walk import nodes

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*/*.mlp"))
HOSTILE = '"]; </text>&<script> \x1b[2J --> n1\n{} \\'


@pytest.fixture(params=EXAMPLES, ids=lambda path: path.stem)
def picture(request: pytest.FixtureRequest) -> Drawing:
    return drawing(analyse(str(request.param)).pipelines[0])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_everything_is_drawn(example: Path) -> None:
    (pipeline,) = analyse(str(example)).pipelines
    picture = drawing(pipeline)
    drawn = set(ids(picture.children))
    assert {node.id for node in nodes(pipeline.region)} <= drawn
    assert {end for edge in picture.edges for end in (edge.source, edge.target)} <= drawn


def test_nothing_overlaps_and_boxes_hold_what_is_in_them(picture: Drawing) -> None:
    rects = layout(picture).rects

    def check(children: tuple[Item | Box, ...]) -> None:
        for at, child in enumerate(children):
            for other in children[at + 1 :]:
                assert apart(rects[child.id], rects[other.id]), (child.id, other.id)
            if isinstance(child, Box):
                assert all(holds(rects[child.id], rects[inner.id]) for inner in child.children)
                check(child.children)

    check(picture.children)


def test_edges_go_down(picture: Drawing) -> None:
    placed = layout(picture)
    for edge, points in placed.routes.items():
        heights = [y for _, y in points]
        assert heights == sorted(heights), edge


def apart(a: Rect, b: Rect) -> bool:
    return a.x + a.width <= b.x or b.x + b.width <= a.x or a.bottom <= b.y or b.bottom <= a.y


def holds(a: Rect, b: Rect) -> bool:
    return a.x <= b.x and a.y <= b.y and b.x + b.width <= a.x + a.width and b.bottom <= a.bottom


def test_svg_is_xml_whatever_the_names(picture: Drawing) -> None:
    first = Item("first", "step", HOSTILE, HOSTILE)
    hostile = replace(picture, title=HOSTILE, children=(first, Box("b", HOSTILE, ()), *picture.children))
    root = ElementTree.fromstring(svg(hostile))
    texts = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any("</text>" in text for text in texts)
    assert not list(root.iter("script"))


def test_text_formats_quote_what_they_are_given() -> None:
    hostile = Drawing(HOSTILE, (Item("a", "step", HOSTILE), Box("b", HOSTILE, ())), (Edge("a", "b"), Edge("b", "a", is_order=True)))
    for text in (mermaid(hostile), dot(hostile)):
        assert "\x1b" not in text
    assert 'n0["#quot;]; #lt;/text>&#lt;script> \\x1b[2J --> n1<br/>{} \\"]' in mermaid(hostile)
    assert '"a" [label="\\"]; </text>&<script> \\\\x1b[2J --> n1\\n{} \\\\", shape=box];' in dot(hostile)
    assert '"a" -> "in b" [lhead="cluster b"];' in dot(hostile)
    assert '"in b" -> "a" [ltail="cluster b", style=dashed];' in dot(hostile)


def test_a_called_pipeline_is_a_box_and_no_decision(tmp_path: Path) -> None:
    (tmp_path / "p.mlp").write_text("""mlp 1

step double(x: int) -> int:
    run inline "return 2 * x"

pipeline inner(x: int) -> (y: int):
    y = double(x=x)
    return y=y

pipeline outer(n: int) -> (y: int):
    made = inner(x=n)
    return y=made.y
""")
    picture = drawing(analyse(str(tmp_path / "p.mlp")).pipelines[1])
    assert picture.children[1] == Box("made", "made", (Item("made.y", "step", "y", "double"),))
    assert set(picture.edges) == {Edge("$ n", "made.y"), Edge("made", "return y")}
