"""A picture as Mermaid text, which many Markdown readers draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mloc.cli.drawing.model import Box, Drawing, Item, Kind, ids
from mloc.diagnostics.display import clean

_SHAPES: Mapping[Kind, tuple[str, str]] = {"parameter": ("([", "])"), "step": ("[", "]"), "decision": ("{", "}"), "result": ("([", "])")}


def mermaid(drawing: Drawing) -> str:
    # The ids of steps may be words or signs of Mermaid's own.
    names = {id_: f"n{number}" for number, id_ in enumerate(ids(drawing.children))}
    lines = [f"---\ntitle: {_quoted(drawing.title)}\n---", "flowchart TD", *_lines(drawing.children, names, "  ")]
    lines += [f"  {names[edge.source]} {'-.->' if edge.is_order else '-->'} {names[edge.target]}" for edge in drawing.edges]
    return "\n".join(lines) + "\n"


def _lines(children: tuple[Item | Box, ...], names: Mapping[str, str], indent: str) -> Iterator[str]:
    for child in children:
        if isinstance(child, Item):
            left, right = _SHAPES[child.kind]
            text = child.title + (f"\n{child.subtitle}" if child.subtitle else "")
            yield f"{indent}{names[child.id]}{left}{_quoted(text)}{right}"
        else:
            yield f"{indent}subgraph {names[child.id]}[{_quoted(child.title)}]"
            yield from _lines(child.children, names, indent + "  ")
            yield f"{indent}end"


def _quoted(text: str) -> str:
    lines = (clean(line).replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;") for line in text.split("\n"))
    return f'"{"<br/>".join(lines)}"'
