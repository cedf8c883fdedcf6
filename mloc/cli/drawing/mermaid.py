"""A picture as Mermaid text, which many Markdown readers draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc.cli.drawing.model import Box, Drawing, Item, Kind, leaves
from mloc.diagnostics.display import clean

_SHAPES: Mapping[Kind, tuple[str, str]] = {"parameter": ("([", "])"), "step": ("[", "]"), "decision": ("{", "}"), "result": ("([", "])")}


def mermaid(drawing: Drawing) -> str:
    names = {item.id: f"n{number}" for number, item in enumerate(leaves(drawing.children))}
    lines = [f"---\ntitle: {_quoted(drawing.title)}\n---", "flowchart TD", *_lines(drawing.children, names, "  ")]
    for edge in drawing.edges:
        arrow = "-.->" if edge.is_order else "-->"
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _lines(children: tuple[Item | Box, ...], names: Mapping[str, str], indent: str) -> Iterator[str]:
    for child in children:
        if isinstance(child, Item):
            left, right = _SHAPES[child.kind]
            text = child.title + (f"\n{child.subtitle}" if child.subtitle else "")
            yield f"{indent}{names[child.id]}{left}{_quoted(text)}{right}"
        else:
            # A box is named after its first item: that is unique where the box holds something, and a box always does.
            first = next(leaves(child.children), None)
            if first is not None:
                yield f"{indent}subgraph b{len(indent)}_{names[first.id]}[{_quoted(child.title)}]"
                yield from _lines(child.children, names, indent + "  ")
                yield f"{indent}end"


def _quoted(text: str) -> str:
    lines = (clean(line).replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;") for line in text.split("\n"))
    return f'"{"<br/>".join(lines)}"'
