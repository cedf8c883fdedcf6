"""A picture as the text that Graphviz reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc.cli.drawing.model import Box, Drawing, Item, Kind, leaves
from mloc.diagnostics.display import clean

_SHAPES: Mapping[Kind, str] = {"parameter": "oval", "step": "box", "decision": "diamond", "result": "oval"}


def dot(drawing: Drawing) -> str:
    lines = [f"digraph {_quoted(drawing.title)} {{", '  node [fontname="monospace"];', *_lines(drawing.children, "  ")]
    for edge in drawing.edges:
        attributes = [f"label={_quoted(edge.label)}"] * bool(edge.label) + ["style=dashed"] * edge.is_order
        suffix = f" [{', '.join(attributes)}]" if attributes else ""
        lines.append(f"  {_quoted(edge.source)} -> {_quoted(edge.target)}{suffix};")
    return "\n".join([*lines, "}"]) + "\n"


def _lines(children: tuple[Item | Box, ...], indent: str) -> Iterator[str]:
    for child in children:
        if isinstance(child, Item):
            label = child.title + (f"\n{child.subtitle}" if child.subtitle else "")
            yield f"{indent}{_quoted(child.id)} [label={_quoted(label)}, shape={_SHAPES[child.kind]}];"
        elif any(leaves(child.children)):
            # Graphviz draws a box around a subgraph only when its name begins with this word.
            yield f"{indent}subgraph {_quoted(f'cluster {child.id}')} {{"
            yield f"{indent}  label={_quoted(child.title)};"
            yield from _lines(child.children, indent + "  ")
            yield f"{indent}}}"


def _quoted(text: str) -> str:
    lines = "\\n".join(clean(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    return f'"{lines}"'
