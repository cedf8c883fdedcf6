"""`mloc fmt`: rewrites programs in the canonical layout, or tells which ones it would rewrite."""

from __future__ import annotations

import difflib
import sys
from pathlib import Path

from mloc.cli.arguments import Format
from mloc.cli.codes import FAILED, OK, USAGE
from mloc.cli.output import show
from mloc.diagnostics.display import clean
from mloc.diagnostics.model import Bag
from mloc.source import SourceError, SourceFile, decode, load
from mloc.syntax.format import formatted

_STDIN = "-"


def format_(command: Format) -> int:
    """Format every file; one that cannot be read or has syntax errors does not keep the others from being formatted."""
    codes = [_file(path, command) for path in dict.fromkeys(command.files)]
    return max(codes, default=OK)


def _file(path: str, command: Format) -> int:
    try:
        source = decode("<stdin>", sys.stdin.buffer.read()) if path == _STDIN else load(path)
    except SourceError as error:
        print(f"mloc: {clean(str(error))}", file=sys.stderr)
        return USAGE
    bag = Bag()
    text = formatted(source, bag)
    if text is None:
        show(bag.sorted(), {source.path: source}, command.color)
        return FAILED
    if command.mode != "write":
        return _tell(source, text, in_full=command.mode == "diff")
    if path == _STDIN:
        # As bytes, so that no platform changes the line ends.
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode())
        return OK
    return _write(source, text)


def _tell(source: SourceFile, text: str, *, in_full: bool) -> int:
    if text == source.text:
        return OK
    if in_full:
        before, after = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
        for line in difflib.unified_diff(before, after, source.path, f"{source.path} (formatted)"):
            sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
    print(f"{clean(source.path)}: would be formatted", file=sys.stderr)
    return FAILED


def _write(source: SourceFile, text: str) -> int:
    if text == source.text:
        return OK
    try:
        Path(source.path).write_bytes(text.encode())
    except OSError as error:
        print(f"mloc: {clean(source.path)}: cannot be written: {error.strerror}", file=sys.stderr)
        return USAGE
    print(f"{clean(source.path)}: formatted", file=sys.stderr)
    return OK
