"""Words and groups laid out in lines of at most WIDTH columns, where brackets allow."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from mloc.frozen import dataclass, replace
from mloc.syntax.format.lines import Comment, Gap
from mloc.syntax.format.structure import Element, Group, Node, Word, measure

WIDTH = 100
INDENT = 4


@dataclass(frozen=True, slots=True)
class Row:
    """A line of output; it has line ends within when a long string has. `comment` goes to its end."""

    text: str
    comment: Comment | None = None


class Writer:
    """Rows, and the one being written."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.column = 0
        self._parts: list[str] = []
        self._open = False

    def write(self, text: str) -> None:
        self._parts.append(text)
        end = text.rfind("\n")
        self.column = self.column + len(text) if end < 0 else len(text) - end - 1

    def start(self, indent: int) -> None:
        """Begin a new row."""
        self.finish()
        self._parts, self._open, self.column = [" " * indent], True, indent

    def finish(self, comment: Comment | None = None) -> None:
        """End the row being written, if there is one."""
        if self._open:
            self.rows.append(Row("".join(self._parts), comment))
        self._open = False

    def blank(self) -> None:
        self.finish()
        self.rows.append(Row(""))

    def comments(self, gap: Gap, indent: int, *, first: bool) -> None:
        """End the row as the gap does, with its comments; `first` in a bracket there is no blank line above the next row."""
        self.finish(gap.trailing)
        for comment in gap.own:
            if comment.blanks and not first:
                self.blank()
            first = False
            self.rows.append(Row(" " * indent + comment.text))
        if gap.blanks and not first:
            self.blank()


def lay_out(writer: Writer, nodes: Sequence[Node], indent: int, after_break: int) -> None:
    """Write a logical line that begins at `indent`; what follows a `\\` is indented by `after_break`."""
    writer.start(indent)
    low = 0
    for index, node in enumerate(nodes):
        if index and _first(node).gap.continued:
            _sequence(writer, nodes[low:index], indent, 2)
            writer.write(" \\")
            indent = indent if low else indent + after_break
            writer.start(indent)
            low = index
    _sequence(writer, nodes[low:], indent, 0)


def _sequence(writer: Writer, nodes: Sequence[Node], indent: int, rest: int) -> None:
    """Write nodes at the beginning of a row; `rest` is the width of what must follow them in their last one."""
    tails = _tails(nodes, rest)
    for index, node in enumerate(nodes):
        first = _first(node)
        if index and first.gap.has_comments:
            writer.comments(first.gap, indent + INDENT, first=False)
            writer.start(indent + INDENT)
        elif index:
            writer.write(" " * first.spaces)
        if isinstance(node, Word):
            writer.write(node.text)
        elif node.forced or writer.column + node.width + (0 if node.cut else tails[index + 1]) > WIDTH:
            _broken(writer, node, indent)
        else:
            _flat(writer, node)


def _tails(nodes: Sequence[Node], rest: int) -> list[int]:
    """For every place in a sequence the width of what follows in its row, up to a bracket that may break before those left of it."""
    tails = [rest]
    for node in reversed(nodes):
        first = _first(node)
        if first.gap.has_comments:
            tails.append(0)
        elif isinstance(node, Group) and len(node.elements) > 1:
            tails.append(first.spaces + 1)
        else:
            width, cut = measure([node])
            tails.append(width if cut else width + tails[-1])
    tails.reverse()
    return tails


def _flat(writer: Writer, group: Group) -> None:
    writer.write(group.open.text)
    for index, element in enumerate(group.elements):
        for node in element.nodes:
            writer.write(" " * _first(node).spaces)
            if isinstance(node, Word):
                writer.write(node.text)
            else:
                _flat(writer, node)
        if element.comma is not None and index < len(group.elements) - 1:
            writer.write(",")
    writer.write(group.close.text)


def _broken(writer: Writer, group: Group, indent: int) -> None:
    writer.write(group.open.text)
    inside = indent + INDENT
    elements = _parts(group, inside)
    gaps = [_first(element.nodes[0]).gap for element in elements] + [group.close.gap]
    for index, element in enumerate(elements):
        writer.comments(gaps[index], inside, first=index == 0)
        writer.start(inside)
        last = index == len(elements) - 1
        commas = element.comma is not None or (group.commas and last)
        _sequence(writer, element.nodes, inside, int(commas))
        if commas:
            _comma(writer, element.comma, gaps[index + 1], inside)
    writer.comments(replace(group.close.gap, blanks=0), inside, first=False)
    writer.start(indent)
    writer.write(group.close.text)


def _comma(writer: Writer, comma: Word | None, after: Gap, indent: int) -> None:
    """Write the comma after an element, before the comment at the end of the element's line where that can be."""
    if comma is None or not comma.gap.has_comments:
        writer.write(",")
    elif comma.gap.own or after.trailing is not None:
        writer.comments(comma.gap, indent, first=False)
        writer.start(indent)
        writer.write(",")
    else:
        writer.write(",")
        writer.finish(comma.gap.trailing)


_LOOSEST_FIRST = (("IF", "ELSE"), ("OR",), ("AND",), ("CMP",), ("__ANON_3",), ("ADD",), ("MUL",))


def _parts(group: Group, indent: int) -> Sequence[Element]:
    """What gets rows of its own in a broken group."""
    if group.kind == "projection":
        return _projection(group.elements[0])
    if group.kind == "parentheses" and group.elements:
        width, _ = measure(group.elements[0].nodes)
        if group.forced or indent + width > WIDTH:
            return _operands(group.elements[0])
    return group.elements


def _projection(element: Element) -> list[Element]:
    """`body`, `for name in source`, `if condition`."""
    cuts: list[int] = []
    for index, node in enumerate(element.nodes):
        if isinstance(node, Word) and (node.type == "FOR" or (cuts and node.type == "IF")):
            cuts.append(index)
    return _cut(element, cuts)


def _operands(element: Element) -> list[Element]:
    """An expression cut before its loosest operators."""
    types = {node.type for node in element.nodes if isinstance(node, Word)}
    for loosest in _LOOSEST_FIRST:
        if not types.isdisjoint(loosest):
            return _cut(element, [i for i, node in enumerate(element.nodes) if isinstance(node, Word) and node.type in loosest])
    return [element]


def _cut(element: Element, cuts: Sequence[int]) -> list[Element]:
    bounds = [0, *cuts, len(element.nodes)]
    return [Element(element.nodes[low:high], None) for low, high in pairwise(bounds)]


def _first(node: Node) -> Word:
    return node.open if isinstance(node, Group) else node
