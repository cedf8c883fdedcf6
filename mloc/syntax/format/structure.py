"""A logical line as words and groups: which brackets may break, where a comma may end them, and the spaces between words."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Literal, TypeAlias, Union

from mloc.frozen import dataclass, field, replace
from mloc.syntax.format.lines import Gap, Line, Piece


class Block(Enum):
    """What a line is one of."""

    TOP = "declarations"
    FIELDS = "fields of a record"
    STATEMENTS = "statements"
    ATTRIBUTES = "attributes"


@dataclass(frozen=True, slots=True)
class Word:
    """A token with the spaces before it, when it does not begin a line."""

    type: str
    text: str
    spaces: int
    gap: Gap


@dataclass(frozen=True, slots=True)
class Element:
    """What stands between two commas; `comma` is the one after it."""

    nodes: tuple[Node, ...]
    comma: Word | None


@dataclass(frozen=True, slots=True)
class Group:
    """A pair of brackets that may be broken into lines.

    `commas` allows one after the last element; `forced` says that the group cannot stand on one line; `width` is its width on one line, up
    to the first line end within a long string, `cut` says that there is one.
    """

    kind: Kind
    open: Word
    elements: tuple[Element, ...]
    close: Word
    commas: bool
    forced: bool
    width: int
    cut: bool


Node: TypeAlias = Union[Word, Group]
Kind: TypeAlias = Literal["line", "parameters", "items", "subscript", "projection", "parentheses"]

MAX_DEPTH = 120

_OPEN = frozenset({"LPAR", "LSQB", "LBRACE"})
_CLOSE = frozenset({"RPAR", "RSQB", "RBRACE"})
_VALUE_ENDS = _CLOSE | {"NAME", "INT", "FLOAT", "QUANTITY", "STRING", "LONG_STRING", "FSTRING", "TRUE", "FALSE", "NULL", "QMARK"}
_TIGHT_BEFORE = _CLOSE | {"COMMA", "COLON", "QMARK", "DOT"}
_TIGHT_AFTER = _OPEN | {"DOT", "MINUS"}
_DOTS = frozenset({"..", "..."})


class TooDeep(Exception):
    """Raised for brackets nested more than MAX_DEPTH levels deep; `offset` is the innermost one's."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def structure(line: Line, block: Block, padding: int) -> tuple[Node, ...]:
    """The words and groups of a line; `padding` are the spaces before its anchor (see `anchor`). Raises TooDeep."""
    return _Builder(line.pieces, block, anchor(line, block), padding).build()


def anchor(line: Line, block: Block) -> int | None:
    """The index of the piece that may be aligned with those of the lines around it: the `=` or `from` after the name that a line binds."""
    types = [piece.type for piece in line.pieces[:3]]
    if block is Block.STATEMENTS and types[:2] == ["NAME", "EQUAL"]:
        return 1
    if block is Block.TOP and types[:1] in (["CONST"], ["TYPE"], ["SECRET"]):
        return 2
    return None


@dataclass(slots=True)
class _Frame:
    kind: Kind
    open: Word | None
    nodes: list[Node] = field(default_factory=list)
    elements: list[Element] = field(default_factory=list)
    forced: bool = False
    commented: bool = False

    def end_element(self, comma: Word | None) -> None:
        self.elements.append(Element(tuple(self.nodes), comma))
        self.nodes = []


class _Builder:
    def __init__(self, pieces: Sequence[Piece], block: Block, anchor: int | None, padding: int) -> None:
        self.pieces, self.block, self.anchor, self.padding = pieces, block, anchor, padding
        self.frames = [_Frame("line", None)]
        # An attribute's name is followed by its arguments: a bracket there begins a value of its own.
        self.attribute = _attribute_name(pieces) if block is Block.ATTRIBUTES else -1

    def build(self) -> tuple[Node, ...]:
        last = len(self.pieces) - 1
        for index, piece in enumerate(self.pieces):
            frame = self.frames[-1]
            gap = piece.gap
            if gap.continued and len(self.frames) > 1:
                gap = replace(gap, continued=False)  # a `\` in brackets does nothing
            word = Word(piece.type, piece.text, self._spaces(index), gap)
            if len(self.frames) > 1 and gap.has_comments:
                frame.commented = frame.forced = True
            if piece.type in _OPEN:
                if len(self.frames) > MAX_DEPTH:
                    raise TooDeep(piece.start)
                self.frames.append(_Frame(self._kind(index), word))
            elif piece.type in _CLOSE:
                self._close(word)
            elif piece.type == "COMMA" and len(self.frames) > 1:
                frame.end_element(word)
            elif piece.type != "COMMA" or index != last:
                frame.nodes.append(word)
        return tuple(self.frames[0].nodes)

    def _close(self, close: Word) -> None:
        frame = self.frames.pop()
        parent = self.frames[-1]
        assert frame.open is not None
        kind = frame.kind
        if frame.nodes:
            frame.end_element(None)
        elif frame.elements:
            frame.forced = True  # a comma after the last element
        if not frame.commented and (kind == "subscript" or not frame.elements):
            parent.nodes += [frame.open, *_spliced(frame.elements), close]
            parent.forced |= frame.forced
            return
        commas = kind in ("parameters", "items") and bool(frame.elements)
        if any(isinstance(node, Word) and node.type == "FOR" for element in frame.elements for node in element.nodes):
            kind, commas = "projection", False
        width, cut = _width(frame, close)
        parent.nodes.append(Group(kind, frame.open, tuple(frame.elements), close, commas, frame.forced, width, cut))
        parent.forced |= frame.forced

    def _kind(self, index: int) -> Kind:
        piece = self.pieces[index]
        if piece.type == "LBRACE":
            return "items"
        before = self.pieces[index - 1] if index else None
        after_value = before is not None and before.type in _VALUE_ENDS and index - 1 != self.attribute
        if piece.type == "LSQB":
            return "subscript" if after_value else "items"
        if self.block is Block.TOP and before is not None:
            if index == 2 and self.pieces[0].type in ("STEP", "PIPELINE"):
                return "parameters"
            if before.text == "->":
                return "items"
        return "items" if after_value else "parentheses"

    def _spaces(self, index: int) -> int:
        if index == 0:
            return 0
        piece, before = self.pieces[index], self.pieces[index - 1]
        if index == self.anchor:
            return self.padding
        if piece.type == "EQUAL":
            return self._around_equal(index)
        if piece.type in _TIGHT_BEFORE or piece.text == ".." or before.type in _TIGHT_AFTER or before.text in _DOTS:
            return 0
        if before.type == "EQUAL":
            return self._around_equal(index - 1)
        if piece.type in _OPEN:
            return int(before.type not in _VALUE_ENDS or index - 1 == self.attribute)
        return 1

    def _around_equal(self, index: int) -> int:
        """1 for a binding or a default, 0 for an argument."""
        if index == self.anchor or self.frames[-1].kind == "parameters":
            return 1
        if len(self.frames) > 1:
            return 0
        is_loop = self.block is Block.STATEMENTS and index == 4 and self.pieces[2].type == "LOOP"
        return int(self.block is Block.FIELDS or is_loop)


def _attribute_name(pieces: Sequence[Piece]) -> int:
    return 1 if pieces[0].type == "RUN" else 0


def _spliced(elements: Sequence[Element]) -> list[Node]:
    nodes: list[Node] = []
    for element in elements:
        nodes.extend(element.nodes)
        if element.comma is not None:
            nodes.append(element.comma)
    return nodes


def _width(frame: _Frame, close: Word) -> tuple[int, bool]:
    width = 1
    for index, element in enumerate(frame.elements):
        size, cut = measure(element.nodes)
        width += size
        if cut:
            return width, True
        width += index < len(frame.elements) - 1
    return width + close.spaces + 1, False


def measure(nodes: Sequence[Node]) -> tuple[int, bool]:
    """The width of nodes on one line, and whether a line end in a long string cuts it."""
    width = 0
    for node in nodes:
        if isinstance(node, Group):
            width += node.open.spaces + node.width
            if node.cut:
                return width, True
        else:
            size = node.text.find("\n")
            if size >= 0:
                return width + node.spaces + size, True
            width += node.spaces + len(node.text)
    return width, False
