"""A picture as the text that Graphviz reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mloc.cli.drawing.model import Box, Drawing, Item, Kind
from mloc.diagnostics.display import clean

_SHAPES: Mapping[Kind, str] = {"parameter": "oval", "step": "box", "decision": "diamond", "result": "oval"}


def dot(drawing: Drawing) -> str:
    anchors = dict(_anchors(drawing.children))
    lines = [f"digraph {_quoted(drawing.title)} {{", "  compound=true;", '  node [fontname="monospace"];', *_lines(drawing.children, "  ")]
    for edge in drawing.edges:
        # Graphviz joins nodes only; an edge of a box is one of a node inside it, cut off at the box.
        source, target = anchors.get(edge.source, edge.source), anchors.get(edge.target, edge.target)
        attributes = [f"ltail={_quoted(_cluster(edge.source))}"] * (edge.source in anchors)
        attributes += [f"lhead={_quoted(_cluster(edge.target))}"] * (edge.target in anchors)
        attributes += ["style=dashed"] * edge.is_order
        suffix = f" [{', '.join(attributes)}]" if attributes else ""
        lines.append(f"  {_quoted(source)} -> {_quoted(target)}{suffix};")
    return "\n".join([*lines, "}"]) + "\n"


def _anchors(children: Sequence[Item | Box]) -> Iterator[tuple[str, str]]:
    """For each box a node inside it: an invisible one when the box is empty."""
    for child in children:
        if isinstance(child, Box):
            yield child.id, _anchor(child)
            yield from _anchors(child.children)


def _anchor(box: Box) -> str:
    first = box.children[0] if box.children else None
    return _anchor(first) if isinstance(first, Box) else first.id if first else f"in {box.id}"


def _cluster(id_: str) -> str:
    # Graphviz draws a box around a subgraph only when its name begins with this word.
    return f"cluster {id_}"


def _lines(children: Sequence[Item | Box], indent: str) -> Iterator[str]:
    for child in children:
        if isinstance(child, Item):
            label = child.title + (f"\n{child.subtitle}" if child.subtitle else "")
            yield f"{indent}{_quoted(child.id)} [label={_quoted(label)}, shape={_SHAPES[child.kind]}];"
            continue
        yield f"{indent}subgraph {_quoted(_cluster(child.id))} {{"
        yield f"{indent}  label={_quoted(child.title)};"
        if not child.children:
            yield f"{indent}  {_quoted(_anchor(child))} [style=invis];"
        yield from _lines(child.children, indent + "  ")
        yield f"{indent}}}"


def _quoted(text: str) -> str:
    lines = "\\n".join(clean(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return f'"{lines}"'
