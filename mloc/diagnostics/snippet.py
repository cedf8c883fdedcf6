"""A piece of source with its labels: the lines, what is underlined, and what is said there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from mloc.diagnostics.display import Cell, Role, cells, clean, shown, width
from mloc.frozen import dataclass
from mloc.source import SourceFile, Span

# Lines further apart than this are shown in snippets of their own.
NEAR = 3
# Of a longer line only this many characters are shown, around its labels.
LONG = 160
_BEFORE = 24
DOTS = "..."


@dataclass(frozen=True, slots=True)
class Mark:
    """A label in a file: lines from 1, offsets in their lines from 0, the end not included."""

    first: int
    start: int
    last: int
    end: int
    message: str
    character: str
    role: Role

    @property
    def is_tall(self) -> bool:
        """Whether it spans lines: then it is drawn as a bar on the left instead of an underline."""
        return self.first != self.last


@dataclass(frozen=True, slots=True)
class Row:
    """A row of output: what stands in the gutter, and what stands after the gutter's bar."""

    gutter: str
    cells: tuple[Cell, ...]


def mark(source: SourceFile, span: Span, message: str, character: str, role: Role) -> Mark:
    """The mark of a label; line ends and blanks at the end of a span of several lines are not marked."""
    start = min(span.start, len(source.text))
    end = max(start, min(span.end, len(source.text)))
    if source.text.find("\n", start, end) >= 0:
        end = start + len(source.text[start:end].rstrip())
    first, last = source.position(start), source.position(end)
    return Mark(first.line, first.column - 1, last.line, last.column - 1, clean(message), character, role)


def groups(marks: Sequence[Mark]) -> list[list[Mark]]:
    """The marks of one file in groups that stand near each other; the groups keep the order of their first marks."""
    found: list[list[Mark]] = []
    for new in marks:
        close = [group for group in found if any(_distance(new, old) <= NEAR for old in group)]
        if not close:
            found.append([new])
            continue
        close[0].extend([old for group in close[1:] for old in group] + [new])
        found = [group for group in found if all(group is not other for other in close[1:])]
    return found


def _distance(a: Mark, b: Mark) -> int:
    return max(a.first, b.first) - min(a.last, b.last)


def rows(source: SourceFile, marks: Sequence[Mark]) -> Iterator[Row]:
    """The rows of one snippet: the lines that marks begin or end on, and what is said below each."""
    tall = sorted((m for m in marks if m.is_tall), key=lambda m: (m.first, -m.last))
    open_: list[Mark] = []
    previous = 0
    for number in _line_numbers(marks):
        if previous and number > previous + 1:
            yield Row(DOTS, _bars(tall, open_))
        previous = number
        yield from _line(source, number, [m for m in marks if number in (m.first, m.last)], tall, open_)


def _line_numbers(marks: Sequence[Mark]) -> list[int]:
    wanted = {line for m in marks for line in (m.first, m.last)}
    # Saying that one line was left out would take as much room as the line.
    return sorted(wanted | {line + 1 for line in wanted if line + 2 in wanted})


def _line(source: SourceFile, number: int, marks: Sequence[Mark], tall: Sequence[Mark], open_: list[Mark]) -> Iterator[Row]:
    """A line of source and the rows below it; `open_` holds the tall marks that have begun and not ended."""
    text = source.line(number)
    view = _view(text, number, marks)
    at_once = [m for m in marks if m.is_tall and m.first == number and not text[: m.start].strip()]
    yield Row(str(number), (*_bars(tall, open_, at_once), *view.cells))
    open_.extend(at_once)
    for row in _underlines(view, [m for m in marks if not m.is_tall]):
        yield Row("", (*_bars(tall, open_), *row))
    for m in marks:
        if m.is_tall and m.first == number and m not in at_once:
            yield Row("", _elbow(tall, open_, m, view.start(m.start)))
            open_.append(m)
    for m in sorted(open_, key=tall.index, reverse=True):
        if m.last == number:
            yield Row("", (*_elbow(tall, open_, m, view.end(m.end) - 1), *cells(f" {m.message}", m.role)))
            open_.remove(m)


def _bars(tall: Sequence[Mark], open_: Sequence[Mark], beginning: Sequence[Mark] = ()) -> tuple[Cell, ...]:
    """The left margin: a bar for each tall mark that is open here, a slash for one that begins with this line."""
    found: list[Cell] = []
    for m in tall:
        found.append(("|" if m in open_ else "/" if m in beginning else " ", m.role))
        found.append((" ", "plain"))
    return tuple(found)


def _elbow(tall: Sequence[Mark], open_: Sequence[Mark], m: Mark, column: int) -> tuple[Cell, ...]:
    """The row where a tall mark begins or ends: from its bar along the line to a character of the text."""
    margin = _bars(tall, open_)
    at = 2 * tall.index(m)
    line = "_" * (len(margin) - at - 1 + max(column, 0)) + m.character
    return (*margin[:at], margin[at], *cells(line, m.role))


@dataclass(frozen=True, slots=True)
class _View:
    """What is shown of a line: the characters from `begin`, and the column that each of them, and the end, stands in."""

    begin: int
    columns: tuple[int, ...]
    cells: tuple[Cell, ...]
    is_cut: bool

    def start(self, offset: int) -> int:
        """The column where a mark that begins at `offset` begins: in the dots when the character is left out."""
        return 0 if offset < self.begin else self.columns[min(offset - self.begin, len(self.columns) - 1)]

    def end(self, offset: int) -> int:
        """The column after a mark that ends before `offset`."""
        beyond = offset - self.begin >= len(self.columns) and self.is_cut
        return self.columns[-1] + len(DOTS) if beyond else max(1, self.start(offset))


def _view(text: str, number: int, marks: Sequence[Mark]) -> _View:
    begin, end = _window(len(text), number, marks)
    before = DOTS if begin > 0 else ""
    after = DOTS if end < len(text) else ""
    visible = text[begin:end]
    columns = tuple(accumulate(map(width, visible), initial=len(before)))
    return _View(begin, columns, cells(before + "".join(map(shown, visible)) + after, "plain"), bool(after))


def _window(length: int, number: int, marks: Sequence[Mark]) -> tuple[int, int]:
    """The part of a line to show: all of it, or of a long one the part around its marks, the primary's start at least."""
    if length <= LONG or not marks:
        return 0, min(length, LONG)
    edges = [(m.start if m.first == number else m.end) for m in marks]
    begin = max(0, min(edges) - _BEFORE)
    important = next((edge for edge, m in zip(edges, marks, strict=True) if m.role != "secondary"), edges[0])
    if important >= begin + LONG - _BEFORE:
        begin = important - _BEFORE
    end = min(length, begin + LONG)
    return max(0, end - LONG), end


def _underlines(view: _View, marks: Sequence[Mark]) -> Iterator[tuple[Cell, ...]]:
    """The rows below a line: the underlines with the last message, then the other messages from right to left."""
    if not marks:
        return
    spans = [(view.start(m.start), max(view.end(m.end), view.start(m.start) + 1), m) for m in marks]
    line: list[Cell] = [(" ", "plain")] * max(end for _, end, _ in spans)
    for start, end, m in sorted(spans, key=lambda found: found[2].role != "secondary"):
        line[start:end] = cells(m.character * (end - start), m.role)
    said = sorted(((start, end, m) for start, end, m in spans if m.message), key=lambda found: (found[0], found[1]))
    if said and said[-1][1] == len(line):
        yield (*line, *cells(f" {said[-1][2].message}", said[-1][2].role))
        said.pop()
    else:
        yield tuple(line)
    waiting = [(start, m) for start, _, m in said]
    if waiting:
        yield _stems(waiting)
    while waiting:
        start, m = waiting.pop()
        yield (*_stems([w for w in waiting if w[0] < start], start), *cells(m.message, m.role))


def _stems(waiting: Sequence[tuple[int, Mark]], length: int = 0) -> tuple[Cell, ...]:
    """Vertical strokes below the marks whose messages are still to come."""
    line: list[Cell] = [(" ", "plain")] * max([length, *(start + 1 for start, _ in waiting)])
    for start, m in waiting:
        line[start] = ("|", m.role)
    return tuple(line)
