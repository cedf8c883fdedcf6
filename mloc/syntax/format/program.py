"""A whole program formatted: its lines, the blank lines and comments between them, and what is aligned with the lines around."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mloc.diagnostics.model import Bag
from mloc.diagnostics.rules import TOO_DEEP
from mloc.frozen import dataclass
from mloc.source import SourceFile, Span
from mloc.syntax.format.layout import INDENT, Row, Writer, lay_out
from mloc.syntax.format.lines import Comment, Gap, Line, read_lines
from mloc.syntax.format.structure import MAX_DEPTH, Block, TooDeep, anchor, structure
from mloc.syntax.parse import tokens


def formatted(source: SourceFile, bag: Bag) -> str | None:
    """The program in the canonical layout; None, with the reasons in `bag`, when it has syntax errors."""
    found = Bag()
    read = tokens(source, found)
    for diagnostic in found:
        bag.add(diagnostic)
    if found.has_errors:
        return None
    lines, end = read_lines(source.text, read)
    writer = Writer()
    try:
        _write(writer, lines, end)
    except TooDeep as error:
        span = Span(source.path, error.offset, error.offset + 1)
        bag.report(TOO_DEEP, span, f"this is nested more than {MAX_DEPTH} levels deep", help="bind parts of it to names")
        return None
    newline = "\r\n" if source.text.partition("\n")[0].endswith("\r") else "\n"
    text = newline.join(_joined(writer.rows)) + newline
    if _ink(text) != _ink(source.text):
        raise AssertionError(f"formatting {source.path} would lose text")
    return text


def _ink(text: str) -> str:
    """What formatting never changes."""
    return re.sub(r"[\s,\\]+", "", text)


@dataclass(frozen=True, slots=True)
class _Item:
    """A logical line or a comment between two, with the blank lines written above it."""

    depth: int
    blanks: int
    line: Line | None
    comment: Comment | None

    @property
    def begins_block(self) -> bool:
        return self.line is not None and self.line.is_header


def _write(writer: Writer, lines: Sequence[Line], end: Gap) -> None:
    items = list(_items(lines, end))
    belongs = _belongs(items)
    paddings = iter(_paddings(lines))
    following = iter([*(line.pieces[0].gap for line in lines[1:]), end])
    blocks = {0: Block.TOP}
    for index, item in enumerate(items):
        if index:
            for _ in range(_blanks(items[index - 1], item, belongs[index - 1], belongs[index])):
                writer.blank()
        if item.comment is not None:
            writer.start(item.depth * INDENT)
            writer.write(item.comment.text)
            writer.finish()
        elif item.line is not None:
            block = blocks[item.depth]
            nodes = structure(item.line, block, next(paddings))
            lay_out(writer, nodes, item.depth * INDENT, INDENT * 2 if item.line.is_header else INDENT)
            writer.finish(next(following).trailing)
            blocks[item.depth + 1] = _inner(item.line, block)


def _inner(header: Line, block: Block) -> Block:
    """What the lines of a header's block are."""
    first = header.pieces[0].type
    match block:
        case Block.TOP:
            return {"PIPELINE": Block.STATEMENTS, "RECORD": Block.FIELDS}.get(first, Block.ATTRIBUTES)
        case Block.STATEMENTS:
            return Block.ATTRIBUTES if first == "OPTIONS" else Block.STATEMENTS
        case Block.ATTRIBUTES | Block.FIELDS:
            return Block.ATTRIBUTES


def _items(lines: Sequence[Line], end: Gap) -> Iterator[_Item]:
    columns = [0]
    before = 0
    for line in lines:
        gap = line.pieces[0].gap
        yield from _comments(gap, before, line.depth, columns)
        del columns[line.depth :]
        columns.append(line.column)
        yield _Item(line.depth, gap.blanks, line, None)
        before = line.depth
    yield from _comments(end, before, 0, columns)


def _comments(gap: Gap, before: int, after: int, columns: Sequence[int]) -> Iterator[_Item]:
    """Comments between lines: as deep as the line after, but before the end of a block as deep as they were written."""
    describing = _describing(gap)
    for index, comment in enumerate(gap.own):
        depth = after
        if index >= describing:
            before = after
        for inner in range(after + 1, before + 1):
            if columns[inner] <= comment.column:
                depth = inner
        yield _Item(depth, comment.blanks, None, comment)


def _describing(gap: Gap) -> int:
    """Where the `##` comments directly above the next line begin."""
    index, blanks = len(gap.own), gap.blanks
    while index and not blanks and gap.own[index - 1].text.startswith("##"):
        index -= 1
        blanks = gap.own[index].blanks
    return index


def _belongs(items: Sequence[_Item]) -> list[bool]:
    """For every item whether it is a declaration with a block, or a comment directly above one."""
    found = [False] * len(items)
    for index in range(len(items) - 1, -1, -1):
        item = items[index]
        if item.depth == 0:
            follows = index + 1 < len(items) and items[index + 1].depth == 0 and items[index + 1].blanks == 0
            found[index] = item.begins_block or (item.comment is not None and follows and found[index + 1])
    return found


def _blanks(before: _Item, item: _Item, before_belongs: bool, belongs: bool) -> int:
    """How many blank lines stand between two items."""
    if item.depth > before.depth and before.begins_block:
        return 0
    if item.depth > 0:
        return min(item.blanks, 1)
    if before.comment is not None and before.depth == 0 and item.blanks == 0:
        return 0
    if belongs or before_belongs or before.depth > 0:
        return 1
    return min(item.blanks, 2)


def _paddings(lines: Sequence[Line]) -> Iterator[int]:
    """The spaces before every line's anchor: as written when it is aligned with a neighbour's."""
    blocks = {0: Block.TOP}
    places: list[tuple[int, str, int] | None] = []
    spaces: list[int] = []
    for line in lines:
        block = blocks[line.depth]
        blocks[line.depth + 1] = _inner(line, block)
        index = anchor(line, block)
        written = 0 if index is None else line.pieces[index].gap.spaces
        spaces.append(written)
        if index is None or not written:
            places.append(None)
        else:
            places.append((line.depth, line.pieces[0].type, len(line.pieces[index - 1].text) + written))
    for index, place in enumerate(places):
        around = [places[i] for i in (index - 1, index + 1) if 0 <= i < len(places)]
        yield spaces[index] if place is not None and place in around else 1


def _joined(rows: Sequence[Row]) -> Iterator[str]:
    """The rows as text, their comments in one column where they were."""
    index = 0
    while index < len(rows):
        comment = rows[index].comment
        if comment is None:
            yield rows[index].text
            index += 1
            continue
        end = index + 1
        while end < len(rows) and (other := rows[end].comment) is not None and other.column == comment.column:
            end += 1
        run = rows[index:end]
        width = max(_last_width(row) for row in run)
        for row in run:
            yield row.text + " " * (width - _last_width(row) + 2) + (row.comment.text if row.comment else "")
        index = end


def _last_width(row: Row) -> int:
    return len(row.text) - (row.text.rfind("\n") + 1)
