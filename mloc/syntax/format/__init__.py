"""The canonical layout of a program: only white space, line ends and trailing commas change.

- Four spaces a level. A block never begins with a blank line; at most one stands between its lines, at most two between one-line
  declarations; exactly one stands around a declaration that has a block.
- What stands in brackets is on one line when that line has at most 100 columns and nothing asks for more: a comment inside, or a comma
  after the last item. Else each item has its own line, with a comma after the last one where the grammar takes it, and the closing bracket
  is indented as the line that opened it. Of two brackets the right one breaks first, unless it holds one item only. `[…]` after a value
  or type never breaks.
- Outside brackets nothing is broken or joined: a `\\` stays, and what follows it is indented one level, in a block's first line two.
- The spaces before the `=` of a binding, type or constant, or before the `from` of a secret, stay when its `=` is below or above that of
  the next line of its kind; comments at the ends of adjacent lines that began in one column still do.
- A comment keeps its text and its place: on its own line, as deep as what follows it (or, before the end of a block, as it was), or at the
  end of its line. A `##` still stands directly above what it describes.
- Strings, and the code in them, keep every byte; line ends outside them are those of the first line.

A long line without brackets stays long. Formatting twice changes nothing.
"""

from __future__ import annotations

from mloc.syntax.format.program import formatted

__all__ = ["formatted"]
